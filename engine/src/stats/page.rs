//! All figures of a node as Prometheus text. docs/metrics.md says the same names, and a test
//! compares.

use std::collections::BTreeMap;
use std::time::Duration;

use downbeat_schemas::close::{CloseCode, MatchmakeCode};

use super::clerk::{Account, Books};
use super::process::ProcessStats;
use super::room_stats::RoomStats;
use super::text::{Kind, Label, Text};
use super::tick_meter::{TickMeter, Times};
use super::{cluster_page, redis_page};

/// Upper bounds of the buckets of ticks, nanoseconds.
///
/// What an operator asks is whether a tick was late by a tenth of its period, or by all of it: these
/// are bounds for rooms of 128, 60, 30, 20, 10, 5 and 1 Hz. Below and between, steps of about the
/// square root of two to two tell how far from it they are.
const BUCKETS_NS: [u64; 29] = [
    25_000,
    50_000,
    75_000,
    100_000,
    150_000,
    200_000,
    300_000,
    500_000,
    781_250,
    1_000_000,
    1_666_667,
    2_500_000,
    3_333_333,
    5_000_000,
    7_812_500,
    10_000_000,
    16_666_667,
    20_000_000,
    25_000_000,
    33_333_333,
    50_000_000,
    75_000_000,
    100_000_000,
    150_000_000,
    200_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
];

/// A family with one value of `T` for each shard, or for each shard and room type: name, kind, help,
/// and where the value is.
pub(super) type Family<T> = (&'static str, Kind, &'static str, fn(&T) -> f64);

const OF_SHARDS: [Family<Account>; 12] = [
    (
        "downbeat_shard_busy_seconds_total",
        Kind::Counter,
        "Time in which the shard was not at rest, by the clock.",
        |shard| shard.stats.total.busy.as_secs_f64(),
    ),
    (
        "downbeat_shard_cpu_seconds_total",
        Kind::Counter,
        "Processor time of the shard's thread. What it is less than the busy time, the machine gave to others.",
        |shard| shard.stats.now.cpu.as_secs_f64(),
    ),
    (
        "downbeat_connections",
        Kind::Gauge,
        "Open sockets.",
        |shard| shard.stats.now.connections as f64,
    ),
    (
        "downbeat_jobs",
        Kind::Gauge,
        "Matchmaking, authentication and games' own futures that wait.",
        |shard| shard.stats.now.jobs as f64,
    ),
    (
        "downbeat_connections_total",
        Kind::Counter,
        "Sockets accepted.",
        |shard| shard.stats.total.connections as f64,
    ),
    (
        "downbeat_http_requests_total",
        Kind::Counter,
        "HTTP requests, upgrades to WebSocket included.",
        |shard| shard.stats.total.http_requests as f64,
    ),
    (
        "downbeat_received_bytes_total",
        Kind::Counter,
        "Bytes read from sockets.",
        |shard| shard.stats.total.received_bytes as f64,
    ),
    (
        "downbeat_sent_bytes_total",
        Kind::Counter,
        "Bytes that sockets took.",
        |shard| shard.stats.total.sent_bytes as f64,
    ),
    (
        "downbeat_received_messages_total",
        Kind::Counter,
        "WebSocket messages of clients, control frames left out.",
        |shard| shard.stats.total.received_messages as f64,
    ),
    (
        "downbeat_sent_messages_total",
        Kind::Counter,
        "WebSocket messages to clients, one frame each; control frames left out.",
        |shard| shard.stats.total.sent_messages as f64,
    ),
    (
        "downbeat_resyncs_total",
        Kind::Counter,
        "Slow readers that lost their queue and got a snapshot.",
        |shard| shard.stats.total.resyncs as f64,
    ),
    (
        "downbeat_protocol_errors_total",
        Kind::Counter,
        "Connections closed for bytes that are no HTTP, WebSocket or message.",
        |shard| shard.stats.total.protocol_errors as f64,
    ),
];

