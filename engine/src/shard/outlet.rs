//! From rooms to sockets.

use downbeat_core::host::Outlet;
use downbeat_net::Delivery;
use downbeat_net::socket::{Batch, flush, send_message};
use downbeat_presence::Presence;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::ConnectionId;
use downbeat_schemas::limits::Limits;
use downbeat_schemas::part::Part;
use downbeat_schemas::time::Timestamp;

use super::hubs::{Relayed, is_relayed};
use super::sockets::{Role, Sockets};
use crate::stats::ShardStats;

/// The outboxes of a shard, as one room sees them during a flush.
pub(super) struct SocketOutlet<'a> {
    pub(super) sockets: &'a mut Sockets,
    /// The room's clients at other nodes.
    pub(super) relayed: Option<&'a mut Relayed>,
    pub(super) stats: &'a mut ShardStats,
    pub(super) batch: &'a mut Batch,
    pub(super) limits: &'a Limits,
    pub(super) now: Timestamp,
    pub(super) presence: &'a Presence,
    /// Connections whose socket did not take all: to be looked at when the room is done.
    pub(super) troubled: &'a mut Vec<(ConnectionId, Delivery)>,
}

impl Outlet for SocketOutlet<'_> {
    fn send(&mut self, to: ConnectionId, parts: &[Part<'_>]) {
        if is_relayed(to) {
            let sent = self.relayed.as_mut().map(|relayed| relayed.send(to, parts));
            self.stats.total.sent_messages += u64::from(sent == Some(true));
            return;
        }
        let Some(socket) = self.sockets.find_mut(to) else {
            return;
        };
        let connection = &mut socket.connection;
        let delivery = send_message(
            connection,
            &socket.stream,
            self.batch,
            parts,
            self.limits,
            self.now,
        );
        match delivery {
            Delivery::Sent => {}
            Delivery::Skipped => return,
            _ => self.troubled.push((to, delivery)),
        }
        self.stats.total.sent_messages += 1;
    }

    fn publish(&mut self, topic: &str, payload: &[u8]) {
        // The room checked the sizes; that too many wait for the store is counted by presence.
        let _ = self.presence.tell(topic, payload);
    }

    fn close(&mut self, to: ConnectionId, code: CloseCode, reason: &str) {
        if is_relayed(to) {
            if let Some(relayed) = &mut self.relayed {
                relayed.close(to, code, reason);
            }
            return;
        }
        let Some(socket) = self.sockets.find_mut(to) else {
            return;
        };
        socket.role = Role::Parting;
        socket.connection.close(code, reason, self.now);
        flush(&mut socket.connection, &socket.stream, self.batch, self.now);
        self.troubled.push((to, Delivery::Queued));
    }
}
