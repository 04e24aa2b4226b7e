//! What a game implements.

use std::fmt;

use downbeat_presence::PresenceError;
use downbeat_schemas::id::SessionId;
use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, IgnoredAny};

use crate::Replicate;
use crate::config::RoomConfig;
use crate::ctx::Ctx;
use crate::ctx::listing::MetadataError;
use crate::interest::WatchError;
use crate::state::TableFull;

/// A type of room: its state is the struct, its rules are the hooks.
///
/// Hooks run to completion on the room's core, one at a time, in this order within a tick: leaves
/// whose time has come, results of spawned futures, what clients did and topics brought in the order
/// of its arrival, timers, `on_tick`. A hook that panics closes its room and no other.
///
/// ```
/// # extern crate downbeat_core as downbeat;
/// use downbeat::testing::TestRoom;
/// use downbeat::{Component, Ctx, NoOptions, Reject, Replicate, Room, SessionId, Table};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Component, Clone, PartialEq, Serialize, Deserialize)]
/// struct Player {
///     x: f32,
/// }
///
/// #[derive(Replicate, Serialize, Deserialize)]
/// struct Track {
///     #[sync]
///     players: Table<SessionId, Player>,
/// }
///
/// #[derive(Serialize, Deserialize)]
/// enum Input {
///     Run { dx: f32 },
/// }
///
/// impl Room for Track {
///     type Options = NoOptions;
///     type Input = Input;
///     type Event = ();
///     type Timer = ();
///
///     fn on_create(_: NoOptions, _: &mut Ctx<Self>) -> Result<Self, Reject> {
///         Ok(Self { players: Table::default() })
///     }
///
///     fn on_join(&mut self, who: SessionId, _: NoOptions, _: &mut Ctx<Self>) -> Result<(), Reject> {
///         self.players.insert(who, Player { x: 0.0 })?;
///         Ok(())
///     }
///
///     fn on_input(&mut self, who: SessionId, input: Input, _: &mut Ctx<Self>) {
///         let Input::Run { dx } = input;
///         if let Some(mut player) = self.players.get_mut(&who) {
///             player.x += dx.clamp(-1.0, 1.0);
///         }
///     }
/// }
///
/// let mut room = TestRoom::<Track>::new(7, ());
/// let ann = room.join();
/// room.tick(1);
/// room.send(ann, &Input::Run { dx: 0.5 });
/// room.tick(1);
/// assert_eq!(room.state().players.get(&ann).map(|player| player.x), Some(0.5));
/// ```
pub trait Room: Replicate + Serialize + DeserializeOwned + 'static {
    /// The JSON body of a matchmaking request, for creation and for each join.
    type Options: DeserializeOwned;
    /// What a client does: a closed enum, MessagePack on the wire.
    type Input: Serialize + DeserializeOwned + 'static;
    /// What happens, as opposed to what is: a closed enum, MessagePack on the wire.
    type Event: Serialize;
    /// What [`Ctx::after`] and [`Ctx::every`] bring back.
    type Timer: Clone + Serialize + DeserializeOwned + 'static;

    /// Ticks per second, seats and the like.
    const CONFIG: RoomConfig = RoomConfig::new();

    /// Makes the room.
    ///
    /// # Errors
    /// A [`Reject`] fails the matchmaking request with its words.
    fn on_create(options: Self::Options, ctx: &mut Ctx<Self>) -> Result<Self, Reject>;

    /// A client takes its seat. It is among [`Ctx::sessions`] already, and what is sent to it here
    /// reaches it right after its Welcome.
    ///
    /// # Errors
    /// A [`Reject`] closes the connection with 4526 and its words; `on_leave` does not follow, so
    /// take back what was done for the client before.
    fn on_join(
        &mut self,
        session: SessionId,
        options: Self::Options,
        ctx: &mut Ctx<Self>,
    ) -> Result<(), Reject> {
        let _ = (session, options, ctx);
        Ok(())
    }

    /// A client sent an input.
    fn on_input(&mut self, session: SessionId, input: Self::Input, ctx: &mut Ctx<Self>) {
        let _ = (session, input, ctx);
    }

    /// A client sent bytes of the game's own format. They come from outside: trust nothing.
    fn on_bytes(&mut self, session: SessionId, bytes: &[u8], ctx: &mut Ctx<Self>) {
        let _ = (session, bytes, ctx);
    }

    /// Something was published to a topic that the room hears ([`Ctx::subscribe`]), by a room or a
    /// program of any node, this room included. Its bytes are what the game made them.
    fn on_message(&mut self, topic: &str, payload: &[u8], ctx: &mut Ctx<Self>) {
        let _ = (topic, payload, ctx);
    }

    /// Time goes on by [`Ctx::dt`].
    fn on_tick(&mut self, ctx: &mut Ctx<Self>) {
        let _ = ctx;
    }

    /// A timer is due.
    fn on_timer(&mut self, timer: Self::Timer, ctx: &mut Ctx<Self>) {
        let _ = (timer, ctx);
    }

    /// A client's connection was lost without its consent.
    ///
    /// [`Ctx::hold_seat`] keeps the seat for its return; otherwise `on_leave` follows at once.
    fn on_drop(&mut self, session: SessionId, ctx: &mut Ctx<Self>) {
        let _ = (session, ctx);
    }

    /// A client is back with a new connection: on a held seat, or, without `on_drop` before, in
    /// place of a connection that was still thought alive. Its Welcome is sent; a snapshot follows.
    fn on_reconnect(&mut self, session: SessionId, ctx: &mut Ctx<Self>) {
        let _ = (session, ctx);
    }

    /// A client that joined is gone for good. Called exactly once for each, unless a hook panics.
    fn on_leave(&mut self, session: SessionId, why: Leave, ctx: &mut Ctx<Self>) {
        let _ = (session, why, ctx);
    }

    /// The room ends: the last call, after `on_leave` of everybody.
    fn on_dispose(&mut self, ctx: &mut Ctx<Self>) {
        let _ = ctx;
    }
}

