//! Who leaves when, and comes again: an open loop, as the inputs are.

use downbeat_schemas::time::Timestamp;

/// Clients take turns, by their number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Churn {
    begin: Timestamp,
    per_second: f64,
    clients: u32,
    left: u64,
}

impl Churn {
    /// Each second `percent` of `clients` leave, from `begin` on. `None` if nobody ever does.
    pub(super) fn new(percent: f64, clients: u32, begin: Timestamp) -> Option<Self> {
        let per_second = percent / 100.0 * f64::from(clients);
        (per_second > 0.0).then_some(Self {
            begin,
            per_second,
            clients,
            left: 0,
        })
    }

    /// The next client that is to leave, if it is time.
    pub(super) fn pop_due(&mut self, now: Timestamp) -> Option<u32> {
        let due = now.since(self.begin).as_secs_f64() * self.per_second;
        if (self.left as f64) >= due.floor() {
            return None;
        }
        let client = self.left % u64::from(self.clients);
        self.left += 1;
        Some(client as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_second_so_many_leave_and_all_in_turn() {
        let begin = Timestamp(7);
        assert!(Churn::new(0.0, 40, begin).is_none());
        let mut churn = Churn::new(10.0, 40, begin).unwrap();
        let mut leave_until = |ms: u64| -> Vec<u32> {
            let now = begin.after(Duration::from_millis(ms));
            std::iter::from_fn(|| churn.pop_due(now)).collect()
        };
        assert_eq!(leave_until(0), [] as [u32; 0]);
        assert_eq!(leave_until(1_000), [0, 1, 2, 3]);
        assert_eq!(leave_until(1_240), [] as [u32; 0]);
        assert_eq!(leave_until(10_500).len(), 38);
        assert_eq!(leave_until(10_750), [2]);
    }
}
