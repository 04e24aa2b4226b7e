//! Everything that can be done to a key, and the answers.

use std::collections::{BTreeMap, BTreeSet};

/// What is done to one key. What a store keeps for it is a set, a hash or a counter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named like the calls and their arguments")]
pub enum Operation {
    /// To a set. Answered with a flag: it was not in there.
    Add { member: String, life: Life },
    /// From a set. Answered with a flag: it was in there.
    Take { member: String },
    /// Answered with a flag.
    Contains { member: String },
    /// Answered with the members.
    Members,
    /// Of a set. Answered with a count.
    Len,
    /// A field of a hash. Answered with a flag: there was no such field.
    Put {
        field: String,
        value: Vec<u8>,
        life: Life,
    },
    /// From a hash. Answered with a flag: there was such a field.
    Drop { field: String },
    /// Answered with the value of a field.
    Field { field: String },
    /// Answered with the fields.
    Fields,
    /// Of a field that holds a number, or is not there. Answered with the sum.
    IncrementField { field: String, by: i64, life: Life },
    /// Of a counter. Answered with the sum.
    Increment { by: i64, life: Life },
    /// Of a counter. Answered with the number: 0 if there is no counter.
    Value,
    /// Whatever it holds. Answered with a flag: there is such a key.
    Expire { after_ms: u64 },
    /// Whatever it holds. Answered with a flag: there was such a key.
    Remove,
}

/// How long a key lives that is written to. At least 1 ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// From a write on.
    pub after_ms: u64,
    /// Whether each write counts, or only the one that makes the key.
    pub renews: bool,
}

/// What an operation is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named like what they hold")]
pub enum Answer {
    Flag(bool),
    Count(u64),
    Number(i64),
    Members(BTreeSet<String>),
    Value(Option<Vec<u8>>),
    Fields(BTreeMap<String, Vec<u8>>),
}
