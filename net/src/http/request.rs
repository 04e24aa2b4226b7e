//! A whole request; everything in it borrows from where it was received.

use super::query::{QueryPairs, Segments};

/// One HTTP request, complete and within the limits.
#[derive(Clone, Copy, Debug)]
pub struct Request<'b> {
    /// The method, as sent: `GET`.
    pub method: &'b str,
    /// The path, still percent-encoded, without the query. [`Request::segments`] decodes it.
    pub path: &'b str,
    /// What follows the question mark, still encoded. [`Request::query_pairs`] decodes it.
    pub query: &'b str,
    /// The headers in the order sent.
    pub headers: Headers<'b>,
    /// The body, with the transfer coding taken off.
    pub body: &'b [u8],
    /// Whether the client allows a further request on this connection.
    pub keep_alive: bool,
}

impl<'b> Request<'b> {
    /// Splits a request that `head::parse` has checked.
    pub(super) fn from_checked(head: &'b [u8], body: &'b [u8], keep_alive: bool) -> Self {
        let line_end = head.iter().position(|byte| *byte == b'\r').unwrap_or(0);
        let (line, headers) = head.split_at(line_end);
        let line = std::str::from_utf8(line).expect("httparse checked the request line");
        let mut words = line.split(' ');
        let method = words.next().unwrap_or("");
        let target = origin_form(words.next().unwrap_or(""));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method,
            path,
            query,
            headers: Headers { lines: headers },
            body,
            keep_alive,
        }
    }

    /// The value of the first header of this name, letter case ignored. `None` also if it is not
    /// UTF-8.
    pub fn header(&self, name: &str) -> Option<&'b str> {
        let value = self.headers.values(name).next()?;
        std::str::from_utf8(value).ok()
    }

    /// The decoded names and values of the query.
    pub fn query_pairs(&self) -> QueryPairs<'b> {
        QueryPairs::new(self.query)
    }

    /// The decoded parts of the path: `/matchmake/join/chat` has three, `/` none.
    pub fn segments(&self) -> Segments<'b> {
        Segments::new(self.path)
    }
}

/// Absolute form (`http://host/path`) is what proxies are sent; the authority is not looked at.
fn origin_form(target: &str) -> &str {
    let Some((_, rest)) = target
        .split_once("://")
        .filter(|_| !target.starts_with('/'))
    else {
        return target;
    };
    rest.find(['/', '?']).map_or("/", |at| &rest[at..])
}

/// Header lines.
#[derive(Clone, Copy, Debug)]
pub struct Headers<'b> {
    /// From the CR LF before the first header to the empty line.
    lines: &'b [u8],
}

impl<'b> Headers<'b> {
    /// Names and values in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = (&'b str, &'b [u8])> + use<'b> {
        self.lines.split(|byte| *byte == b'\n').filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let name = std::str::from_utf8(&line[..colon]).ok()?;
            Some((name, trim(&line[colon + 1..])))
        })
    }

    /// The values of all headers of this name, letter case ignored.
    pub fn values<'n>(&self, name: &'n str) -> impl Iterator<Item = &'b [u8]> + use<'b, 'n> {
        self.iter()
            .filter(move |(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Whether `token` is in the comma-separated lists of this name, letter case ignored.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.values(name).any(|list| is_token_in_list(list, token))
    }
}

pub(super) fn is_token_in_list(list: &[u8], token: &str) -> bool {
    list.split(|byte| *byte == b',')
        .any(|found| trim(found).eq_ignore_ascii_case(token.as_bytes()))
}

/// Cuts the white space that may stand around a value.
pub(super) const fn trim(value: &[u8]) -> &[u8] {
    value.trim_ascii()
}
