//! The clients of a test room: what they send from, and what they hear.

use super::*;
use crate::host::{Outlet, Part, SeatIndex};

/// What one client was told over all its connections.
#[derive(Debug, Default)]
pub struct TestClient {
    /// Its connection, with the seat that it uses.
    connected: Option<(ConnectionId, SeatIndex)>,
    messages: Vec<Vec<u8>>,
    /// Payloads that were not taken.
    events: Vec<Vec<u8>>,
    token: Option<ReconnectionToken>,
    view: Option<Mirror>,
    acked: u32,
    seq: u32,
    closed: Option<(CloseCode, String)>,
}

impl TestClient {
    /// Whether it has a connection.
    pub const fn is_connected(&self) -> bool {
        self.connected.is_some()
    }

    /// All messages, as bytes of a `ServerMessage` each.
    pub fn messages(&self) -> &[Vec<u8>] {
        &self.messages
    }

    /// How the room last closed a connection of it, with code and reason.
    pub fn closed(&self) -> Option<(CloseCode, &str)> {
        let (code, reason) = self.closed.as_ref()?;
        Some((*code, reason))
    }

    /// The highest input number that the room said it applied.
    pub const fn acked(&self) -> u32 {
        self.acked
    }

    /// What opens its seat again, from its latest Welcome.
    pub const fn token(&self) -> Option<ReconnectionToken> {
        self.token
    }

    /// What it sees, from its first Welcome on.
    pub const fn view(&self) -> Option<&Mirror> {
        self.view.as_ref()
    }

    fn hear(&mut self, bytes: Vec<u8>) {
        let message = ServerMessage::decode(&bytes);
        match message.expect("a room speaks by its own schema") {
            ServerMessage::Welcome(welcome) => {
                self.token = Some(welcome.reconnection_token);
                self.acked = welcome.stamp.acked_input;
                self.view = Some(Mirror::new(welcome.schema));
            }
            ServerMessage::Snapshot { stamp, rows } => {
                self.acked = stamp.acked_input;
                self.see(RowsKind::Snapshot, rows);
            }
            ServerMessage::Patch { stamp, rows } => {
                self.acked = stamp.acked_input;
                self.see(RowsKind::Patch, rows);
            }
            ServerMessage::Event { payload, .. } => self.events.push(payload.to_vec()),
            ServerMessage::RawEvent { .. } | ServerMessage::Pong { .. } => {}
        }
        self.messages.push(bytes);
    }

    fn see(&mut self, kind: RowsKind, rows: &[u8]) {
        let view = self.view.as_mut();
        let view = view.expect("rows come after a Welcome");
        let seen = view.apply(kind, rows);
        seen.expect("rows are those of the schema");
    }
}

/// All clients of a room, the outlet of its words.
#[derive(Debug, Default)]
pub(super) struct Clients {
    clients: BTreeMap<SessionId, TestClient>,
    sessions: BTreeMap<ConnectionId, SessionId>,
    /// What the room published and nobody took: topics and payloads.
    published: Vec<(String, Vec<u8>)>,
    /// What is drawn next: sessions, connections and tokens are unlike each other anyway.
    drawn: u64,
}

impl Clients {
    pub(super) fn draw_session(&mut self) -> SessionId {
        let session = SessionId(self.draw());
        self.clients.insert(session, TestClient::default());
        session
    }

    pub(super) const fn draw_connection(&mut self) -> ConnectionId {
        ConnectionId(self.draw())
    }

    pub(super) fn draw_token(&mut self) -> ReconnectionToken {
        ReconnectionToken(u128::from(self.draw()))
    }

    pub(super) fn draw_seq(&mut self, session: SessionId) -> u32 {
        let client = self.clients.entry(session).or_default();
        client.seq += 1;
        client.seq
    }

    pub(super) fn connected(
        &mut self,
        session: SessionId,
        connection: ConnectionId,
        seat: SeatIndex,
    ) {
        let client = self.clients.entry(session).or_default();
        client.connected = Some((connection, seat));
        self.sessions.insert(connection, session);
    }

    pub(super) fn disconnected(&mut self, session: SessionId) -> Option<SeatIndex> {
        let client = self.clients.get_mut(&session)?;
        let (connection, seat) = client.connected.take()?;
        self.sessions.remove(&connection);
        Some(seat)
    }

    pub(super) fn seat(&self, session: SessionId) -> Option<SeatIndex> {
        let (_, seat) = self.clients.get(&session)?.connected?;
        Some(seat)
    }

    pub(super) fn client(&self, session: SessionId) -> &TestClient {
        let client = self.clients.get(&session);
        client.expect("a session comes from a join in this room")
    }

    pub(super) fn take_events(&mut self, session: SessionId) -> Vec<Vec<u8>> {
        let client = self.clients.get_mut(&session);
        client.map_or_else(Vec::new, |client| std::mem::take(&mut client.events))
    }

    pub(super) fn take_published(&mut self) -> Vec<(String, Vec<u8>)> {
        std::mem::take(&mut self.published)
    }

    const fn draw(&mut self) -> u64 {
        self.drawn += 1;
        self.drawn
    }
}

impl Outlet for Clients {
    fn send(&mut self, to: ConnectionId, parts: &[Part<'_>]) {
        let session = self.sessions.get(&to);
        let session = session.expect("a room speaks to connections that are open");
        let bytes = parts.iter().flat_map(|part| part.bytes()).copied();
        let client = self.clients.entry(*session).or_default();
        client.hear(bytes.collect());
    }

    fn publish(&mut self, topic: &str, payload: &[u8]) {
        self.published.push((topic.to_owned(), payload.to_vec()));
    }

    fn close(&mut self, to: ConnectionId, code: CloseCode, reason: &str) {
        let session = self.sessions.remove(&to);
        let session = session.expect("a room closes an open connection, once");
        let client = self.clients.entry(session).or_default();
        client.closed = Some((code, reason.to_owned()));
        if client
            .connected
            .is_some_and(|(connection, _)| connection == to)
        {
            client.connected = None;
        }
    }
}
