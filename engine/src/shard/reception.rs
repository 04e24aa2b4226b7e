//! What visitors ask by HTTP, and their way to a seat.

use downbeat_cluster::{Fact, LocateError, RoomRecord};
use downbeat_core::host::AnyRoom;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use downbeat_net::http::Response;
use downbeat_schemas::close::{CloseCode, MatchmakeCode};
use downbeat_schemas::id::{ConnectionId, ReconnectionToken, RoomId, SessionId, ShardId};
use downbeat_schemas::time::Timestamp;

use super::Shard;
use super::closing::EDGE_CLOSES;
use super::jobs::JobResult;
use super::sockets::{Goodbye, Role};
use crate::desk::Desk;
use crate::entropy;
use crate::http::{self, Answer, Cors, Visit};
use crate::link::{Command, Newcomer, Offer};
use crate::matchmake::{Caller, MatchmakeError, MatchmakeRequest, matchmake};
use crate::monitor;
use crate::server::auth::AuthRequest;
use crate::stats::Page;

impl Shard {
    /// Gives the answer to a request, or begins to find it.
    pub(super) fn give(&mut self, id: ConnectionId, answer: Answer, now: Timestamp) {
        match answer {
            Answer::Now(response) => {
                if let Some(socket) = self.sockets.find_mut(id) {
                    socket.connection.respond(response, now);
                }
            }
            Answer::Refuse(error, cors) => {
                let response = self.matched(&Err(error), &cors);
                self.give(id, Answer::Now(response), now);
            }
            Answer::Figures(page) => self.ask_clerk(id, page),
            Answer::FlameGraph(name, caller) => self.ask_scribe(id, name, *caller),
            Answer::Matchmake(request, cors) => self.matchmake(id, *request, cors),
            Answer::List(name, cors) => self.list(id, name, cors),
            Answer::Visit(visit) => self.find_host(id, visit),
        }
    }

    fn matchmake(&mut self, id: ConnectionId, request: MatchmakeRequest, cors: Cors) {
        let desk = Rc::clone(&self.desk);
        self.jobs.spawn(async move {
            let outcome = matchmake(&desk, request).await;
            JobResult::Matched(id, cors, outcome)
        });
    }

    fn list(&mut self, id: ConnectionId, name: Option<String>, cors: Cors) {
        let desk = Rc::clone(&self.desk);
        self.jobs.spawn(async move {
            let mut rooms = desk.node.registry.list(name.as_deref()).await;
            // Not a game's, and not for those who look for one.
            rooms.retain(|room| *room.name != *monitor::ROOM_NAME);
            JobResult::Response(id, http::listed(&rooms, &cors))
        });
    }

    fn ask_clerk(&mut self, id: ConnectionId, page: Page) {
        let desk = Rc::clone(&self.desk);
        self.jobs.spawn(async move {
            let text = desk.node.clerk.ask(page).await;
            JobResult::Response(id, http::figures(page, text))
        });
    }

    fn ask_scribe(&mut self, id: ConnectionId, capture: String, caller: Caller) {
        let desk = Rc::clone(&self.desk);
        self.jobs.spawn(async move {
            let found = flame_graph(&desk, capture, &caller).await;
            JobResult::Response(id, http::flame_graph(found))
        });
    }

    fn find_host(&mut self, id: ConnectionId, visit: Box<Visit>) {
        let desk = Rc::clone(&self.desk);
        self.jobs.spawn(async move {
            let host = find_host(&desk, &visit).await;
            JobResult::Visit(id, visit, host)
        });
    }

    pub(super) fn finish_job(&mut self, result: JobResult) {
        let now = self.clock.now();
        match result {
            JobResult::Response(id, response) => self.respond(id, response, now),
            JobResult::Matched(id, cors, outcome) => {
                self.note_ack(&outcome, now);
                let response = self.matched(&outcome, &cors);
                self.respond(id, response, now);
            }
            JobResult::Seats(reply, outcome) => reply.send(outcome),
            JobResult::Visit(id, visit, host) => self.receive_visit(id, &visit, host, now),
            JobResult::Owner(room, record) => self.take_owner(room, record, now),
            JobResult::Spawned(key, finished) => {
                if let Some(slot) = self.rooms.find_mut(key) {
                    slot.room.finish_spawned(finished);
                }
            }
        }
    }

