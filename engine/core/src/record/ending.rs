//! Why a recording ended.

/// Why a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The room ended: disposed, failed, or the server stopped.
    RoomEnded,
    /// The file was full; the next one goes on with the room as it was then.
    Full,
    /// The result of a spawned future came, which no file can hold; the next one begins after it.
    Spawned,
    /// A capture holds one step.
    Captured,
    /// Whoever had the room recorded had enough.
    Stopped,
    /// The disk was too slow for what came then; the next one begins when it has caught up.
    Cut,
}

impl Ending {
    const ALL: [Self; 6] = [
        Self::RoomEnded,
        Self::Full,
        Self::Spawned,
        Self::Captured,
        Self::Stopped,
        Self::Cut,
    ];

    pub(super) const fn to_byte(self) -> u8 {
        self as u8
    }

    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|ending| ending.to_byte() == byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ending_survives_its_byte() {
        assert_eq!(Ending::from_byte(6), None);
        for ending in Ending::ALL {
            assert_eq!(Ending::from_byte(ending.to_byte()), Some(ending));
        }
    }
}
