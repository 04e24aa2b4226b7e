//! A recording, run: without sockets, as fast as it can.

use std::sync::Arc;

use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::ConnectionId;
use downbeat_schemas::limits::LimitError;
use downbeat_schemas::part::Part;
use downbeat_schemas::time::{Tick, Timestamp};

use super::block::digest;
use super::ending::Ending;
use super::entry::Entry;
use super::recording::{Damage, Entries, Recording};
use crate::host::{
    Action, AnyRoom, Outlet, Reservation, RoomType, Stepped, Stopwatch, ThawError, ThawParams,
};

/// A room that relives what was recorded of it.
pub struct Replay<'a> {
    room: Box<dyn AnyRoom>,
    entries: Entries<'a>,
    frozen: Vec<u8>,
}

/// One step of a replay: what the room did when it last was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// Its ticks.
    pub stepped: Stepped,
    /// Whether the recording has the room's hash after it, which then was the same.
    pub checked: bool,
}

impl Replayed {
    /// The last tick that ran.
    pub fn last(&self) -> Tick {
        Tick(self.stepped.first.0 + u64::from(self.stepped.ran)).before()
    }
}

/// Why a recording cannot be replayed at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartReplayError {
    /// Its room is not one of this program.
    #[error(transparent)]
    Thaw(#[from] ThawError),
    /// It was recorded under a limit that this release does not know.
    #[error(
        "recorded by release {release} under limits of its own ({error}): replay it with that release"
    )]
    Limits {
        /// The release that recorded.
        release: String,
        /// Which one.
        error: LimitError,
    },
}

/// Where a replay cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The room is no longer what it was.
    #[error(
        "tick {} differs from the recording (hash {found:016x}, recorded {recorded:016x}): either the room's code is not \
         what recorded, or it depends on more than its state and inputs: a clock, entropy, a HashMap, another thread",
        tick.0
    )]
    Differs {
        /// The last tick of the step.
        tick: Tick,
        /// What was recorded.
        recorded: u64,
        /// What it was now.
        found: u64,
    },
    /// The room could not be frozen where it was when it was recorded.
    #[error("tick {} differs from the recording: the room cannot be frozen after it: {why}", tick.0)]
    Unfrozen {
        /// The last tick of the step.
        tick: Tick,
        /// Why not.
        why: String,
    },
    /// The file is not whole.
    #[error(transparent)]
    Damaged(#[from] Damage),
}

impl<'a> Replay<'a> {
    /// Thaws the room that the recording begins with.
    ///
    /// # Errors
    /// [`StartReplayError`] if it is no room of this type and release.
    pub fn new(recording: &Recording<'a>, room_type: &RoomType) -> Result<Self, StartReplayError> {
        let label = recording.label();
        let limits = label.limits().map_err(|error| StartReplayError::Limits {
            release: label.release.clone(),
            error,
        })?;
        let params = ThawParams {
            limits: Arc::new(limits),
            now: label.now,
        };
        Ok(Self {
            room: room_type.thaw(recording.start(), params)?,
            entries: recording.entries(),
            frozen: Vec::new(),
        })
    }

    /// Goes on to the end of the next step; none at the end of the recording.
    ///
    /// # Errors
    /// [`ReplayError`] where the room differs from the recording, or the file is not whole. Nothing
    /// is to be called after it but [`Self::room`].
    pub fn next(&mut self, stopwatch: &mut dyn Stopwatch) -> Result<Option<Replayed>, ReplayError> {
        let mut last = None;
        while let Some(entry) = self.entries.next().transpose()? {
            match entry {
                Entry::Step { now } => last = Some((now, self.room.step_timed(now, stopwatch))),
                Entry::Flush { digest } => {
                    if let Some((now, stepped)) = last.take() {
                        return self.close_step(now, stepped, digest).map(Some);
                    }
                }
                entry => self.apply(entry),
            }
        }
        Ok(None)
    }

    /// The room as it is.
    pub fn room(&self) -> &dyn AnyRoom {
        &*self.room
    }

    /// Why the recording ended, once [`Self::next`] returned none.
    pub const fn ending(&self) -> Option<Ending> {
        self.entries.ending()
    }