const OF_ROOMS: [Family<RoomStats<u64>>; 14] = [
    ("downbeat_rooms", Kind::Gauge, "Rooms.", |rooms| {
        rooms.rooms as f64
    }),
    (
        "downbeat_clients",
        Kind::Gauge,
        "Clients with a connection in a room.",
        |rooms| rooms.clients as f64,
    ),
    (
        "downbeat_rooms_created_total",
        Kind::Counter,
        "Rooms created.",
        |rooms| rooms.total.created as f64,
    ),
    (
        "downbeat_panics_total",
        Kind::Counter,
        "Rooms closed because a hook panicked.",
        |rooms| rooms.total.panics as f64,
    ),
    (
        "downbeat_joins_total",
        Kind::Counter,
        "Clients that joined.",
        |rooms| rooms.total.joins as f64,
    ),
    (
        "downbeat_leaves_total",
        Kind::Counter,
        "Clients that left for good, for whatever reason.",
        |rooms| rooms.total.leaves as f64,
    ),
    (
        "downbeat_reconnections_total",
        Kind::Counter,
        "Clients that came back to their seat.",
        |rooms| rooms.total.reconnections as f64,
    ),
    (
        "downbeat_inputs_total",
        Kind::Counter,
        "Inputs handed to rooms.",
        |rooms| rooms.total.inputs as f64,
    ),
    (
        "downbeat_events_total",
        Kind::Counter,
        "Events sent by rooms, a broadcast counted once.",
        |rooms| rooms.total.events as f64,
    ),
    (
        "downbeat_topic_messages_total",
        Kind::Counter,
        "Messages of topics handed to rooms, counted for each room.",
        |rooms| rooms.total.messages as f64,
    ),
    (
        "downbeat_published_total",
        Kind::Counter,
        "Messages that rooms published to topics.",
        |rooms| rooms.total.published as f64,
    ),
    (
        "downbeat_ticks_total",
        Kind::Counter,
        "Ticks run.",
        |rooms| rooms.ticks.duration.histogram.len() as f64,
    ),
    (
        "downbeat_skipped_ticks_total",
        Kind::Counter,
        "Ticks left out because the room was later than catch_up_steps_max ticks.",
        |rooms| rooms.ticks.skipped as f64,
    ),
    (
        "downbeat_slow_ticks_total",
        Kind::Counter,
        "Ticks that took longer than slow_tick_ms.",
        |rooms| rooms.ticks.slow as f64,
    ),
];

type TicksFamily = (
    &'static str,
    &'static str,
    fn(&TickMeter<u64>) -> &Times<u64>,
);

const OF_TICKS: [TicksFamily; 3] = [
    (
        "downbeat_tick_lateness_seconds",
        "Actual minus scheduled start of a tick; the schedule is never rebased.",
        |ticks| &ticks.lateness,
    ),
    (
        "downbeat_tick_duration_seconds",
        "End minus actual start of a tick, sending included.",
        |ticks| &ticks.duration,
    ),
    (
        "downbeat_tick_completion_lateness_seconds",
        "End minus scheduled start of a tick.",
        |ticks| &ticks.completion_lateness,
    ),
];

/// Names that dashboards of Colyseus servers ask for; they have no shard there.
const OF_COLYSEUS: [Family<RoomStats<u64>>; 2] = [
    (
        "colyseus_room_count",
        Kind::Gauge,
        "Rooms, under the name that Colyseus dashboards know.",
        |rooms| rooms.rooms as f64,
    ),
    (
        "colyseus_room_clients",
        Kind::Gauge,
        "Clients in rooms, under the name that Colyseus dashboards know.",
        |rooms| rooms.clients as f64,
    ),
];

/// What somebody who is refused a seat may be told, by HTTP or in a close frame.
const REJECT_CODES: [u16; 14] = [
    MatchmakeCode::MalformedBody.code(),
    MatchmakeCode::Unavailable.code(),
    MatchmakeCode::UnknownName.code(),
    MatchmakeCode::NoRoomFits.code(),
    MatchmakeCode::UnknownRoomId.code(),
    MatchmakeCode::CreateFailed.code(),
    MatchmakeCode::SeatExpired.code(),
    MatchmakeCode::AuthFailed.code(),
    MatchmakeCode::JoinFailed.code(),
    CloseCode::UnknownRoom.code(),
    CloseCode::SeatExpired.code(),
    CloseCode::AuthFailed.code(),
    CloseCode::JoinRefused.code(),
    CloseCode::InternalError.code(),
];

pub(super) fn write(books: &Books<'_>) -> String {
    let mut text = Text::default();
    write_node(&mut text, books);
    write_shards(&mut text, books);
    write_rooms(&mut text, books);
    write_ticks(&mut text, books);
    write_worst(&mut text, books);
    write_patches(&mut text, books);
    write_refusals(&mut text, books);
    write_registry(&mut text, books);
    if let Some(cluster) = &books.node.cluster {
        let status = cluster.status();
        cluster_page::write(&mut text, books, &status);
        redis_page::write(&mut text, &status);
    }
    write_scribe(&mut text, books);
    write_process(&mut text, books);
    write_colyseus(&mut text, books);
    text.into_string()
}

