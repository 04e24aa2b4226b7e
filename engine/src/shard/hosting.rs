//! Creating rooms, reserving seats, telling the registry.

use std::sync::Arc;

use downbeat_cluster::{Answer, Hold, RoomRecord, Ticket};
use downbeat_core::host::{Action, AnyRoom, CreateParams, Reservation, ReserveError, RoomState};
use downbeat_core::record::Recorder;
use downbeat_schemas::id::{ReconnectionToken, RoomId, SessionId};
use downbeat_schemas::time::Timestamp;

use super::Shard;
use super::jobs::JobResult;
use super::phase::first_deadline;
use super::rooms::RoomKey;
use crate::entropy;
use crate::link::{Guest, Offer, Refusal, Reply, SeatRequest};
use crate::server::definition::RoomDefinition;
use crate::surroundings::Party;

impl Shard {
    /// Finds a seat for someone, or for all of a match.
    pub(super) fn find_seats(
        &mut self,
        request: SeatRequest,
        now: Timestamp,
    ) -> Result<Vec<Offer>, Refusal> {
        if !self.may_tick(now) {
            return Err(Refusal::Frozen);
        }
        let offer = match request {
            SeatRequest::Match(party) => return self.create_match(party, now),
            SeatRequest::Create {
                name,
                guest,
                ticket,
            } => self.create(&name, guest, ticket, now),
            SeatRequest::Reserve { room, guest, hold } => self.reserve(room, guest, hold, now),
            SeatRequest::Resume { room, token } => self.resume(room, token, now),
        };
        offer.map(|offer| vec![offer])
    }

    /// Creates a room and reserves a seat for each guest before anybody else can ask for one.
    fn create_match(&mut self, party: Party, now: Timestamp) -> Result<Vec<Offer>, Refusal> {
        let definition = self.desk.node.definition(&party.name);
        let definition = Arc::clone(definition.ok_or(Refusal::UnknownName)?);
        let key = self.create_room(&definition, &party.options, now)?;
        let room = self.rooms.find_mut(key).map(|slot| slot.room.room_id());
        let room = room.ok_or(Refusal::NotJoinable)?;
        let guests = party.guests.into_iter().enumerate();
        let offers = guests.map(|(number, guest)| {
            let offer = self.reserve(room, guest, None, now);
            offer.map_err(|refusal| match refusal {
                Refusal::JoinFailed(why) => Refusal::GuestRefused { number, why },
                refusal => refusal,
            })
        });
        let offers = offers.collect::<Result<Vec<_>, _>>();
        if offers.is_err() {
            self.close_unused(key, now);
        }
        offers
    }

    /// Ends a room whose seats nobody was told of.
    fn close_unused(&mut self, key: RoomKey, now: Timestamp) {
        if let Some(slot) = self.rooms.find_mut(key) {
            let reason = "its match was not made".to_owned();
            slot.room.act(now, &Action::Close { reason });
        }
        self.after_room(key);
    }

    /// Answers another node's request for a seat.
    pub(super) fn answer_letter(&mut self, letter: &[u8], answer: Answer, now: Timestamp) {
        match SeatRequest::from_letter(letter, &*self.desk.node.registry) {
            Ok(request) => {
                let outcome = self.find_seats(request, now);
                Reply::Elsewhere(answer).send(outcome);
            }
            Err(error) => tracing::warn!("{error}"),
        }
    }

    /// Creates a room and reserves the first seat in it.
    fn create(
        &mut self,
        name: &str,
        guest: Guest,
        ticket: Option<Ticket>,
        now: Timestamp,
    ) -> Result<Offer, Refusal> {
        let definition = self.desk.node.definition(name);
        let definition = Arc::clone(definition.ok_or(Refusal::UnknownName)?);
        let key = self.create_room(&definition, &guest.options, now)?;
        let slot = self.rooms.find_mut(key).ok_or(Refusal::NotJoinable)?;
        slot.ticket = ticket;
        let room = slot.room.room_id();
        self.reserve(room, guest, None, now)
    }

    /// Creates a room in which nobody has a seat yet.
    pub(super) fn create_room(
        &mut self,
        definition: &Arc<RoomDefinition>,
        options: &serde_json::Value,
        now: Timestamp,
    ) -> Result<RoomKey, Refusal> {
        if self.end_by.is_some() {
            return Err(Refusal::Unavailable);
        }
        if self.rooms.len() as u64 >= self.limits.rooms_max {
            self.stats.limit_hit("rooms_max");
            return Err(Refusal::RoomsMax);
        }
        let room_type = definition.room_type();
        let params = CreateParams {
            room: entropy::room_id(),
            options: options.clone(),
            seed: entropy::seed(),
            limits: Arc::clone(&self.limits),
            now,
            first_deadline: first_deadline(now, room_type.tick_hz(), self.rooms.created()),
        };
        let created = room_type.create(params);
        let created = created.map_err(|error| Refusal::CreateFailed(error.to_string()))?;
        self.stats.room(room_type.name()).total.created += 1;
        let filter = definition.filter(options);
        let (created, definition) = (Recorder::new(created), Arc::clone(definition));
        let key = self.rooms.insert(created, definition, filter, now);
        self.record_if_asked(key, now);
        Ok(key)
    }

