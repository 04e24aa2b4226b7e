//! What a key holds.

use std::collections::{BTreeMap, BTreeSet};

/// A set or a hash has at least one element: without, there is no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Set(BTreeSet<String>),
    Hash(BTreeMap<String, Vec<u8>>),
    Counter(i64),
}

/// What an element takes beside its text, and a key beside its elements: about what the maps need.
const OVERHEAD_BYTES: u64 = 64;

pub(crate) const fn size(text: usize) -> u64 {
    text as u64 + OVERHEAD_BYTES
}

impl Value {
    /// What it takes, but for the key.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Set(members) => members.iter().map(|member| size(member.len())).sum(),
            Self::Hash(fields) => {
                let fields = fields.iter();
                fields
                    .map(|(field, value)| size(field.len() + value.len()))
                    .sum()
            }
            Self::Counter(_) => 0,
        }
    }
}

/// Reads a number in its one form: what a store writes, and what Redis reads as one.
pub(crate) fn number(bytes: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_form() {
        for text in [
            "0",
            "7",
            "-7",
            "9223372036854775807",
            "-9223372036854775808",
        ] {
            assert_eq!(number(text.as_bytes()), Some(text.parse().unwrap()));
        }
        for text in [
            "",
            "-",
            "-0",
            "+7",
            "07",
            " 7",
            "7 ",
            "7.0",
            "9223372036854775808",
            "x",
        ] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
        assert_eq!(number(b"\xff"), None);
    }
}
