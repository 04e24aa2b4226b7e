//! What relayed clients did, done to their room.

use downbeat_cluster::relay::Turn;
use downbeat_core::host::{AnyRoom, Received, SeatIndex};
use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::ConnectionId;
use downbeat_schemas::part::Part;
use downbeat_schemas::server::ServerMessage;
use downbeat_schemas::time::Timestamp;

use super::Relayed;
use crate::entropy;
use crate::shard::Shard;
use crate::shard::rooms::{RoomKey, RoomSlot};

impl Shard {
    /// Does to a room what its relayed clients did.
    pub(super) fn apply(&mut self, key: RoomKey, turns: &mut Vec<Turn>, now: Timestamp) {
        let mut seated = false;
        for turn in turns.drain(..) {
            seated |= matches!(turn, Turn::Connect { .. });
            if let Some(slot) = self.rooms.find_mut(key) {
                let outcome = apply_one(slot, turn, now);
                self.note(outcome);
            }
        }
        if seated {
            // A seat that was opened again closes its former connection.
            self.flush_room(key, now);
        }
    }

    fn note(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Done => {}
            Outcome::Message => self.stats.total.received_messages += 1,
            Outcome::Limit(limit) => self.stats.limit_hit(limit),
            Outcome::Rejected(code) => self.stats.rejected(code.code()),
        }
    }
}

/// What a turn came to.
#[derive(Clone, Copy)]
enum Outcome {
    Done,
    Message,
    Limit(&'static str),
    Rejected(CloseCode),
}

fn apply_one(slot: &mut RoomSlot, turn: Turn, now: Timestamp) -> Outcome {
    let (room, Some(relayed)) = (&mut slot.room, &mut slot.relayed) else {
        return Outcome::Done;
    };
    match turn {
        Turn::Connect {
            connection,
            session,
            token,
            ..
        } => {
            let claimed = match token {
                None => room.connect(now, session, connection),
                Some(token) => {
                    let next_token = entropy::reconnection_token();
                    room.reconnect(now, session, token, next_token, connection)
                }
            };
            match claimed {
                Ok(seat) => drop(relayed.seats.insert(connection, seat)),
                Err(error) => {
                    relayed.close(connection, error.close_code(), &error.to_string());
                    return Outcome::Rejected(error.close_code());
                }
            }
        }
        Turn::Message { connection, bytes } => {
            if let Some(seat) = relayed.seats.get(&connection).copied() {
                return hear(room, relayed, connection, seat, &bytes, now);
            }
        }
        Turn::Lost {
            connection,
            consented,
        } => {
            if let Some(seat) = relayed.seats.remove(&connection) {
                room.disconnect(now, seat, consented);
            }
        }
        Turn::Pause { connection } => {
            if let Some(seat) = relayed.seats.get(&connection) {
                room.pause(*seat);
            }
        }
        Turn::Resync { connection } => {
            if let Some(seat) = relayed.seats.get(&connection) {
                room.resync(*seat);
            }
        }
    }
    Outcome::Done
}

/// Brings a message to the room, and its answer, if it has one at once, back.
fn hear(
    room: &mut impl AnyRoom,
    relayed: &mut Relayed,
    from: ConnectionId,
    seat: SeatIndex,
    bytes: &[u8],
    now: Timestamp,
) -> Outcome {
    let received = match ClientMessage::decode(bytes) {
        Ok(message) => room.receive(now, seat, message),
        Err(error) => Received::Malformed(error.to_string()),
    };
    match received {
        Received::Queued | Received::Leaving | Received::Ignored => Outcome::Message,
        Received::Dropped(limit) => Outcome::Limit(limit),
        Received::Malformed(why) => {
            room.disconnect(now, seat, false);
            relayed.close(from, CloseCode::MalformedMessage, &why);
            Outcome::Rejected(CloseCode::MalformedMessage)
        }
        Received::Pong {
            client_time_us,
            server_time_us,
        } => {
            let pong = ServerMessage::Pong {
                client_time_us,
                server_time_us,
            };
            let mut fbb = flatbuffers::FlatBufferBuilder::new();
            relayed.send(from, &[Part::Own(pong.encode(&mut fbb))]);
            Outcome::Message
        }
    }
}
