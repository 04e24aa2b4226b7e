//! Mistakes that a node makes when a test asks for them, to show that the tests would find them. No
//! setting for anybody else: a node with a flaw may tick a room that another has.

use std::str::FromStr;

use crate::lease::LeaseSettings;

/// A mistake in how the lease is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The fence is far behind the end of the lease.
    LateFence,
    /// What must not get lost is not confirmed by a replica.
    PlainAcks,
}

/// No such mistake.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no flaw `{0}`: late-fence, plain-acks")]
pub struct ParseFlawError(String);

/// Leases from the renewal to the late fence.
const LATE: u32 = 12;

impl Flaw {
    pub(crate) fn spoil(self, settings: &mut LeaseSettings) {
        match self {
            Self::LateFence => settings.fence_after = settings.lease * LATE,
            Self::PlainAcks => settings.confirm = false,
        }
    }
}

impl FromStr for Flaw {
    type Err = ParseFlawError;

    fn from_str(text: &str) -> Result<Self, ParseFlawError> {
        match text {
            "late-fence" => Ok(Self::LateFence),
            "plain-acks" => Ok(Self::PlainAcks),
            _ => Err(ParseFlawError(text.to_owned())),
        }
    }
}
