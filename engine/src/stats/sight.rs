//! What the monitor shows of a node: figures for people, per second rather than since the start.

use std::time::Duration;

use downbeat_schemas::id::ShardId;

use super::ShardStats;
use super::clerk::Books;
use super::history::{History, Moment};
use super::process::ProcessStats;
use super::shard_stats::Gauges;

/// All there is to see but the rooms one by one.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    /// Since the node started.
    pub(crate) uptime: Duration,
    pub(crate) resident_bytes: u64,
    pub(crate) memory_limit_bytes: u64,
    pub(crate) open_files: u64,
    pub(crate) open_files_max: u64,
    pub(crate) shards: Vec<ShardSight>,
    /// The newest, oldest first.
    pub(crate) moments: Vec<Moment>,
    /// Limits that were hit, and how often.
    pub(crate) limits_hit: Vec<LimitHit>,
}

/// A limit that was hit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LimitHit {
    pub(crate) limit: &'static str,
    /// Since the node started.
    pub(crate) times: u64,
    /// None for a limit of the kernel's.
    pub(crate) value: Option<u64>,
}

/// One shard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShardSight {
    pub(crate) shard: ShardId,
    /// Since it last told its figures.
    pub(crate) silence: Duration,
    /// Rooms of games, and clients in them.
    pub(crate) rooms: u64,
    pub(crate) clients: u64,
    pub(crate) connections: u64,
    pub(crate) rates: Rates,
}

/// What a shard does in a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rates {
    /// The part of the time in which it was not at rest, 0 to 1.
    pub(crate) busy: f64,
    /// The part of the time that it had its core.
    pub(crate) cpu: f64,
    pub(crate) received_messages: f64,
    pub(crate) sent_messages: f64,
    pub(crate) received_bytes: f64,
    pub(crate) sent_bytes: f64,
}

impl Rates {
    /// From what a shard told last to what it tells now.
    pub(super) fn between(before: &Gauges, full: &ShardStats) -> Self {
        let seconds = full.now.at.since(before.at).as_secs_f64();
        if seconds == 0.0 {
            return Self::default();
        }
        let (now, total) = (&full.now, &full.total);
        let cpu = now.cpu.saturating_sub(before.cpu);
        let rate = |count: u64| count as f64 / seconds;
        Self {
            busy: (total.busy.as_secs_f64() / seconds).min(1.0),
            cpu: (cpu.as_secs_f64() / seconds).min(1.0),
            received_messages: rate(total.received_messages),
            sent_messages: rate(total.sent_messages),
            received_bytes: rate(total.received_bytes),
            sent_bytes: rate(total.sent_bytes),
        }
    }
}

impl Sight {
    pub(super) fn new(books: &Books<'_>, history: &History, since: u64) -> Self {
        let uptime = Duration::from_nanos(books.now.0);
        let process = ProcessStats::read(uptime);
        let shards = (0..).map(ShardId).zip(books.accounts);
        let limits = &books.node.settings.limits;
        let hits = books.limits_hit().into_iter();
        let limits_hit = hits.filter(|(_, times)| *times > 0);
        let limits_hit = limits_hit.map(|(limit, times)| LimitHit {
            limit,
            times,
            value: limits.value(limit),
        });
        Self {
            uptime,
            resident_bytes: process.resident_bytes.unwrap_or(0),
            memory_limit_bytes: process.memory_limit_bytes.unwrap_or(0),
            open_files: process.open_files.unwrap_or(0),
            open_files_max: process.open_files_max.unwrap_or(0),
            shards: shards
                .map(|(shard, account)| {
                    let rooms = account.stats.rooms.iter();
                    let games = rooms.filter(|(name, _)| *name != crate::monitor::ROOM_NAME);
                    let (rooms, clients) = games.fold((0, 0), |(rooms, clients), (_, stats)| {
                        (rooms + stats.rooms, clients + stats.clients)
                    });
                    ShardSight {
                        shard,
                        silence: books.silence(account),
                        rooms,
                        clients,
                        connections: account.stats.now.connections,
                        rates: account.rates,
                    }
                })
                .collect(),
            moments: history.since(since),
            limits_hit: limits_hit.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use downbeat_schemas::time::Timestamp;

    use super::*;

    #[test]
    fn rates_are_by_the_time_that_passed_between_two_reports() {
        let before = Gauges {
            at: Timestamp(4_000_000_000),
            cpu: Duration::from_secs(3),
            ..Gauges::default()
        };
        let mut full = ShardStats::default();
        full.now.at = Timestamp(6_000_000_000);
        full.now.cpu = Duration::from_millis(3_500);
        full.total.busy = Duration::from_secs(1);
        full.total.sent_messages = 3;
        let rates = Rates::between(&before, &full);
        assert_eq!(
            (rates.busy, rates.cpu, rates.sent_messages),
            (0.5, 0.25, 1.5)
        );
        full.now.at = before.at;
        assert_eq!(Rates::between(&before, &full), Rates::default());
    }
}
