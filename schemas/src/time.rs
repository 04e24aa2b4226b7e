//! Time as an argument: the pure crates take it, the engine reads it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Nanoseconds on the monotonic clock of one node. Its zero means nothing; it never steps back.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Farther away than any deadline.
    pub const NEVER: Self = Self(u64::MAX);

    /// Microseconds, as the wire carries them.
    pub const fn as_micros(self) -> u64 {
        self.0 / 1_000
    }

    /// The time from `earlier` to `self`; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// `self` later by `delay`, at most [`Self::NEVER`].
    #[must_use]
    pub const fn after(self, delay: Duration) -> Self {
        let delay_ns = delay.as_nanos();
        if delay_ns >= (u64::MAX - self.0) as u128 {
            return Self::NEVER;
        }
        Self(self.0 + delay_ns as u64)
    }
}

/// The number of a room's step. The first tick of a room is 1.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Tick(pub u64);

impl Tick {
    /// The tick that follows.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The tick before it; 0 has none and is its own.
    #[must_use]
    pub const fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The low 32 bits, as the wire carries them.
    pub const fn on_wire(self) -> u32 {
        self.0 as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_saturates_instead_of_wrapping() {
        assert_eq!(Timestamp(1).since(Timestamp(5)), Duration::ZERO);
        assert_eq!(Timestamp(5).after(Duration::MAX), Timestamp::NEVER);
        assert_eq!(
            Timestamp::NEVER.after(Duration::from_nanos(1)),
            Timestamp::NEVER
        );
        assert_eq!(Timestamp(5).after(Duration::from_nanos(3)), Timestamp(8));
    }
}