/// Why a client is gone.
///
/// ```
/// # extern crate downbeat_core as downbeat;
/// use downbeat::Leave;
///
/// /// Who runs away loses; who is sent away, or loses the connection, does not.
/// fn forfeits(why: Leave) -> bool {
///     why == Leave::Consented
/// }
/// assert!(!forfeits(Leave::Dropped));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Leave {
    /// It left on purpose.
    Consented,
    /// Its connection was lost and its seat not held, or not long enough.
    Dropped,
    /// The room sent it away with [`Ctx::disconnect`].
    Kicked,
    /// The room ended with [`Ctx::dispose`].
    Disposed,
    /// The server stops.
    ShuttingDown,
}

/// The game's no, with words for the client.
///
/// ```
/// use downbeat_core::Reject;
///
/// fn admit(level: u32) -> Result<(), Reject> {
///     if level < 10 {
///         return Err(Reject::new("level 10 or higher is needed"));
///     }
///     Ok(())
/// }
/// assert_eq!(admit(3).unwrap_err().to_string(), "level 10 or higher is needed");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject(String);

impl Reject {
    /// A no with words. A connection is closed with the first 123 bytes of them.
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl From<&str> for Reject {
    fn from(why: &str) -> Self {
        Self::new(why)
    }
}

impl From<String> for Reject {
    fn from(why: String) -> Self {
        Self(why)
    }
}

/// The errors of the room's own tools refuse with their own words: `self.players.insert(…)?`.
macro_rules! reject_from {
    ($($error:ty),*) => { $(
        impl From<$error> for Reject {
            fn from(error: $error) -> Self {
                Self(error.to_string())
            }
        }
    )* };
}
reject_from!(TableFull, WatchError, MetadataError, PresenceError);

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// For rooms without options: accepts any body and reads nothing of it.
///
/// ```
/// use downbeat_core::NoOptions;
///
/// for body in ["{}", "null", r#"{"level": 3}"#] {
///     assert!(serde_json::from_str::<NoOptions>(body).is_ok());
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoOptions;

impl<'de> Deserialize<'de> for NoOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}