fn write_node(text: &mut Text, books: &Books<'_>) {
    let name = "downbeat_info";
    text.family(
        name,
        Kind::Gauge,
        "1, with the version and the id of the node.",
    );
    let version: Label<'_> = ("version", &env!("CARGO_PKG_VERSION"));
    text.sample(name, &[version, ("process", &books.node.id)], 1);
    let name = "downbeat_tick_period_seconds";
    text.family(
        name,
        Kind::Gauge,
        "The time from one tick of a room to its next.",
    );
    for (room, definition) in &books.node.definitions {
        let period = 1.0 / f64::from(definition.room_type().tick_hz());
        text.sample(name, &[("room", room)], period);
    }
    let name = "downbeat_shard_silence_seconds";
    let help = "Since the shard last told its figures, which it does every second.";
    text.family(name, Kind::Gauge, help);
    for (shard, account) in books.accounts.iter().enumerate() {
        let silence = books.silence(account).as_secs_f64();
        text.sample(name, &[("shard", &shard)], silence);
    }
}

fn write_shards(text: &mut Text, books: &Books<'_>) {
    for (name, kind, help, value) in OF_SHARDS {
        text.family(name, kind, help);
        for (shard, account) in books.accounts.iter().enumerate() {
            text.sample(name, &[("shard", &shard)], value(account));
        }
    }
}

fn write_rooms(text: &mut Text, books: &Books<'_>) {
    for (name, kind, help, value) in OF_ROOMS {
        text.family(name, kind, help);
        for (shard, room, stats) in books.rooms() {
            text.sample(name, &[("shard", &shard), ("room", &room)], value(stats));
        }
    }
}

