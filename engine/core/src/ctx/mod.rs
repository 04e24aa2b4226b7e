//! What a hook may do: the room's side of everything that is not its state.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use downbeat_schemas::id::{RoomId, SessionId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::{Tick, Timestamp};
use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};

use self::listing::Listing;
use crate::Replicator;
use crate::host::Counters;
use crate::room::Room;
use crate::seats::Seats;
use crate::spawn::Spawner;
use crate::talk::Talk;
use crate::timer::Timers;
use crate::topics::{Published, Topics};

mod clients;
mod later;
pub(crate) mod listing;
mod talking;
mod topics;

/// The hand that hooks are given: time, chance, clients, words, timers and the room's listing.
///
/// What it is asked for happens during the hook, unless its documentation says otherwise.
///
/// ```
/// # extern crate downbeat_core as downbeat;
/// # use downbeat::testing::TestRoom;
/// # use downbeat::{Ctx, NoOptions, Reject, Replicate, Room};
/// use std::time::Duration;
///
/// # #[derive(Replicate, serde::Serialize, serde::Deserialize)]
/// # struct Fuse {}
/// impl Room for Fuse {
/// #   type Options = NoOptions;
/// #   type Input = ();
///     type Event = String;
///     type Timer = String;
///     // …
/// #   fn on_create(_: NoOptions, ctx: &mut Ctx<Self>) -> Result<Self, Reject> {
/// #       ctx.after(Duration::from_secs(3), "bang".to_owned());
/// #       Ok(Self {})
/// #   }
/// #   fn on_timer(&mut self, timer: String, ctx: &mut Ctx<Self>) {
/// #       ctx.broadcast(&format!("{timer} in tick {}", ctx.tick().0));
/// #       ctx.dispose();
/// #   }
/// }
/// ```
pub struct Ctx<R: Room> {
    pub(crate) room: RoomId,
    pub(crate) name: Arc<str>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) now: Timestamp,
    pub(crate) tick: Tick,
    pub(crate) rng: Pcg64,
    pub(crate) seats: Seats,
    pub(crate) replicator: Replicator,
    pub(crate) timers: Timers<R::Timer>,
    pub(crate) listing: Listing,
    pub(crate) talk: Talk,
    pub(crate) topics: Topics,
    pub(crate) published: Published,
    pub(crate) spawner: Spawner<R>,
    /// Whom a hook sent away: they leave when it has returned.
    pub(crate) kicks: VecDeque<(SessionId, String)>,
    /// A hook asked for the room's end.
    pub(crate) disposing: bool,
    /// Bytes of events and of published messages in this tick.
    pub(crate) events_bytes: u64,
    /// An event as MessagePack.
    pub(crate) payload: Vec<u8>,
    pub(crate) counters: Counters,
}

impl<R: Room> Ctx<R> {
    pub(crate) fn new(name: &Arc<str>, room: RoomId, seed: u64, limits: Arc<Limits>) -> Self {
        Self {
            room,
            name: name.clone(),
            now: Timestamp(0),
            tick: Tick(0),
            rng: Pcg64::seed_from_u64(seed),
            seats: Seats::default(),
            replicator: Replicator::new(&limits),
            limits,
            timers: Timers::new(),
            listing: Listing::new(&R::CONFIG),
            talk: Talk::default(),
            topics: Topics::default(),
            published: Published::default(),
            spawner: Spawner::new(),
            kicks: VecDeque::new(),
            disposing: false,
            events_bytes: 0,
            payload: Vec::new(),
            counters: Counters::default(),
        }
    }

    /// The room's id.
    pub const fn room_id(&self) -> RoomId {
        self.room
    }

    /// The name of the room's type, as matchmaking knows it.
    pub fn room_name(&self) -> &str {
        &self.name
    }

    /// The room's clock: when this tick was scheduled to start, since the room was created.
    ///
    /// A late tick sees the same time as a punctual one, so that replays and copies of a room
    /// agree. It goes on where it was after a move to another node.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The number of this tick; 0 in `on_create`. Skipped ticks have numbers too.
    pub const fn tick(&self) -> Tick {
        self.tick
    }

    /// Seconds from tick to tick.
    pub fn dt(&self) -> f32 {
        1.0 / f32::from(R::CONFIG.tick_hz)
    }

    /// The room's random numbers: the same from the same seed, and frozen with the room.
    pub const fn rng(&mut self) -> &mut Pcg64 {
        &mut self.rng
    }

    /// A random number from 0 to `n - 1`, each as likely as the other.
    ///
    /// # Panics
    /// If `n` is 0.
    pub fn random_below(&mut self, n: u32) -> u32 {
        assert!(n > 0, "there is no number below 0");
        // Lemire, "Fast random integer generation in an interval", 2019: the lowest products are
        // refused, so that each result has as many left as the other.
        let refused = n.wrapping_neg() % n;
        loop {
            let product = u64::from(self.rng.next_u32()) * u64::from(n);
            if product as u32 >= refused {
                return (product >> 32) as u32;
            }
        }
    }

    /// A random number from 0 to below 1.
    pub fn random_f32(&mut self) -> f32 {
        // 24 bits are what a f32 between 0 and 1 can hold evenly.
        (self.rng.next_u32() >> 8) as f32 / (1 << 24) as f32
    }
}

impl<R: Room> fmt::Debug for Ctx<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ctx")
            .field("room", &self.room)
            .field("name", &self.name)
            .field("tick", &self.tick)
            .finish_non_exhaustive()
    }
}