    /// Reserves a seat in a room of this shard.
    fn reserve(
        &mut self,
        room: RoomId,
        guest: Guest,
        hold: Option<Hold>,
        now: Timestamp,
    ) -> Result<Offer, Refusal> {
        let key = self.rooms.key(room).ok_or(Refusal::NotJoinable)?;
        let slot = self.rooms.find_mut(key).ok_or(Refusal::NotJoinable)?;
        let session = entropy::session_id();
        let reserved = slot.room.reserve(
            now,
            Reservation {
                session,
                token: entropy::reconnection_token(),
                options: guest.options,
                auth: guest.claims,
            },
        );
        if reserved.is_ok() {
            slot.holds.extend(hold);
        }
        let name = slot.definition.name();
        self.after_room(key);
        match reserved {
            Ok(()) => Ok(self.offer(name, room, session)),
            Err(error @ ReserveError::Options(_)) => Err(Refusal::JoinFailed(error.to_string())),
            Err(_) => Err(Refusal::NotJoinable),
        }
    }

    /// Finds the seat that a token opens.
    fn resume(
        &mut self,
        room: RoomId,
        token: ReconnectionToken,
        now: Timestamp,
    ) -> Result<Offer, Refusal> {
        let key = self.rooms.key(room).ok_or(Refusal::NotJoinable)?;
        let slot = self.rooms.find_mut(key).ok_or(Refusal::NotJoinable)?;
        let session = slot.room.can_reconnect(now, token);
        let name = slot.definition.name();
        let session = session.ok_or(Refusal::NotJoinable)?;
        Ok(self.offer(name, room, session))
    }

    fn offer(&self, name: Arc<str>, room: RoomId, session: SessionId) -> Offer {
        Offer {
            name,
            session_id: session,
            room_id: room,
            process_id: self.desk.node.id,
            public_address: self.desk.node.settings.public_address.clone(),
        }
    }

    /// After anything was done to a room: takes out what it left, tells the registry, ends it if
    /// it has ended.
    pub(super) fn after_room(&mut self, key: RoomKey) {
        let Some(slot) = self.rooms.find_mut(key) else {
            return;
        };
        for spawned in slot.room.take_spawned() {
            let job = async move { JobResult::Spawned(key, spawned.await) };
            self.jobs.spawn(job);
        }
        if *slot.room.state() != RoomState::Running {
            return self.end_room(key);
        }
        self.follow_topics(key);
        self.publish(key);
        self.rooms.queue(key);
    }

    fn publish(&mut self, key: RoomKey) {
        let location = self.desk.node.location(self.desk.shard);
        let Some(slot) = self.rooms.find_mut(key) else {
            return;
        };
        let Some(summary) = slot.room.summary() else {
            return;
        };
        let record = RoomRecord {
            room: slot.room.room_id(),
            name: slot.definition.name(),
            location,
            epoch: slot.epoch,
            clients: summary.clients,
            clients_max: summary.clients_max,
            locked: !summary.joinable(),
            private: summary.private,
            metadata: (*summary.metadata).clone(),
            filter: slot.filter.clone(),
            created_at: slot.created_at,
            public_address: self
                .desk
                .node
                .settings
                .public_address
                .as_deref()
                .map(Arc::from),
        };
        let settled = std::mem::take(&mut slot.holds);
        let ticket = slot.ticket.take();
        self.desk.node.registry.publish(record, settled, ticket);
    }

    /// Drops a room that has ended; its clients were told by its last flush.
    fn end_room(&mut self, key: RoomKey) {
        let now = self.clock.now();
        self.flush_room(key, now);
        self.flush_frames(key, now);
        self.hand_over_recorded(key);
        let Some(mut slot) = self.rooms.remove(key) else {
            return;
        };
        self.forget_topics(key, &slot.topics);
        let name = slot.definition.name();
        self.stats.take(&name, &slot.room.take_counters());
        let id = slot.room.room_id();
        self.keep_hub(id, slot.relayed.take());
        self.desk.node.registry.withdraw(id);
        if let RoomState::Failed { hook, message } = slot.room.state() {
            tracing::error!(room = %id, %name, ?hook, "room closed: a hook panicked: {message}");
        }
    }
}