    fn note_ack(&mut self, outcome: &Result<Offer, MatchmakeError>, now: Timestamp) {
        if let Ok(offer) = outcome {
            let ack = Fact::Ack {
                room: offer.room_id,
                session: offer.session_id,
                owner: offer.process_id,
            };
            self.pen.note(now, ack);
        }
    }

    fn matched(&mut self, outcome: &Result<Offer, MatchmakeError>, cors: &Cors) -> Response {
        if let Err(error) = outcome {
            self.stats.rejected(error.code.code());
        }
        http::matched(outcome, cors)
    }

    fn respond(&mut self, id: ConnectionId, response: Response, now: Timestamp) {
        if let Some(socket) = self.sockets.find_mut(id) {
            socket.connection.respond(response, now);
            self.go_on(id, now);
        }
    }

    /// The connection may understand held bytes now.
    fn go_on(&mut self, id: ConnectionId, now: Timestamp) {
        let held = |shard: &mut Self| {
            let socket = shard.sockets.find_mut(id);
            socket.is_some_and(|socket| socket.connection.has_held_bytes())
        };
        if held(self) {
            self.hear_all(id, now);
        }
        self.settle(id, now);
    }

    /// Turns a visitor into a WebSocket, here or on the shard of its room.
    fn receive_visit(
        &mut self,
        id: ConnectionId,
        visit: &Visit,
        host: Result<Host, Goodbye>,
        now: Timestamp,
    ) {
        let Some(socket) = self.sockets.find_mut(id) else {
            return;
        };
        // A browser learns nothing from a refused handshake: refusals are close codes.
        socket.connection.upgrade(&visit.upgrade, now);
        let claim = visit.room.zip(visit.session);
        match (host, claim) {
            (Ok(Host::Shard(shard)), Some((room, session))) if shard == self.desk.shard => {
                self.seat(id, room, session, visit.token, now);
                self.go_on(id, now);
            }
            (Ok(Host::Shard(shard)), Some((room, session))) => {
                self.move_to(shard, id, room, session, visit.token, now);
            }
            (Ok(Host::Elsewhere(record)), Some((_, session))) => {
                self.relay(id, &record, session, visit.token, now);
                self.go_on(id, now);
            }
            (Err(goodbye), _) => self.dismiss(id, &goodbye, now),
            (Ok(_), None) => self.dismiss(id, &Goodbye::no_seat(), now),
        }
    }

    fn dismiss(&mut self, id: ConnectionId, goodbye: &Goodbye, now: Timestamp) {
        self.turn_away(id, goodbye.code, &goodbye.reason, now);
        self.settle(id, now);
    }

    fn turn_away(&mut self, id: ConnectionId, code: CloseCode, reason: &str, now: Timestamp) {
        self.stats.rejected(code.code());
        self.part(id, code, reason, now);
    }

    fn move_to(
        &mut self,
        shard: ShardId,
        id: ConnectionId,
        room: RoomId,
        session: SessionId,
        token: Option<ReconnectionToken>,
        now: Timestamp,
    ) {
        let Some(socket) = self.sockets.remove(id) else {
            return;
        };
        let newcomer = Newcomer {
            stream: socket.stream,
            connection: socket.connection,
            room,
            session,
            token,
        };
        let link = self.desk.node.link(shard);
        if let Err(Command::Adopt(newcomer)) = link.send(Command::Adopt(Box::new(newcomer))) {
            let id = self.sockets.insert(newcomer.stream, newcomer.connection);
            let goodbye = Goodbye {
                code: CloseCode::InternalError,
                reason: "the shard of this room does not answer".to_owned(),
            };
            self.dismiss(id, &goodbye, now);
        }
    }

    /// Takes over a socket from another shard.
    pub(super) fn adopt(&mut self, newcomer: Newcomer, now: Timestamp) {
        let Newcomer {
            stream,
            connection,
            room,
            session,
            token,
        } = newcomer;
        let id = self.sockets.insert(stream, connection);
        self.seat(id, room, session, token, now);
        self.go_on(id, now);
        self.stay_busy(now);
    }

