//! Why something was not done.

/// Why presence did not do what it was asked for. Nothing was changed then.
///
/// But for [`Self::Unavailable`]: what was sent to a store whose answer was lost may have been done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PresenceError {
    /// A key, a topic, a name, a value or a message is too large.
    #[error("{what} has {bytes} bytes, more than {limit} = {max}: write less, or raise the limit")]
    TooLarge {
        /// What it is.
        what: &'static str,
        /// Its size.
        bytes: u64,
        /// The limit.
        max: u64,
        /// Its name.
        limit: &'static str,
    },
    /// There are as many of these as there may be.
    #[error("there are {limit} = {max} {what} already: remove some, or raise the limit")]
    TooMany {
        /// What there is enough of.
        what: &'static str,
        /// The limit.
        max: u64,
        /// Its name.
        limit: &'static str,
    },
    /// What keeps the keys has no memory left.
    #[error(
        "presence is full (presence_bytes_max, or maxmemory of Redis): let keys expire earlier, or give it more"
    )]
    Full,
    /// The key holds something else: a set is no hash.
    #[error(
        "the key holds another kind of value: give sets, hashes and counters keys of their own"
    )]
    WrongKind,
    /// The field does not hold a whole number in decimal digits.
    #[error("the field holds no number: increment only what is one, or is not there yet")]
    NotANumber,
    /// The sum has no place in 64 bits.
    #[error("the number would leave the range of 64 bits: it stays as it is")]
    Overflow,
    /// The store does not answer, or there is none, as in a replay.
    #[error("presence cannot be reached: {0}; try again later")]
    Unavailable(String),
}

impl PresenceError {
    /// The limit that said no, if it was one.
    pub const fn limit(&self) -> Option<&'static str> {
        match self {
            Self::TooLarge { limit, .. } | Self::TooMany { limit, .. } => Some(limit),
            Self::Full => Some("presence_bytes_max"),
            _ => None,
        }
    }
}
