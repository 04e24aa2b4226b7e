//! A type of room without its type parameter: what a server builder keeps under a name.

use std::fmt;
use std::sync::Arc;

use downbeat_schemas::id::RoomId;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::reflect::StateSchema;
use downbeat_schemas::time::Timestamp;

use super::{AnyRoom, CreateError, ThawError};
use crate::config::RoomConfig;
use crate::room::Room;
use crate::room_core;

/// Makes rooms of one type. Cheap to clone, the same on every shard.
///
/// ```
/// # extern crate downbeat_core as downbeat;
/// # use downbeat::{Ctx, NoOptions, Reject, Replicate, Room};
/// # #[derive(Replicate, serde::Serialize, serde::Deserialize)]
/// # struct Quiet {}
/// # impl Room for Quiet {
/// #     type Options = NoOptions;
/// #     type Input = ();
/// #     type Event = ();
/// #     type Timer = ();
/// #     fn on_create(_: NoOptions, _: &mut Ctx<Self>) -> Result<Self, Reject> { Ok(Self {}) }
/// # }
/// use downbeat::host::RoomType;
///
/// let quiet = RoomType::new::<Quiet>("quiet");
/// assert_eq!(quiet.name(), "quiet");
/// assert_eq!(quiet.tick_hz(), 20);
/// ```
#[derive(Clone)]
pub struct RoomType {
    name: Arc<str>,
    config: RoomConfig,
    schema: fn() -> StateSchema,
    create: Create,
    thaw: Thaw,
}

type Create = fn(&Arc<str>, CreateParams) -> Result<Box<dyn AnyRoom>, CreateError>;
type Thaw = fn(&Arc<str>, &[u8], ThawParams) -> Result<Box<dyn AnyRoom>, ThawError>;

/// What a new room is made from.
#[derive(Clone, Debug)]
pub struct CreateParams {
    /// Its id, unique.
    pub room: RoomId,
    /// The body of the matchmaking request that creates it.
    pub options: serde_json::Value,
    /// What its random numbers start from.
    pub seed: u64,
    /// The limits of the node.
    pub limits: Arc<Limits>,
    /// The zero of the room's clock.
    pub now: Timestamp,
    /// When tick 1 is due: how the shard spreads the phases of its rooms over the period.
    pub first_deadline: Timestamp,
}

/// What a frozen room needs from the node that thaws it.
#[derive(Clone, Debug)]
pub struct ThawParams {
    /// The limits of the node.
    pub limits: Arc<Limits>,
    /// The moment at which the room's clock goes on.
    pub now: Timestamp,
}

impl RoomType {
    /// The type of rooms `R` under the name that matchmaking knows.
    pub fn new<R: Room>(name: &str) -> Self {
        Self {
            name: name.into(),
            config: R::CONFIG,
            schema: R::schema,
            create: room_core::create::<R>,
            thaw: room_core::thaw::<R>,
        }
    }

    /// The name that matchmaking knows.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Ticks per second.
    pub const fn tick_hz(&self) -> u16 {
        self.config.tick_hz
    }

    /// Seats of a new room.
    pub const fn clients_max(&self) -> u32 {
        self.config.clients_max
    }

    /// The tables of its state.
    pub fn schema(&self) -> StateSchema {
        (self.schema)()
    }

    /// Makes a room: runs its `on_create`.
    ///
    /// # Errors
    /// [`CreateError`] if the options do not fit, or the game refuses or panics.
    pub fn create(&self, params: CreateParams) -> Result<Box<dyn AnyRoom>, CreateError> {
        (self.create)(&self.name, params)
    }

    /// Makes the twin of a frozen room. No hook runs; it ticks on where the other was frozen.
    ///
    /// # Errors
    /// [`ThawError`] if the bytes are not those of a room of this type and release.
    pub fn thaw(&self, bytes: &[u8], params: ThawParams) -> Result<Box<dyn AnyRoom>, ThawError> {
        (self.thaw)(&self.name, bytes, params)
    }
}

impl fmt::Debug for RoomType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomType")
            .field("name", &self.name)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
