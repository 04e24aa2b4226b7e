//! Once a second: timers of connections, figures, load.

use std::time::Duration;

use downbeat_cluster::Load;
use downbeat_net::Expired;
use downbeat_schemas::time::Timestamp;

use super::Shard;
use super::sockets::Role;

const EVERY: Duration = Duration::from_secs(1);
/// How often one of many nodes tells its load while it has something to do: two ticks of 20 Hz.
const LOAD_EVERY: Duration = Duration::from_millis(100);

impl Shard {
    pub(super) fn chores(&mut self, now: Timestamp) {
        self.next_chores = now.after(EVERY);
        self.check_timers(now);
        self.report_load(now);
        self.desk.node.registry.expire(now);
        self.topics.try_again();
        // In case the word of them found the queue full.
        self.hear_topics(now);
        self.desk.node.queues.expire(now);
        self.hand_over_all_recorded(now);
        self.hand_over_stats(now);
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

    /// Other nodes place rooms by what a shard told a moment ago; a shard that sleeps has no news.
    pub(super) fn report_load_if_due(&mut self, now: Timestamp) {
        let is_one_of_many = self.desk.node.post.is_some();
        if is_one_of_many && now.since(self.load_at) >= LOAD_EVERY {
            self.report_load(now);
        }
    }

    fn report_load(&mut self, now: Timestamp) {
        let wall = now.since(self.load_at);
        let used = std::mem::take(&mut self.tick_time);
        self.load_at = now;
        let rooms = u32::try_from(self.rooms.len()).unwrap_or(u32::MAX);
        let load = Load::new(used, wall, rooms);
        let location = self.desk.node.location(self.desk.shard);
        self.desk.node.registry.report_load(location, load);
    }

    fn hand_over_stats(&mut self, now: Timestamp) {
        if !self.desk.node.settings.metrics {
            return;
        }
        // Of the whole node; whichever shard comes first counts them.
        for (limit, times) in self.desk.node.presence.take_limit_hits() {
            self.stats.limits_hit_by(limit, times);
        }
        self.stats.now.at = now;
        self.stats.now.connections = self.sockets.len() as u64;
        self.stats.now.jobs = self.jobs.len() as u64;
        self.stats.now.cpu = thread_cpu();
        self.stats.total.sent_bytes += self.batch.take_sent_bytes();
        self.count_rooms(now);
        self.count_edges();
        let board = &self.desk.node.board;
        board.hand_over(self.desk.shard, &mut self.stats);
    }

    fn count_rooms(&mut self, now: Timestamp) {
        self.stats.forget_rooms();
        for role in self.sockets.roles() {
            if let Role::Player { room, .. } = role
                && let Some(slot) = self.rooms.find_mut(room)
            {
                slot.clients += 1;
            }
        }
        self.stats.now.relayed_clients = 0;
        for slot in self.rooms.iter_mut() {
            if let Some(relayed) = &mut slot.relayed {
                self.stats.now.relayed_clients += relayed.clients() as u64;
                slot.clients += relayed.clients() as u64;
                self.stats.relay.owner.add(relayed.take_counters());
            }
            let room = self.stats.room(slot.definition.room_type().name());
            room.rooms += 1;
            room.clients += std::mem::take(&mut slot.clients);
            slot.meter.take_if(|meter| meter.until <= now);
        }
    }
}

/// Processor time of this thread since its start.
fn thread_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    // It counts from zero and never back.
    Duration::try_from(time).unwrap_or_default()
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
