//! Time that the host of a virtual machine gave to others.

use std::fs;
use std::path::Path;

/// Ticks of all cores together, as `/proc/stat` counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Steal {
    stolen: u64,
    all: u64,
}

impl Steal {
    /// Up to now. `None` where the kernel does not say.
    pub(crate) fn so_far(root: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(root.join("proc/stat")).ok()?)
    }

    /// `cpu user nice system idle iowait irq softirq steal guest guest_nice`: the last two are in
    /// the first two already.
    fn parse(stat: &str) -> Option<Self> {
        let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
        let ticks: Vec<u64> = line
            .split_whitespace()
            .take(8)
            .map_while(|text| text.parse().ok())
            .collect();
        Some(Self {
            stolen: *ticks.get(7)?,
            all: ticks.iter().sum(),
        })
    }

    /// Of the time since `earlier`, so many percent were stolen.
    pub(crate) fn percent_since(self, earlier: Self) -> f64 {
        let all = self.all.saturating_sub(earlier.all);
        let stolen = self.stolen.saturating_sub(earlier.stolen);
        if all == 0 {
            return 0.0;
        }
        stolen as f64 / all as f64 * 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stolen_is_a_share_of_all_time() {
        let parse = |text: &str| Steal::parse(text).unwrap();
        let before = parse("cpu  10 0 10 70 0 0 0 10 5 0\ncpu0 1 2 3\n");
        let after = parse("cpu  20 0 20 130 0 0 0 30 9 0\n");
        assert_eq!(after.percent_since(before), 20.0);
        assert_eq!(after.percent_since(after), 0.0);
        assert_eq!(Steal::parse("cpu  1 2 3\n"), None);
    }
}
