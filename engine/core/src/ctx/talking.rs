//! Words to clients: typed events, and bytes of the game's own format.

use downbeat_schemas::id::{GroupId, SessionId};
use downbeat_schemas::server::ServerMessage;
use serde::Serialize;

use super::Ctx;
use crate::room::Room;

/// Whom an event is for.
#[derive(Clone, Copy)]
enum Audience {
    One(SessionId),
    All,
    AllBut(SessionId),
    Group(GroupId),
}

impl<R: Room> Ctx<R> {
    /// Sends an event to one client. Lost if it has no connection at this moment.
    ///
    /// # Panics
    /// If the event cannot be serialized; this holds for all that send events.
    pub fn send(&mut self, to: SessionId, event: &R::Event) {
        self.say_event(Audience::One(to), event);
    }

    /// Sends an event to all clients; encoded once.
    pub fn broadcast(&mut self, event: &R::Event) {
        self.say_event(Audience::All, event);
    }

    /// Sends an event to all clients but one; encoded once.
    pub fn broadcast_except(&mut self, except: SessionId, event: &R::Event) {
        self.say_event(Audience::AllBut(except), event);
    }

    /// Sends an event to the clients that watch a group; encoded once. Costs a look at each
    /// client of the room.
    pub fn send_group(&mut self, group: GroupId, event: &R::Event) {
        self.say_event(Audience::Group(group), event);
    }

    /// Sends bytes of the game's own format to one client.
    pub fn send_bytes(&mut self, to: SessionId, bytes: &[u8]) {
        let tick = self.tick.on_wire();
        let payload = bytes;
        self.say(
            Audience::One(to),
            &ServerMessage::RawEvent { tick, payload },
        );
    }

    /// Sends bytes of the game's own format to all clients.
    pub fn broadcast_bytes(&mut self, bytes: &[u8]) {
        let tick = self.tick.on_wire();
        let payload = bytes;
        self.say(Audience::All, &ServerMessage::RawEvent { tick, payload });
    }

    fn say_event(&mut self, audience: Audience, event: &R::Event) {
        let mut payload = std::mem::take(&mut self.payload);
        payload.clear();
        // Structs as maps: clients read fields by their names.
        let mut serializer = rmp_serde::Serializer::new(&mut payload).with_struct_map();
        let written = event.serialize(&mut serializer);
        written.expect("an event is plain data, which MessagePack can hold");
        let tick = self.tick.on_wire();
        let message = ServerMessage::Event {
            tick,
            payload: &payload,
        };
        self.say(audience, &message);
        self.payload = payload;
    }

    /// The limit counts payloads before they are encoded, so that a dropped event costs nothing.
    fn say(&mut self, audience: Audience, message: &ServerMessage<'_>) {
        let len = match message {
            ServerMessage::Event { payload, .. } | ServerMessage::RawEvent { payload, .. } => {
                payload.len() as u64
            }
            _ => 0,
        };
        if self.admits_words(len) {
            self.counters.events += 1;
            self.address(audience, message);
        }
    }

    /// Whether so many bytes may be said in this tick; those that may are counted.
    pub(super) fn admits_words(&mut self, bytes: u64) -> bool {
        let is_admitted = self.events_bytes + bytes <= self.limits.events_bytes_max;
        if is_admitted {
            self.events_bytes += bytes;
        } else {
            self.counters.events_dropped += 1;
        }
        is_admitted
    }

    fn address(&mut self, audience: Audience, message: &ServerMessage<'_>) {
        let seats = &self.seats;
        let listener = |session| seats.joined(session).and_then(|seat| seat.listener());
        match audience {
            Audience::One(session) => {
                if let Some(to) = listener(session) {
                    self.talk.send(to, message);
                }
            }
            Audience::All => self.talk.broadcast(seats, None, message),
            Audience::AllBut(session) => self.talk.broadcast(seats, listener(session), message),
            Audience::Group(group) => {
                let replicator = &self.replicator;
                let watching = seats.iter().filter(|seat| {
                    let viewer = seat.viewer;
                    viewer.is_some_and(|viewer| replicator.watches(viewer, group))
                });
                let to = watching.filter_map(|seat| seat.listener());
                self.talk.send_all(to, message);
            }
        }
    }
}
