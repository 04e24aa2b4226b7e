//! Ready sockets: accept, read, write.

use downbeat_core::host::AnyRoom;
use std::time::Duration;

use downbeat_net::Connection;
use downbeat_net::socket::{AcceptError, Readiness, flush};
use downbeat_schemas::id::ConnectionId;
use downbeat_schemas::time::Timestamp;

use super::Shard;
use super::sockets::{BELL, LISTENER, Role};
use crate::stats::FILE_DESCRIPTORS;

/// Accepts per sweep: a storm of clients must not hold up the rooms.
const ACCEPTS_PER_SWEEP: usize = 256;

impl Shard {
    /// Serves what is ready now, within the read budget.
    pub(super) fn sweep(&mut self, now: Timestamp) {
        let mut ready = std::mem::take(&mut self.ready);
        match self.sockets.poller.poll(Some(Duration::ZERO)) {
            Ok(events) => ready.extend(events),
            Err(error) => tracing::error!(%error, "the poller failed"),
        }
        let read_until = self.stats.total.received_bytes + self.limits.read_budget_bytes;
        for readiness in &ready {
            match readiness.token {
                LISTENER => self.accept(now),
                BELL => drop(self.bell.waker().drain()),
                token if self.stats.total.received_bytes < read_until => {
                    self.serve(ConnectionId(token), *readiness, now);
                }
                // Level-triggered: it is ready in the next sweep too.
                _ => self.stats.limit_hit("read_budget_bytes"),
            }
        }
        if ready.iter().any(|readiness| readiness.token != BELL) {
            self.stay_busy(now);
        }
        ready.clear();
        self.ready = ready;
    }

    fn accept(&mut self, now: Timestamp) {
        for _ in 0..ACCEPTS_PER_SWEEP {
            let (stream, peer) = match self.listener.accept() {
                Ok(Some(accepted)) => accepted,
                Ok(None) => return,
                Err(error) => return self.refuse_accept(error),
            };
            if let Some(limit) = self.sockets.limit_for(peer, &self.limits) {
                self.stats.limit_hit(limit);
                continue;
            }
            self.stats.total.connections += 1;
            let id = self.sockets.insert(stream, Connection::new(peer, now));
            // Most clients have sent their request by now.
            self.read(id, now);
            self.settle(id, now);
        }
    }

    fn refuse_accept(&mut self, error: AcceptError) {
        if error == AcceptError::NoDescriptors {
            // It goes on for as long as it lasts, in each sweep: the clerk says so once a minute.
            self.stats.limit_hit(FILE_DESCRIPTORS);
        } else {
            tracing::warn!("{error}");
        }
    }

    fn serve(&mut self, id: ConnectionId, readiness: Readiness, now: Timestamp) {
        if readiness.writable {
            self.flush_socket(id, now);
        }
        if (readiness.readable || readiness.is_broken) && self.may_hear(id, now) {
            self.read(id, now);
        }
        self.settle(id, now);
    }

    /// What clients say to a frozen room waits in the kernel, for its mailbox would overflow; so does
    /// what they say to another node's room that does not hear it.
    fn may_hear(&mut self, id: ConnectionId, now: Timestamp) -> bool {
        match self.sockets.find_mut(id).map(|socket| socket.role) {
            Some(Role::Player { .. }) => self.may_tick(now),
            Some(Role::Relayed(place)) => self.edges.may_hear(place),
            _ => true,
        }
    }

    fn flush_socket(&mut self, id: ConnectionId, now: Timestamp) {
        if let Some(socket) = self.sockets.find_mut(id) {
            flush(&mut socket.connection, &socket.stream, &mut self.batch, now);
        }
    }

    /// After anything was done to a connection: sends what waits, closes what is finished, watches
    /// for the rest.
    pub(super) fn settle(&mut self, id: ConnectionId, now: Timestamp) {
        let Some(socket) = self.sockets.find_mut(id) else {
            return;
        };
        if socket.connection.wants_to_send() {
            flush(&mut socket.connection, &socket.stream, &mut self.batch, now);
        }
        if socket.connection.is_drained() {
            socket.connection.resume();
            // Who is leaving for good gets no snapshot any more.
            let stays = matches!(socket.role, Role::Player { .. } | Role::Relayed(_));
            self.stats.total.resyncs += u64::from(stays);
            match socket.role {
                Role::Player { room, seat } => {
                    if let Some(slot) = self.rooms.find_mut(room) {
                        slot.room.resync(seat);
                    }
                }
                Role::Relayed(place) => self.relay_resync(place),
                Role::Visitor | Role::Parting => {}
            }
        }
        let socket = self.sockets.find_mut(id);
        if socket.is_some_and(|socket| socket.connection.is_finished()) {
            self.leave_room(id, false, now);
            self.sockets.remove(id);
            return;
        }
        self.sockets.watch(id, &self.limits);
    }
}
