//! What a room needs, in one line: `use downbeat::prelude::*;`.

pub use std::time::Duration;

pub use downbeat_core::{
    Component, Ctx, Grid, GroupId, Leave, NoOptions, Reject, Replicate, Room, RoomConfig,
    SessionId, Single, Table, Watcher,
};
pub use serde::{Deserialize, Serialize};

pub use crate::server::{AuthRequest, RoomDefinition, Server, StartError};
