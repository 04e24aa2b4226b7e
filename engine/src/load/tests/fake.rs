//! A server in a thread: one room that echoes input numbers at 20 Hz, on our wire.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use downbeat_net::http::{Request, Response};
use downbeat_net::socket::{Batch, Interest, Listener, Poller, Recv, Stream, flush, send_message};
use downbeat_net::ws::Upgrade;
use downbeat_net::{Connection, Event, Part, ReadBuffer};
use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{ReconnectionToken, RoomId, SessionId};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::reflect::StateSchema;
use downbeat_schemas::server::{RowsHead, RowsKind, ServerMessage, Stamp, Welcome};
use downbeat_schemas::time::Timestamp;
use flatbuffers::FlatBufferBuilder;

use crate::clock::Clock;

pub(super) const TICK: Duration = Duration::from_millis(50);
const LISTENER: u64 = u64::MAX;

/// What the server does besides playing.
pub(super) trait Script: Send + 'static {
    /// The answer to a matchmaking request.
    fn answer(&mut self) -> Response {
        let seat = r#"{"name":"arena","sessionId":"s","roomId":"r","processId":"p"}"#;
        Response::json(200, seat)
    }

    /// After a tick with so many players; a code closes them all.
    fn on_tick(&mut self, players: usize) -> Option<CloseCode>;
}

/// Runs until it is dropped.
pub(super) struct FakeServer {
    pub(super) url: String,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl FakeServer {
    pub(super) fn start(script: impl Script) -> Self {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), 128).unwrap();
        let url = format!("http://{}", listener.address());
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            // Here, because a poller stays on its thread.
            let mut node = Node::new(listener, Box::new(script));
            while !stopped.load(Ordering::Relaxed) {
                node.turn();
            }
        });
        Self {
            url,
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(ended.is_some_and(|ended| ended.is_ok()) || std::thread::panicking());
    }
}

struct Node {
    listener: Listener,
    script: Box<dyn Script>,
    poller: Poller,
    read: ReadBuffer,
    batch: Batch,
    limits: Limits,
    clock: Clock,
    peers: BTreeMap<u64, Peer>,
    next_peer: u64,
    tick_at: Timestamp,
}

struct Peer {
    stream: Stream,
    connection: Connection,
    acked_input: u32,
}

impl Node {
    fn new(listener: Listener, script: Box<dyn Script>) -> Self {
        let poller = Poller::new().unwrap();
        poller.add(&listener, LISTENER, Interest::READ).unwrap();
        Self {
            listener,
            script,
            poller,
            read: ReadBuffer::new(64 << 10),
            batch: Batch::default(),
            limits: Limits::default(),
            clock: Clock::start(),
            peers: BTreeMap::new(),
            next_peer: 0,
            tick_at: Timestamp(0),
        }
    }

    fn turn(&mut self) {
        let nap = self.tick_at.since(self.clock.now());
        let ready: Vec<_> = self.poller.poll(Some(nap)).unwrap().collect();
        for ready in ready {
            match ready.token {
                LISTENER => self.accept(),
                peer => self.hear(peer),
            }
        }
        let now = self.clock.now();
        if now >= self.tick_at {
            self.tick(now);
            self.tick_at = now.after(TICK);
        }
        self.peers.retain(|_, peer| {
            flush(&mut peer.connection, &peer.stream, &mut self.batch, now);
            !peer.connection.is_finished()
        });
    }

    fn accept(&mut self) {
        while let Some((stream, address)) = self.listener.accept().unwrap() {
            let connection = Connection::new(address, self.clock.now());
            self.poller
                .add(&stream, self.next_peer, Interest::READ)
                .unwrap();
            let peer = Peer {
                stream,
                connection,
                acked_input: 0,
            };
            self.peers.insert(self.next_peer, peer);
            self.next_peer += 1;
        }
    }

    fn hear(&mut self, number: u64) {
        let (now, limits) = (self.clock.now(), &self.limits);
        let Some(peer) = self.peers.get_mut(&number) else {
            return;
        };
        match peer.stream.recv(self.read.space()) {
            Recv::Empty => return,
            Recv::Bytes(len) => self.read.filled(len),
            Recv::Ended => peer.connection.end_of_input(now),
            Recv::Broken => peer.connection.lost(),
        }
        while let Some(event) = peer.connection.next_event(&mut self.read, limits, now) {
            match event {
                Event::Request(request) => {
                    peer.on_request(&request, self.script.as_mut(), limits, now);
                }
                Event::Binary(message) => peer.on_message(message),
                Event::Text(_) => panic!("the load sends no text"),
                Event::Closed { .. } => {}
                Event::Failed(failure) => panic!("the load broke a rule: {failure}"),
            }
        }
    }

    fn tick(&mut self, now: Timestamp) {
        let players = self
            .peers
            .values()
            .filter(|peer| peer.connection.is_websocket());
        let close = self.script.on_tick(players.count());
        for peer in self.peers.values_mut() {
            if !peer.connection.is_websocket() {
                continue;
            }
            let mut patch = Vec::new();
            let stamp = Stamp {
                acked_input: peer.acked_input,
                ..Stamp::default()
            };
            RowsHead::new(RowsKind::Patch).write(&mut patch, stamp, 0);
            let parts = [Part::Own(&patch)];
            let (stream, limits) = (&peer.stream, &self.limits);
            send_message(
                &mut peer.connection,
                stream,
                &mut self.batch,
                &parts,
                limits,
                now,
            );
            if let Some(code) = close {
                peer.connection.close(code, "by the script", now);
            }
        }
    }
}

impl Peer {
    fn on_request(
        &mut self,
        request: &Request<'_>,
        script: &mut dyn Script,
        limits: &Limits,
        now: Timestamp,
    ) {
        if request.method == "POST" {
            assert_eq!(request.path, "/matchmake/joinOrCreate/arena");
            assert_eq!(request.body, b"{\"mode\":1}");
            self.connection.respond(script.answer(), now);
            return;
        }
        assert_eq!((request.path, request.query), ("/p/r", "sessionId=s"));
        let upgrade = Upgrade::check(request, &[downbeat_schemas::SUBPROTOCOL]).unwrap();
        assert!(upgrade.subprotocol().is_some());
        self.connection.upgrade(&upgrade, now);
        let (stamp, rows) = (Stamp::default(), &[][..]);
        let mut fbb = FlatBufferBuilder::new();
        for message in [welcome(), ServerMessage::Snapshot { stamp, rows }] {
            let parts = [Part::Own(message.encode(&mut fbb))];
            self.connection.queue_message(&parts, limits, now);
        }
    }

    fn on_message(&mut self, message: &[u8]) {
        match ClientMessage::decode(message) {
            Ok(ClientMessage::Input { seq, .. }) => {
                assert_eq!(
                    seq,
                    self.acked_input + 1,
                    "inputs are numbered without a gap"
                );
                self.acked_input = seq;
            }
            other => panic!("not what the load should send: {other:?}"),
        }
    }
}

fn welcome() -> ServerMessage<'static> {
    ServerMessage::Welcome(Box::new(Welcome {
        protocol: downbeat_schemas::PROTOCOL,
        session: SessionId(1),
        reconnection_token: ReconnectionToken(2),
        room: RoomId(3),
        room_name: "arena".into(),
        tick_hz: 20,
        patch_every: 1,
        stamp: Stamp::default(),
        schema: StateSchema::default(),
    }))
}
