//! Clients without a socket, for `downbeat bench --in-process`: they sit in a room of this shard,
//! send an input in each of its ticks, and what they are sent is composed and then dropped.

use std::sync::Arc;

use downbeat_core::host::{AnyRoom, Reservation, SeatIndex};
use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::id::ConnectionId;
use downbeat_schemas::time::Timestamp;
use serde_json::Value;

use super::Shard;
use super::rooms::RoomKey;
use crate::entropy;
use crate::link::Refusal;
use crate::server::definition::RoomDefinition;

/// Rooms to be made, with their puppets.
#[derive(Clone, Debug)]
pub(crate) struct Staging {
    pub(crate) definition: Arc<RoomDefinition>,
    pub(crate) rooms: u32,
    /// In each room.
    pub(crate) puppets: u32,
    /// Inputs, MessagePack: each puppet sends one after the other, round and round.
    pub(crate) inputs: Arc<[Vec<u8>]>,
}

/// The puppets of one room.
#[derive(Debug)]
pub(super) struct Puppets {
    seats: Vec<SeatIndex>,
    inputs: Arc<[Vec<u8>]>,
    /// The number of their last input.
    seq: u32,
}

impl Shard {
    /// Makes the rooms and seats the puppets.
    pub(super) fn stage(&mut self, staging: &Staging, now: Timestamp) -> Result<(), Refusal> {
        for _ in 0..staging.rooms {
            let options = Value::Object(serde_json::Map::new());
            let key = self.create_room(&staging.definition, &options, now)?;
            self.seat_puppets(key, staging, now)?;
            self.after_room(key);
        }
        Ok(())
    }

    fn seat_puppets(
        &mut self,
        key: RoomKey,
        staging: &Staging,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let slot = self.rooms.find_mut(key).ok_or(Refusal::NotJoinable)?;
        let mut seats = Vec::new();
        for number in 0..staging.puppets {
            let session = entropy::session_id();
            let reservation = Reservation {
                session,
                token: entropy::reconnection_token(),
                options: Value::Object(serde_json::Map::new()),
                auth: None,
            };
            let reserved = slot.room.reserve(now, reservation);
            reserved.map_err(|error| Refusal::JoinFailed(error.to_string()))?;
            let nowhere = ConnectionId(u64::MAX - u64::from(number));
            let seat = slot.room.connect(now, session, nowhere);
            seats.push(seat.map_err(|error| Refusal::JoinFailed(error.to_string()))?);
        }
        slot.puppets = Some(Box::new(Puppets {
            seats,
            inputs: Arc::clone(&staging.inputs),
            seq: 0,
        }));
        Ok(())
    }

    /// Each puppet of the room says something.
    pub(super) fn move_puppets(&mut self, key: RoomKey, now: Timestamp) {
        let Some(slot) = self.rooms.find_mut(key) else {
            return;
        };
        let Some(puppets) = &mut slot.puppets else {
            return;
        };
        puppets.seq += 1;
        for (number, seat) in puppets.seats.iter().enumerate() {
            let turn = (puppets.seq as usize + number) % puppets.inputs.len().max(1);
            let Some(payload) = puppets.inputs.get(turn) else {
                return;
            };
            let seq = puppets.seq;
            let input = ClientMessage::Input { seq, payload };
            slot.room.receive(now, *seat, input);
        }
    }
}
