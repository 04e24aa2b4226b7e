//! The room as bytes and back.

use std::collections::VecDeque;
use std::sync::Arc;

use downbeat_schemas::id::RoomId;
use downbeat_schemas::time::{Tick, Timestamp};
use rand_pcg::Pcg64;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::RoomCore;
use crate::Replicator;
use crate::ctx::Ctx;
use crate::ctx::listing::Listing;
use crate::guard::guarded;
use crate::host::{AnyRoom, Counters, FreezeError, Origin, ThawError, ThawParams};
use crate::interest::FrozenReplicator;
use crate::mailbox::Mailbox;
use crate::room::Room;
use crate::schedule::Schedule;
use crate::seats::Seats;
use crate::spawn::Spawner;
use crate::talk::Talk;
use crate::timer::Timers;
use crate::topics::{Published, Topics};

/// Rises when bytes of the former format would be misread.
const FORMAT: u32 = 3;

/// What is in front of the room: readable whatever follows.
#[derive(Serialize, Deserialize)]
struct Label {
    format: u32,
    room_name: String,
}

/// The room's own part: everything but what is the game's, and what is the node's: limits, the
/// clock's zero, counters. Without the names of its fields, for a room may be frozen in each tick.
///
/// `S`, `L`, … are references when a room is frozen and values when it is thawed.
#[derive(Serialize, Deserialize)]
struct FrozenRoom<S, L, N, T> {
    room: RoomId,
    /// The room's clock at this moment; its last tick may be a while ago.
    now: Timestamp,
    tick_now: Timestamp,
    tick: Tick,
    schedule: Schedule,
    patched: Tick,
    patch_due: bool,
    disposing: bool,
    rng: N,
    seats: S,
    replicator: FrozenReplicator,
    listing: L,
    topics: T,
}

/// The game's part: the types of its own, with the names of their fields, so that one that a game
/// adds later can have a serde default.
#[derive(Serialize, Deserialize)]
struct FrozenGame<G, T, M>(G, T, M);

type ThawedRoom = FrozenRoom<Seats, Listing, Pcg64, Topics>;
type ThawedGame<R> = FrozenGame<R, Timers<<R as Room>::Timer>, Mailbox<<R as Room>::Input>>;

/// Makes the twin of a frozen room of type `R`.
pub(crate) fn thaw<R: Room>(
    name: &Arc<str>,
    bytes: &[u8],
    params: ThawParams,
) -> Result<Box<dyn AnyRoom>, ThawError> {
    Ok(Box::new(RoomCore::<R>::from_bytes(name, bytes, params)?))
}

impl<R: Room> RoomCore<R> {
    pub(super) fn write_frozen(
        &self,
        now: Timestamp,
        bytes: &mut Vec<u8>,
    ) -> Result<(), FreezeError> {
        bytes.clear();
        if !self.running() {
            return Err(FreezeError::Ended);
        }
        let has_words = !self.ctx.talk.is_empty() || !self.ctx.published.is_empty();
        if has_words || self.rows.pending() {
            return Err(FreezeError::Unflushed);
        }
        if self.ctx.spawner.pending() > 0 {
            return Err(FreezeError::Spawned(self.ctx.spawner.pending()));
        }
        let label = Label {
            format: FORMAT,
            room_name: self.ctx.name.to_string(),
        };
        write_named(bytes, &label)?;
        write(bytes, &self.frozen_room(now))?;
        write_named(
            bytes,
            &FrozenGame(&self.room, &self.ctx.timers, &self.mailbox),
        )
    }

    fn frozen_room(&self, now: Timestamp) -> impl Serialize {
        FrozenRoom {
            room: self.ctx.room,
            now,
            tick_now: self.ctx.now,
            tick: self.ctx.tick,
            schedule: self.schedule,
            patched: self.patched,
            patch_due: self.patch_due,
            disposing: self.ctx.disposing,
            rng: &self.ctx.rng,
            seats: &self.ctx.seats,
            replicator: self.ctx.replicator.freeze(),
            listing: &self.ctx.listing,
            topics: &self.ctx.topics,
        }
    }

    pub(crate) fn from_bytes(
        name: &Arc<str>,
        bytes: &[u8],
        params: ThawParams,
    ) -> Result<Self, ThawError> {
        let mut deserializer = rmp_serde::Deserializer::new(bytes);
        check_label(&read(&mut deserializer)?, name)?;
        let frozen: ThawedRoom = read(&mut deserializer)?;
        let game: ThawedGame<R> = read(&mut deserializer)?;
        Ok(frozen.into_room(game, name, params))
    }
}

impl ThawedRoom {
    fn into_room<R: Room>(
        self,
        game: ThawedGame<R>,
        name: &Arc<str>,
        params: ThawParams,
    ) -> RoomCore<R> {
        let FrozenGame(room, timers, mailbox) = game;
        let ThawParams { limits, now } = params;
        let origin = Origin::new(now, self.now);
        let ctx = Ctx {
            room: self.room,
            name: name.clone(),
            replicator: Replicator::thaw(&self.replicator, &limits),
            limits,
            now: self.tick_now,
            tick: self.tick,
            rng: self.rng,
            seats: self.seats,
            timers,
            listing: self.listing,
            talk: Talk::default(),
            topics: self.topics,
            published: Published::default(),
            spawner: Spawner::new(),
            kicks: VecDeque::new(),
            disposing: self.disposing,
            events_bytes: 0,
            payload: Vec::new(),
            counters: Counters::default(),
        };
        RoomCore {
            mailbox,
            patched: self.patched,
            patch_due: self.patch_due,
            ..RoomCore::assemble(room, ctx, self.schedule, origin)
        }
    }
}

fn check_label(label: &Label, name: &str) -> Result<(), ThawError> {
    if label.format != FORMAT {
        return Err(ThawError::Format {
            found: label.format,
            expected: FORMAT,
        });
    }
    if label.room_name != name {
        return Err(ThawError::WrongType {
            found: label.room_name.clone(),
            expected: name.to_owned(),
        });
    }
    Ok(())
}

fn write(bytes: &mut Vec<u8>, value: &impl Serialize) -> Result<(), FreezeError> {
    guarded_write(|| value.serialize(&mut rmp_serde::Serializer::new(bytes)))
}

/// Structs as maps: by the names of their fields.
fn write_named(bytes: &mut Vec<u8>, value: &impl Serialize) -> Result<(), FreezeError> {
    guarded_write(|| {
        let mut serializer = rmp_serde::Serializer::new(bytes).with_struct_map();
        value.serialize(&mut serializer)
    })
}

fn guarded_write(
    write: impl FnOnce() -> Result<(), rmp_serde::encode::Error>,
) -> Result<(), FreezeError> {
    let written = guarded(write).map_err(FreezeError::Serialize)?;
    written.map_err(|error| FreezeError::Serialize(error.to_string()))
}

fn read<T: DeserializeOwned>(
    deserializer: &mut rmp_serde::Deserializer<rmp_serde::decode::ReadReader<&[u8]>>,
) -> Result<T, ThawError> {
    let value = guarded(|| T::deserialize(deserializer));
    let value = value.map_err(ThawError::Malformed)?;
    value.map_err(|error| ThawError::Malformed(error.to_string()))
}
