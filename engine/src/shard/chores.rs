//! Once a second: timers of connections, figures, load.

use std::time::Duration;

use downbeat_cluster::Load;
use downbeat_net::Expired;
use downbeat_schemas::time::Timestamp;

use super::Shard;
use super::sockets::Role;

const EVERY: Duration = Duration::from_secs(1);

impl Shard {
    pub(super) fn chores(&mut self, now: Timestamp) {
        self.next_chores = now.after(EVERY);
        self.check_timers(now);
        self.report_load(now);
        self.desk.node.registry.expire(now);
        self.hand_over_all_recorded();
        self.publish_stats();
    }

    fn check_timers(&mut self, now: Timestamp) {
        for id in self.sockets.ids() {
            let Some(socket) = self.sockets.find_mut(id) else {
                continue;
            };
            let expired = socket.connection.check_timers(now, &self.limits);
            if let Some(expired) = expired {
                self.stats.limit_hit(limit_of(expired));
            }
            if expired.is_some() || self.wants_attention(id) {
                self.settle(id, now);
            }
        }
    }

    fn wants_attention(&mut self, id: downbeat_schemas::id::ConnectionId) -> bool {
        let socket = self.sockets.find_mut(id);
        socket.is_some_and(|socket| socket.connection.wants_to_send())
    }

    fn report_load(&mut self, now: Timestamp) {
        let wall = now.since(self.chores_at);
        let used = std::mem::take(&mut self.tick_time);
        self.chores_at = now;
        let rooms = u32::try_from(self.rooms.len()).unwrap_or(u32::MAX);
        let load = Load::new(used, wall, rooms);
        self.stats.now.load_permille = u64::from(load.ticks_ppm / 1_000);
        let location = self.desk.node.location(self.desk.shard);
        self.desk.node.registry.report_load(location, load);
    }

    fn publish_stats(&mut self) {
        self.stats.now.rooms = self.rooms.len() as u64;
        self.stats.now.connections = self.sockets.len() as u64;
        self.stats.now.clients = self
            .sockets
            .count(|role| matches!(role, Role::Player { .. }));
        self.stats.now.jobs = self.jobs.len() as u64;
        self.desk.node.board.publish(self.desk.shard, &self.stats);
    }
}

/// The limit that says how long to wait.
const fn limit_of(expired: Expired) -> &'static str {
    match expired {
        Expired::Header => "header_timeout_ms",
        Expired::KeepAlive => "keep_alive_timeout_ms",
        Expired::Idle => "idle_timeout_ms",
        Expired::SlowReader => "outbox_window_ms",
        Expired::Close => "close_timeout_ms",
    }
}
