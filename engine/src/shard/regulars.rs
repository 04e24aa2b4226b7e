//! Clients that talk in every tick are read at the tick.
//!
//! Readiness has a price: the kernel notes it for each packet, and the sweep asks for it. A client
//! that sends an input in every tick will have sent one when its room ticks, so its socket is taken
//! out of the poller and read just then, whether it is ready or not. Who falls silent is watched
//! again. What a regular sends waits for the tick, where it was bound for anyway.

use std::time::Duration;

use downbeat_schemas::id::ConnectionId;
use downbeat_schemas::time::Timestamp;

use super::Shard;
use super::rooms::RoomKey;

/// Rooms that tick more seldom keep a client's pings waiting for too long.
const TICK_HZ_MIN: u16 = 10;
/// Messages in a row, each in the tick after the last one's, that make a regular.
const STREAK_MIN: u8 = 5;
/// Ticks without a message that end it.
const SILENCE_MAX: u8 = 5;

/// How a client talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// Now and then: its socket is watched.
    Occasional { streak: u8, last: Timestamp },
    /// In every tick: its socket is read at the tick.
    Regular { silent_ticks: u8 },
}

impl Default for Habit {
    fn default() -> Self {
        Self::Occasional {
            streak: 0,
            last: Timestamp(0),
        }
    }
}

impl Habit {
    pub(super) const fn is_regular(self) -> bool {
        matches!(self, Self::Regular { .. })
    }

    /// Notes a message to a room of this rate. True when it makes the client a regular.
    pub(super) fn talks(&mut self, now: Timestamp, tick_hz: u16) -> bool {
        let (streak, last) = match self {
            Self::Regular { silent_ticks } => {
                *silent_ticks = 0;
                return false;
            }
            Self::Occasional { streak, last } => (*streak, *last),
        };
        let two_ticks = Duration::from_secs(2) / u32::from(tick_hz.max(1));
        let goes_on = now.since(last) <= two_ticks;
        let streak = if goes_on { streak.saturating_add(1) } else { 1 };
        let becomes_regular = streak >= STREAK_MIN && tick_hz >= TICK_HZ_MIN;
        *self = if becomes_regular {
            Self::Regular { silent_ticks: 0 }
        } else {
            Self::Occasional { streak, last: now }
        };
        becomes_regular
    }

    /// Notes a read that brought nothing.
    pub(super) fn is_silent(&mut self) {
        let Self::Regular { silent_ticks } = self else {
            return;
        };
        *silent_ticks += 1;
        if *silent_ticks > SILENCE_MAX {
            *self = Self::default();
        }
    }
}

impl Shard {
    /// Reads what the regulars of a room have sent.
    pub(super) fn read_regulars(&mut self, key: RoomKey, now: Timestamp) {
        let Some(slot) = self.rooms.find_mut(key) else {
            return;
        };
        let mut regulars = std::mem::take(&mut slot.regulars);
        regulars.retain(|id| {
            self.read(*id, now);
            self.settle(*id, now);
            self.is_regular(*id)
        });
        if let Some(slot) = self.rooms.find_mut(key) {
            slot.regulars = regulars;
        }
    }

    fn is_regular(&mut self, id: ConnectionId) -> bool {
        let socket = self.sockets.find_mut(id);
        socket.is_some_and(|socket| socket.is_regular())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Timestamp {
        Timestamp(ms * 1_000_000)
    }

    #[test]
    fn who_talks_in_every_tick_becomes_a_regular_until_silent() {
        let mut habit = Habit::default();
        let becomes: Vec<bool> = (1..=6).map(|n| habit.talks(at(n * 50), 20)).collect();
        assert_eq!(becomes, [false, false, false, false, true, false]);
        for _ in 0..SILENCE_MAX {
            habit.is_silent();
            assert!(habit.is_regular());
        }
        habit.is_silent();
        assert!(!habit.is_regular());
    }

    #[test]
    fn pauses_and_slow_rooms_make_no_regulars() {
        let (mut seldom, mut slow) = (Habit::default(), Habit::default());
        for n in 1..100 {
            assert!(!seldom.talks(at(n * 101), 20));
            assert!(!slow.talks(at(n * 50), 5));
        }
    }
}
