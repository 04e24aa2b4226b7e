//! Random numbers from a seed: the same test each time.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// A source of random numbers.
#[derive(Debug)]
pub struct Random(Pcg64);

impl Random {
    /// The numbers of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Pcg64::seed_from_u64(seed))
    }

    /// From 0 to `n - 1`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.0.next_u64() % n as u64) as usize
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of `choices`.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// `len` bytes.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// `bytes` with a few faults: bits and bytes changed, pieces cut out, doubled or put in.
    pub fn mutated(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut mutant = bytes.to_vec();
        for _ in 0..=self.below(4) {
            self.mutate(&mut mutant);
        }
        mutant
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            let len = self.below(40);
            *bytes = self.bytes(len);
            return;
        }
        let at = self.below(bytes.len());
        let end = bytes.len().min(at + 1 + self.below(12));
        match self.below(7) {
            0 => bytes[at] ^= 1 << self.below(8),
            1 => bytes[at] = *self.pick(&[0, 1, 0x0a, 0x0d, 0x20, 0x7f, 0x80, 0xfe, 0xff]),
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..end)),
            4 => bytes.extend_from_within(at..end),
            5 => bytes.swap(at, end - 1),
            _ => {
                let len = self.below(12);
                let more = self.bytes(len);
                drop(bytes.splice(at..at, more));
            }
        }
    }
}
