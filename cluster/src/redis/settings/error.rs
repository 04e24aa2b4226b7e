//! What is wrong with the variables.

/// Why the variables do not say where Redis is.
///
/// No variant holds a value of a variable: it might be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedisSettingsError {
    /// Two variables say different things of the same.
    #[error("{first} and {second} are both set, and each says where Redis is: {advice}")]
    Contradiction {
        /// One of them.
        first: &'static str,
        /// The other.
        second: &'static str,
        /// What to write.
        advice: &'static str,
    },
    /// A variable means nothing without something else.
    #[error("{variable} is set, but not {missing}: {advice}")]
    Missing {
        /// The one that is set.
        variable: &'static str,
        /// What is missing.
        missing: &'static str,
        /// What to write.
        advice: &'static str,
    },
    /// A variable is not understood.
    #[error("{variable} is not understood: {found}. Write {expected}")]
    Invalid {
        /// Its name.
        variable: &'static str,
        /// What is wrong with it.
        found: &'static str,
        /// What it may be.
        expected: &'static str,
    },
}
