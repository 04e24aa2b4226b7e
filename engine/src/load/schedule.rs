//! When what is due: an open loop. A late send makes no later one late.

use downbeat_schemas::time::Timestamp;

use super::dice::Dice;

const SECOND_NS: f64 = 1e9;

/// The inputs of all clients, spread evenly over the period: a walk round a ring of slots.
///
/// The walk goes on whether or not a client can send: intended times are never rebased.
#[derive(Debug)]
pub(super) struct Schedule {
    origin: Timestamp,
    period_ns: u64,
    /// Which client is due at each slot of a period. Shuffled, so that the clients of a room, who
    /// joined one after the other, do not send one after the other.
    ring: Box<[u32]>,
    round: u64,
    slot: usize,
}

/// One input that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) client: u32,
    /// The client that stands in the middle between two inputs.
    pub(super) halfway: u32,
    /// When it should have been sent.
    pub(super) intended: Timestamp,
}

impl Schedule {
    /// `rate_hz` inputs a second of each of `clients`, from `origin` on.
    pub(super) fn new(clients: u32, rate_hz: f64, origin: Timestamp, dice: &mut Dice) -> Self {
        let mut ring: Box<[u32]> = (0..clients).collect();
        dice.shuffle(&mut ring);
        Self {
            origin,
            period_ns: (SECOND_NS / rate_hz) as u64,
            ring,
            round: 0,
            slot: 0,
        }
    }

    /// From one input of a client to its next.
    pub(super) const fn period_ns(&self) -> u64 {
        self.period_ns
    }

    /// When the next input is due.
    pub(super) const fn next_at(&self) -> Timestamp {
        let in_round_ns = self.slot as u64 * self.period_ns / self.ring.len() as u64;
        Timestamp(self.origin.0 + self.round * self.period_ns + in_round_ns)
    }

    /// The next input, if it is due. Call it until there is none.
    pub(super) fn pop_due(&mut self, now: Timestamp) -> Option<Due> {
        let intended = self.next_at();
        if intended > now {
            return None;
        }
        let client = self.ring[self.slot];
        let halfway = self.ring[(self.slot + self.ring.len() / 2) % self.ring.len()];
        self.slot += 1;
        if self.slot == self.ring.len() {
            self.slot = 0;
            self.round += 1;
        }
        Some(Due {
            client,
            halfway,
            intended,
        })
    }
}

/// How many clients may have begun to join.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ramp {
    pub(super) begin: Timestamp,
    pub(super) per_second: f64,
}

impl Ramp {
    pub(super) fn allowed(&self, now: Timestamp) -> u64 {
        1 + (now.since(self.begin).as_secs_f64() * self.per_second) as u64
    }

    /// When the client of this number may begin.
    pub(super) fn turn(&self, number: u64) -> Timestamp {
        let wait_s = number as f64 / self.per_second;
        self.begin.after(std::time::Duration::from_secs_f64(wait_s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn due_until(schedule: &mut Schedule, now: Timestamp) -> Vec<Due> {
        std::iter::from_fn(|| schedule.pop_due(now)).collect()
    }

    #[test]
    fn each_client_is_due_once_a_period_at_its_own_phase() {
        let origin = Timestamp(7 * MS);
        let mut schedule = Schedule::new(7, 20.0, origin, &mut Dice::new(1));
        let sends = due_until(&mut schedule, Timestamp(origin.0 + 150 * MS - 1));
        assert_eq!(sends.len(), 21);
        for (first, second) in sends.iter().zip(&sends[7..]) {
            assert_eq!(first.client, second.client);
            assert_eq!(second.intended.0 - first.intended.0, 50 * MS);
        }
        let gaps = sends
            .windows(2)
            .map(|two| two[1].intended.0 - two[0].intended.0);
        assert!(
            gaps.map(|gap| gap * 7)
                .all(|gap| gap.abs_diff(50 * MS) < 14)
        );
    }

    #[test]
    fn a_stall_makes_sends_late_and_moves_none() {
        let mut punctual = Schedule::new(3, 10.0, Timestamp(0), &mut Dice::new(1));
        let mut stalled = Schedule::new(3, 10.0, Timestamp(0), &mut Dice::new(1));
        let end = Timestamp(1_000 * MS);
        let mut sends = Vec::new();
        for ms in 0..=1_000 {
            sends.extend(due_until(&mut punctual, Timestamp(ms * MS)));
        }
        assert_eq!(due_until(&mut stalled, end), sends);
        assert!(stalled.next_at() > end);
    }

    #[test]
    fn a_ramp_lets_in_so_many_a_second() {
        let ramp = Ramp {
            begin: Timestamp(500),
            per_second: 4.0,
        };
        let allowed = |ms: u64| ramp.allowed(Timestamp(500 + ms * MS));
        assert_eq!([0, 249, 250, 1_000].map(allowed), [1, 1, 2, 5]);
    }
}
