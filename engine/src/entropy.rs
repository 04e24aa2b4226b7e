//! Ids and secrets that nobody can guess.

use downbeat_cluster::queue::MatchId;
use downbeat_schemas::id::{NodeId, ReconnectionToken, RoomId, SessionId};

pub(crate) fn room_id() -> RoomId {
    RoomId(draw())
}

pub(crate) fn session_id() -> SessionId {
    SessionId(draw())
}

pub(crate) fn node_id() -> NodeId {
    NodeId(draw())
}

pub(crate) fn reconnection_token() -> ReconnectionToken {
    ReconnectionToken(u128::from(draw()) << 64 | u128::from(draw()))
}

pub(crate) fn match_id() -> MatchId {
    MatchId(draw())
}

/// The seed of a room's generator.
pub(crate) fn seed() -> u64 {
    draw()
}

fn draw() -> u64 {
    // Fails only before the kernel's pool is ready, long before a server starts.
    getrandom::u64().expect("the kernel gives random bytes")
}