    fn close_step(
        &mut self,
        now: Timestamp,
        stepped: Stepped,
        recorded: Option<u64>,
    ) -> Result<Replayed, ReplayError> {
        self.room.flush(now, &mut Nobody);
        // A replay runs no futures: their results are not in the recording.
        drop(self.room.take_spawned());
        let replayed = Replayed {
            stepped,
            checked: recorded.is_some(),
        };
        if let Some(recorded) = recorded {
            self.check(now, replayed.last(), recorded)?;
        }
        Ok(replayed)
    }

    fn check(&mut self, now: Timestamp, tick: Tick, recorded: u64) -> Result<(), ReplayError> {
        let frozen = self.room.freeze_into(now, &mut self.frozen);
        frozen.map_err(|error| ReplayError::Unfrozen {
            tick,
            why: error.to_string(),
        })?;
        let found = digest(&self.frozen);
        if found != recorded {
            return Err(ReplayError::Differs {
                tick,
                recorded,
                found,
            });
        }
        Ok(())
    }

    /// What the room refuses now it refused then.
    fn apply(&mut self, entry: Entry<'_>) {
        let room = &mut self.room;
        match entry {
            Entry::Reserve {
                now,
                session,
                token,
                options,
                auth,
            } => {
                let reservation = Reservation {
                    session,
                    token,
                    options: json(options),
                    auth: auth.map(json),
                };
                let _ = room.reserve(now, reservation);
            }
            Entry::Connect {
                now,
                session,
                connection,
            } => {
                let _ = room.connect(now, session, connection);
            }
            Entry::Reconnect {
                now,
                session,
                token,
                next_token,
                connection,
            } => {
                let _ = room.reconnect(now, session, token, next_token, connection);
            }
            Entry::Input { seat, seq, payload } => {
                room.receive(NO_MATTER, seat, ClientMessage::Input { seq, payload });
            }
            Entry::Raw { seat, seq, payload } => {
                room.receive(NO_MATTER, seat, ClientMessage::Raw { seq, payload });
            }
            Entry::Hear { topic, payload } => {
                room.hear(NO_MATTER, topic, payload);
            }
            Entry::Leave { seat } => {
                room.receive(NO_MATTER, seat, ClientMessage::Leave);
            }
            Entry::Disconnect { seat, consented } => room.disconnect(NO_MATTER, seat, consented),
            Entry::Pause { seat } => room.pause(seat),
            Entry::Resync { seat } => room.resync(seat),
            Entry::Rebind { seat, connection } => room.rebind(seat, connection),
            Entry::ShutDown { now } => room.shut_down(now),
            Entry::Lock { locked: true } => act(&mut **room, &Action::Lock),
            Entry::Lock { locked: false } => act(&mut **room, &Action::Unlock),
            Entry::Kick { session, reason } => {
                let reason = reason.to_owned();
                act(&mut **room, &Action::Kick { session, reason });
            }
            Entry::Close { reason } => {
                let reason = reason.to_owned();
                act(&mut **room, &Action::Close { reason });
            }
            Entry::Step { .. } | Entry::Flush { .. } => {}
        }
        // As a shard does after it: what is said to connections is no part of the room's state.
        room.flush(NO_MATTER, &mut Nobody);
    }
}

/// Whether there was anybody to do it to, the recording says by what follows.
fn act(room: &mut dyn AnyRoom, action: &Action) {
    room.act(NO_MATTER, action);
}

/// The time of a call that does not depend on it, and that is therefore not recorded.
const NO_MATTER: Timestamp = Timestamp(0);

/// What the recorder wrote as JSON reads as JSON; a damaged file has a checksum for that.
fn json(bytes: &[u8]) -> serde_json::Value {
    serde_json::from_slice(bytes).unwrap_or_default()
}

/// Nobody listens to a replay.
struct Nobody;

impl Outlet for Nobody {
    fn send(&mut self, _: ConnectionId, _: &[Part<'_>]) {}

    fn publish(&mut self, _: &str, _: &[u8]) {}

    fn close(&mut self, _: ConnectionId, _: CloseCode, _: &str) {}
}

impl std::fmt::Debug for Replay<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replay")
            .field("room", &self.room.room_id())
            .finish_non_exhaustive()
    }
}
