//! What operators see of rooms, and do to them.

use std::time::Duration;

use downbeat_core::host::{Action, AnyRoom, SeatDescription};
use downbeat_schemas::id::RoomId;
use downbeat_schemas::time::Timestamp;

use super::Shard;
use crate::link::{Question, RoomDetail, RoomTally, SeatDetail, Survey};
use crate::stats::TickMeter;

/// A room that nobody looked at for so long is measured by itself no more.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The ticks of one room that somebody looks at.
#[derive(Debug)]
pub(super) struct RoomMeter {
    pub(super) ticks: TickMeter<u32>,
    since: Timestamp,
    pub(super) until: Timestamp,
}

impl Shard {
    /// Answers the monitor. Whoever asked may have given up.
    pub(super) fn answer(&mut self, question: Question, now: Timestamp) {
        match question {
            Question::Survey(reply) => {
                let _ = reply.send(self.survey(now));
            }
            Question::Describe(room, reply) => {
                let _ = reply.send(self.describe(room, now));
            }
            Question::Act(room, action, reply) => {
                let _ = reply.send(self.operate(room, &action, now));
            }
        }
    }

    fn survey(&mut self, now: Timestamp) -> Survey {
        let elapsed = now.since(std::mem::replace(&mut self.surveyed_at, now));
        let rooms = self.rooms.iter_mut().map(|slot| RoomTally {
            room: slot.room.room_id(),
            is_recorded: slot.is_recorded,
            tally: std::mem::take(&mut slot.tally),
        });
        Survey {
            elapsed,
            rooms: rooms.collect(),
        }
    }

    fn describe(&mut self, room: RoomId, now: Timestamp) -> Option<Box<RoomDetail>> {
        let bytes_max = self.limits.monitor_room_bytes_max as usize;
        let slot = self.rooms.find_mut(self.rooms.key(room)?)?;
        let mut description = slot.room.describe(bytes_max);
        let meter = slot.meter.get_or_insert_with(|| RoomMeter {
            ticks: TickMeter::default(),
            since: now,
            until: now,
        });
        meter.until = now.after(LOOK_AGAIN);
        let is_recorded = slot.is_recorded;
        let (ticks, watched) = (meter.ticks.clone(), now.since(meter.since));
        let seats = std::mem::take(&mut description.seats);
        let seats = seats.into_iter().map(|seat| self.seat_detail(seat));
        Some(Box::new(RoomDetail {
            seats: seats.collect(),
            description,
            is_recorded,
            ticks,
            watched,
        }))
    }

    fn seat_detail(&mut self, seat: SeatDescription) -> SeatDetail {
        let socket = seat.connection.and_then(|id| self.sockets.find_mut(id));
        let connection = socket.map(|socket| &socket.connection);
        SeatDetail {
            seat,
            address: connection.map(|connection| connection.peer()),
            queued_bytes: connection.map_or(0, |connection| connection.queued_bytes() as u64),
        }
    }

    fn operate(&mut self, room: RoomId, action: &Action, now: Timestamp) -> bool {
        let Some(key) = self.rooms.key(room) else {
            return false;
        };
        let slot = self.rooms.find_mut(key);
        let done = slot.is_some_and(|slot| slot.room.act(now, action));
        self.flush_room(key, now);
        self.after_room(key);
        done
    }
}
