//! Percent-encoding: the parts of a path, the pairs of a query.

use std::borrow::Cow;

/// The decoded names and values of a query, as a browser's `URLSearchParams` reads them.
#[derive(Clone, Debug)]
pub struct QueryPairs<'b> {
    pairs: std::str::Split<'b, char>,
}

impl<'b> QueryPairs<'b> {
    pub(super) fn new(query: &'b str) -> Self {
        Self {
            pairs: query.split('&'),
        }
    }
}

impl<'b> Iterator for QueryPairs<'b> {
    type Item = (Cow<'b, str>, Cow<'b, str>);

    fn next(&mut self) -> Option<Self::Item> {
        let pair = self.pairs.find(|pair| !pair.is_empty())?;
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decode(name, true), decode(value, true)))
    }
}

/// The decoded parts of a path between its slashes.
#[derive(Clone, Debug)]
pub struct Segments<'b> {
    parts: Option<std::str::Split<'b, char>>,
}

impl<'b> Segments<'b> {
    pub(super) fn new(path: &'b str) -> Self {
        let path = path.strip_prefix('/').unwrap_or(path);
        Self {
            parts: (!path.is_empty()).then(|| path.split('/')),
        }
    }
}

impl<'b> Iterator for Segments<'b> {
    type Item = Cow<'b, str>;

    fn next(&mut self) -> Option<Self::Item> {
        self.parts.as_mut()?.next().map(decode_percent)
    }
}

/// Decodes `%41` to `A`. A percent sign without two digits stays; what is not UTF-8 becomes U+FFFD.
pub fn decode_percent(text: &str) -> Cow<'_, str> {
    decode(text, false)
}

fn decode(text: &str, plus_is_space: bool) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        decoded.push(match (byte, encoded_byte(after)) {
            (b'%', Some(value)) => {
                rest = &after[2..];
                value
            }
            (b'+', _) if plus_is_space => b' ',
            (byte, _) => *byte,
        });
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}

/// The value of the two hexadecimal digits that `digits` starts with.
fn encoded_byte(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*digits.get(at)?).to_digit(16);
    Some((digit(0)? << 4 | digit(1)?) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs_are_decoded_where_they_mean_something() {
        for (text, decoded) in [
            ("plain", "plain"),
            ("%41%7a", "Az"),
            ("a+b", "a+b"),
            ("%c3%A9", "é"),
            ("%", "%"),
            ("%4", "%4"),
            ("%zz", "%zz"),
            ("%+1", "%+1"),
            ("%ff", "\u{fffd}"),
            ("%2541", "%41"),
        ] {
            assert_eq!(decode_percent(text), decoded, "{text}");
        }
    }

    #[test]
    fn a_query_is_read_as_browsers_write_it() {
        let pairs: Vec<_> = QueryPairs::new("a=1&b=x+y%26&&c&=d&e=f=g").collect();
        let expected = [
            ("a", "1"),
            ("b", "x y&"),
            ("c", ""),
            ("", "d"),
            ("e", "f=g"),
        ];
        assert_eq!(pairs, expected.map(|(n, v)| (n.into(), v.into())));
        assert_eq!(QueryPairs::new("").count(), 0);
    }

    #[test]
    fn a_path_has_the_parts_between_its_slashes() {
        for (path, expected) in [
            ("/", &[][..]),
            ("/rooms", &["rooms"]),
            ("/a/b%2Fc/", &["a", "b/c", ""]),
            ("//x", &["", "x"]),
        ] {
            assert_eq!(Segments::new(path).collect::<Vec<_>>(), expected, "{path}");
        }
    }
}