fn write_ticks(text: &mut Text, books: &Books<'_>) {
    for (name, help, times) in OF_TICKS {
        text.family(name, Kind::Histogram, help);
        for (shard, room, stats) in books.rooms() {
            let times = times(&stats.ticks);
            let labels: [Label<'_>; 2] = [("shard", &shard), ("room", &room)];
            let (sum, count) = (times.sum.as_secs_f64(), times.histogram.len());
            text.histogram(name, &labels, rising(times), sum, count);
        }
    }
}

fn write_worst(text: &mut Text, books: &Books<'_>) {
    let name = "downbeat_tick_completion_lateness_max_seconds";
    let help = "The longest completion lateness of the last half minute or minute.";
    text.family(name, Kind::Gauge, help);
    for (shard, account) in books.accounts.iter().enumerate() {
        for (room, worst) in &account.worst {
            let seen = worst.seen(books.now).as_secs_f64();
            text.sample(name, &[("shard", &shard), ("room", room)], seen);
        }
    }
}

/// Each bound in seconds, and how many times were not longer.
fn rising(times: &Times<u64>) -> impl Iterator<Item = (f64, u64)> {
    let mut values = times.histogram.iter_recorded().peekable();
    BUCKETS_NS.into_iter().scan(0, move |below, bound_ns| {
        while let Some(value) = values.next_if(|value| value.value_iterated_to() <= bound_ns) {
            *below += value.count_since_last_iteration();
        }
        Some((bound_ns as f64 / 1e9, *below))
    })
}

fn write_patches(text: &mut Text, books: &Books<'_>) {
    let name = "downbeat_patch_bytes";
    let help = "Size of a patch or snapshot of one client, without its frame head.";
    text.family(name, Kind::Histogram, help);
    for (shard, room, stats) in books.rooms() {
        let labels: [Label<'_>; 2] = [("shard", &shard), ("room", &room)];
        let rising = stats.patches.rising();
        let rising = rising.map(|(bound, below)| (bound as f64, below));
        let (bytes, count) = (stats.patches.bytes() as f64, stats.patches.count());
        text.histogram(name, &labels, rising, bytes, count);
    }
}

fn write_refusals(text: &mut Text, books: &Books<'_>) {
    let name = "downbeat_limit_hits_total";
    text.family(name, Kind::Counter, "Times a limit was hit, by its name.");
    for (limit, hits) in books.limits_hit() {
        text.sample(name, &[("limit", &limit)], hits);
    }
    let name = "downbeat_rejects_total";
    let help = "Those who were refused a seat, by the code they were told: of matchmaking, or of a close frame.";
    text.family(name, Kind::Counter, help);
    let mut rejects: BTreeMap<u16, u64> = REJECT_CODES.map(|code| (code, 0)).into();
    for (code, times) in books
        .accounts
        .iter()
        .flat_map(|account| &account.stats.rejects)
    {
        *rejects.entry(*code).or_default() += times;
    }
    for (code, times) in rejects {
        text.sample(name, &[("code", &code)], times);
    }
}

fn write_registry(text: &mut Text, books: &Books<'_>) {
    let registry = &books.registry;
    for (name, help, value) in [
        (
            "downbeat_registry_rooms",
            "Rooms in the registry.",
            registry.rooms,
        ),
        (
            "downbeat_registry_holds",
            "Seats held for requests under way.",
            registry.holds,
        ),
        (
            "downbeat_registry_tickets",
            "Requests that are creating a room.",
            registry.tickets,
        ),
        (
            "downbeat_registry_waiting",
            "Requests that wait for another to create a room.",
            registry.waiting,
        ),
    ] {
        text.family(name, Kind::Gauge, help);
        text.sample(name, &[], value);
    }
}

fn write_scribe(text: &mut Text, books: &Books<'_>) {
    let scribe = books.node.scribe.counts();
    for (name, help, value) in [
        (
            "downbeat_captures_total",
            "Slow ticks captured: those whose folder is whole.",
            scribe.captures,
        ),
        (
            "downbeat_captures_lost_total",
            "Slow ticks that were to be captured and are not: too much waited for the disk, or a file could not be written.",
            scribe.captures_lost,
        ),
        (
            "downbeat_recorded_bytes_total",
            "Bytes of recordings written.",
            scribe.recorded_bytes,
        ),
        (
            "downbeat_recordings_cut_total",
            "Recordings that lack their end, or were not made: too much waited for the disk, or a file could not be written.",
            scribe.recordings_cut,
        ),
    ] {
        text.family(name, Kind::Counter, help);
        text.sample(name, &[], value);
    }
}

/// Under the names that Prometheus' own clients use, but for the memory limit, which has none.
fn write_process(text: &mut Text, books: &Books<'_>) {
    let process = ProcessStats::read(Duration::from_nanos(books.now.0));
    let whole = |value: Option<u64>| value.map(|value| value as f64);
    for (name, kind, help, value) in [
        (
            "process_cpu_seconds_total",
            Kind::Counter,
            "Processor time of the process.",
            process.cpu_seconds,
        ),
        (
            "process_resident_memory_bytes",
            Kind::Gauge,
            "Memory that the process holds.",
            whole(process.resident_bytes),
        ),
        (
            "downbeat_memory_limit_bytes",
            Kind::Gauge,
            "Memory that the process may hold: the limit of its control group, else all of the machine.",
            whole(process.memory_limit_bytes),
        ),
        (
            "process_open_fds",
            Kind::Gauge,
            "Open file descriptors.",
            whole(process.open_files),
        ),
        (
            "process_max_fds",
            Kind::Gauge,
            "File descriptors that may be open.",
            whole(process.open_files_max),
        ),
        (
            "process_start_time_seconds",
            Kind::Gauge,
            "When the process started, since 1970.",
            process.started_at.map(|at| at.as_secs_f64()),
        ),
    ] {
        text.family(name, kind, help);
        if let Some(value) = value {
            text.sample(name, &[], value);
        }
    }
}

fn write_colyseus(text: &mut Text, books: &Books<'_>) {
    for (name, kind, help, value) in OF_COLYSEUS {
        text.family(name, kind, help);
        let mut by_room: BTreeMap<&str, f64> = BTreeMap::new();
        for (_, room, stats) in books.rooms() {
            *by_room.entry(room).or_default() += value(stats);
        }
        for (room, value) in by_room {
            text.sample(name, &[("room", &room)], value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_rise_to_the_count() {
        let mut ticks = TickMeter::<u64>::default();
        for late_us in [10, 60, 3_000, 4_000_000] {
            ticks.record(Duration::from_micros(late_us), Duration::ZERO);
        }
        let rising: Vec<(f64, u64)> = rising(&ticks.lateness).collect();
        for (bound, count) in [
            (0.000_025, 1),
            (0.000_05, 1),
            (0.000_075, 2),
            (0.003_333_333, 3),
            (2.5, 3),
        ] {
            assert!(rising.contains(&(bound, count)), "{bound}: {rising:?}");
        }
        assert!(BUCKETS_NS.is_sorted());
    }
}
