//! How long the messages are that carry state.

/// Counts of patches and snapshots by their size. Adding one costs a few nanoseconds: it is done for
/// each client and patch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PatchSizes {
    /// Those of each bound that are not of the one below, and at last those above all bounds.
    counts: [u64; Self::BOUNDS.len() + 1],
    bytes: u64,
}

impl PatchSizes {
    /// The bounds, bytes: a message counts at the first that it is not longer than. From one that
    /// says nothing but its acknowledgement to the default of `patch_bytes_max`.
    pub const BOUNDS: [u64; 12] = [
        64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 65_536, 262_144, 1_048_576,
    ];

    /// Counts one message.
    pub fn note(&mut self, bytes: u64) {
        let place = Self::BOUNDS.partition_point(|bound| *bound < bytes);
        self.counts[place] += 1;
        self.bytes += bytes;
    }

    /// Adds what another has counted.
    pub fn absorb(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        self.bytes += other.bytes;
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How many bytes they had together.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Each bound, and how many were not longer.
    pub fn rising(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let counts = self.counts.iter().scan(0, |below, count| {
            *below += count;
            Some(*below)
        });
        Self::BOUNDS.into_iter().zip(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_counts_at_the_first_bound_that_holds_it() {
        let mut sizes = PatchSizes::default();
        for bytes in [1, 64, 65, 1_048_576, 1_048_577] {
            sizes.note(bytes);
        }
        let mut twice = sizes;
        twice.absorb(&sizes);
        assert_eq!((twice.count(), twice.bytes()), (10, 2 * sizes.bytes()));
        let rising: Vec<_> = sizes.rising().collect();
        assert_eq!(rising[..3], [(64, 2), (128, 3), (256, 3)]);
        assert_eq!(rising.last(), Some(&(1_048_576, 4)));
    }
}