    /// Claims a seat for an open WebSocket, or says goodbye.
    fn seat(
        &mut self,
        id: ConnectionId,
        room: RoomId,
        session: SessionId,
        token: Option<ReconnectionToken>,
        now: Timestamp,
    ) {
        let Some(key) = self.rooms.key(room) else {
            return self.turn_away(id, CloseCode::UnknownRoom, "the room has ended", now);
        };
        let Some(slot) = self.rooms.find_mut(key) else {
            return;
        };
        let claimed = match token {
            None => slot.room.connect(now, session, id),
            Some(token) => {
                let next_token = entropy::reconnection_token();
                slot.room.reconnect(now, session, token, next_token, id)
            }
        };
        match (claimed, self.sockets.find_mut(id)) {
            (Ok(seat), Some(socket)) => socket.role = Role::Player { room: key, seat },
            (Ok(seat), None) => slot.room.disconnect(now, seat, false),
            (Err(error), _) => self.turn_away(id, error.close_code(), &error.to_string(), now),
        }
        // A seat that was opened again closes its former connection.
        self.flush_room(key, now);
    }
}

impl Goodbye {
    pub(super) fn no_seat() -> Self {
        Self {
            code: CloseCode::SeatExpired,
            reason: "the path or sessionId names no seat; ask matchmaking again".to_owned(),
        }
    }

    fn edge_closes() -> Self {
        Self {
            code: CloseCode::Moved,
            reason: EDGE_CLOSES.to_owned(),
        }
    }

    /// No word that the seat is gone: Redis may have lost the room's record, and its node writes it
    /// again.
    fn out_of_sight() -> Self {
        Self {
            code: CloseCode::Moved,
            reason: "the room cannot be found at this moment; try again".to_owned(),
        }
    }

    fn unknown_room() -> Self {
        Self {
            code: CloseCode::UnknownRoom,
            reason: "no such room here; ask matchmaking again".to_owned(),
        }
    }
}

/// The flame graph of a capture, for whoever the monitor lets in.
async fn flame_graph(
    desk: &Desk,
    capture: String,
    caller: &Caller,
) -> Result<Option<String>, MatchmakeError> {
    if let Some(monitor) = &desk.node.monitor {
        monitor.admit(caller, desk.node.clock.now())?;
    }
    Ok(desk.node.scribe.flame_graph(capture).await)
}

/// Where a room is.
#[derive(Debug)]
pub(super) enum Host {
    /// On this node.
    Shard(ShardId),
    /// On another one.
    Elsewhere(Arc<RoomRecord>),
}

/// Finds where a WebSocket belongs.
async fn find_host(desk: &Desk, visit: &Visit) -> Result<Host, Goodbye> {
    // A load balancer may send it to any node of a cluster.
    let is_at_home = visit.node == Some(desk.node.id) || desk.node.post.is_some();
    let room = visit.room.filter(|_| is_at_home);
    let room = room.ok_or_else(Goodbye::unknown_room)?;
    let record = match desk.node.registry.locate(room).await {
        Ok(Some(record)) => record,
        Ok(None) => return Err(Goodbye::unknown_room()),
        Err(LocateError) => return Err(Goodbye::out_of_sight()),
    };
    check_auth(desk, visit, &record.name).await?;
    if record.location.node == desk.node.id {
        return Ok(Host::Shard(record.location.shard));
    }
    if desk.node.is_closing() {
        return Err(Goodbye::edge_closes());
    }
    Ok(Host::Elsewhere(record))
}

/// A token on the WebSocket itself is checked too; the claims of the seat stay those of
/// matchmaking.
async fn check_auth(desk: &Desk, visit: &Visit, room_name: &str) -> Result<(), Goodbye> {
    if room_name == monitor::ROOM_NAME {
        return Ok(());
    }
    let (Some(hook), Some(token)) = (&desk.node.auth, &visit.auth_token) else {
        return Ok(());
    };
    let request = AuthRequest {
        token: Some(token.clone()),
        room_name: room_name.to_owned(),
        options: serde_json::Value::Null,
        address: visit.address,
    };
    let patience = Duration::from_millis(desk.node.settings.limits.auth_timeout_ms);
    let deadline = desk.node.clock.now().after(patience);
    let failed = |reason: String| Goodbye {
        code: CloseCode::AuthFailed,
        reason: format!("{}: {reason}", MatchmakeCode::AuthFailed.code()),
    };
    match desk.alarms.within(deadline, hook.check(request)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(reject)) => Err(failed(reject.to_string())),
        Err(_) => Err(failed("on_auth gave no answer in time".to_owned())),
    }
}
