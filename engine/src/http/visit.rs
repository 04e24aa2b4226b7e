//! A request to open a WebSocket to a room.

use std::net::IpAddr;

use downbeat_net::http::Request;
use downbeat_net::ws::Upgrade;
use downbeat_schemas::SUBPROTOCOL;
use downbeat_schemas::id::{NodeId, ReconnectionToken, RoomId, SessionId};

use super::Answer;

/// Who wants to go where. Ids that are none are kept as none: a browser only learns why it was
/// refused from the close code of an open WebSocket.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) upgrade: Upgrade,
    pub(crate) node: Option<NodeId>,
    pub(crate) room: Option<RoomId>,
    pub(crate) session: Option<SessionId>,
    pub(crate) token: Option<ReconnectionToken>,
    pub(crate) auth_token: Option<String>,
    pub(crate) address: IpAddr,
}

pub(super) fn answer(request: &Request<'_>, address: IpAddr) -> Answer {
    let upgrade = match Upgrade::check(request, &[SUBPROTOCOL]) {
        Ok(upgrade) => upgrade,
        Err(error) => return Answer::Now(error.response()),
    };
    let mut segments = request.segments();
    let node = segments.next().and_then(|node| node.parse().ok());
    let room = segments.next().and_then(|room| room.parse().ok());
    let id = |name| super::query(request, name);
    Answer::Visit(Box::new(Visit {
        upgrade,
        node,
        room: room.filter(|_| segments.next().is_none()),
        session: id("sessionId").and_then(|session| session.parse().ok()),
        token: id("reconnectionToken").and_then(|token| token.parse().ok()),
        auth_token: id("_authToken"),
        address,
    }))
}
