//! The figures as Prometheus text, exposition format 0.0.4.

use std::fmt::Write;

use downbeat_cluster::Counts;
use hdrhistogram::Histogram;

use super::{Counters, Gauges, ShardStats, TickMeter};
use crate::scribe::ScribeCounts;

/// Upper bounds of the buckets in microseconds: from a good tick to a lost one, in steps of about
/// the square root of two where ticks usually are, so that a quantile is known within that factor.
const BUCKETS_US: [u64; 24] = [
    25, 50, 75, 100, 150, 200, 300, 400, 500, 700, 1_000, 1_500, 2_000, 3_000, 4_000, 5_000, 7_000,
    10_000, 16_667, 25_000, 50_000, 100_000, 250_000, 1_000_000,
];

/// A family of metrics: name, help, and where its value is.
type Family<T> = (&'static str, &'static str, fn(&T) -> u64);

const GAUGES: [Family<Gauges>; 5] = [
    ("rooms", "Rooms now.", |now| now.rooms),
    ("clients", "Clients in rooms now.", |now| now.clients),
    ("connections", "Open sockets now.", |now| now.connections),
    ("jobs", "Matchmaking and other waiting work now.", |now| {
        now.jobs
    }),
    (
        "load_permille",
        "Tick time per wall time over the last second, thousandths of a core.",
        |now| now.load_permille,
    ),
];

const COUNTERS: [Family<Counters>; 10] = [
    ("connections_total", "Sockets accepted.", |total| {
        total.connections
    }),
    ("http_requests_total", "HTTP requests.", |total| {
        total.http_requests
    }),
    ("rooms_created_total", "Rooms created.", |total| {
        total.rooms_created
    }),
    (
        "rooms_failed_total",
        "Rooms closed because a hook panicked.",
        |total| total.rooms_failed,
    ),
    ("messages_in_total", "Messages of clients.", |total| {
        total.messages_in
    }),
    ("messages_out_total", "Messages to clients.", |total| {
        total.messages_out
    }),
    ("bytes_in_total", "Bytes read.", |total| total.bytes_in),
    ("bytes_out_total", "Bytes written.", |total| total.bytes_out),
    (
        "resyncs_total",
        "Slow readers that lost their queue and got a snapshot.",
        |total| total.resyncs,
    ),
    (
        "protocol_errors_total",
        "Connections closed for bytes that are no HTTP, WebSocket or message.",
        |total| total.protocol_errors,
    ),
];

const REGISTRY_GAUGES: [Family<Counts>; 4] = [
    ("registry_rooms", "Rooms in the registry.", |counts| {
        counts.rooms
    }),
    (
        "registry_holds",
        "Seats held for requests under way.",
        |counts| counts.holds,
    ),
    (
        "registry_tickets",
        "Requests that are creating a room.",
        |counts| counts.tickets,
    ),
    (
        "registry_waiting",
        "Requests that wait for another to create a room.",
        |counts| counts.waiting,
    ),
];

const SCRIBE_COUNTERS: [Family<ScribeCounts>; 3] = [
    ("captures_total", "Slow ticks captured.", |scribe| {
        scribe.captures
    }),
    (
        "recorded_bytes_total",
        "Bytes of recordings handed to the disk.",
        |scribe| scribe.recorded_bytes,
    ),
    (
        "scribe_jobs_dropped_total",
        "Captures and parts of recordings lost because the disk was too slow.",
        |scribe| scribe.jobs_dropped,
    ),
];

type LimitHits = (&'static str, fn(&Counts) -> u64);

/// Limits that the registry counts, under the names of the limits.
const REGISTRY_LIMITS: [LimitHits; 3] = [
    ("matchmake_timeout_ms", |counts| counts.holds_expired),
    ("create_timeout_ms", |counts| counts.tickets_expired),
    ("finds_waiting_max", |counts| counts.finds_refused),
];

const TICK_COUNTERS: [Family<TickMeter>; 3] = [
    ("ticks_total", "Ticks run.", |meter| meter.run),
    (
        "ticks_skipped_total",
        "Ticks left out for lateness.",
        |meter| meter.skipped,
    ),
    (
        "slow_ticks_total",
        "Ticks that took longer than slow_tick_ms.",
        |meter| meter.slow,
    ),
];

type HistogramFamily = (
    &'static str,
    &'static str,
    fn(&TickMeter) -> &Histogram<u32>,
);

const TICK_HISTOGRAMS: [HistogramFamily; 3] = [
    (
        "tick_start_lateness_seconds",
        "Actual minus scheduled start of a tick.",
        |meter| &meter.start_lateness,
    ),
    (
        "tick_duration_seconds",
        "End minus actual start.",
        |meter| &meter.duration,
    ),
    (
        "tick_completion_lateness_seconds",
        "End minus scheduled start.",
        |meter| &meter.completion_lateness,
    ),
];

/// All figures of a node: those of its shards, and those of its registry.
pub(crate) fn render(shards: &[ShardStats], registry: &Counts, scribe: ScribeCounts) -> String {
    let mut page = Page::default();
    page.shards(shards);
    page.registry(registry);
    page.scribe(scribe);
    page.limits(shards, registry);
    page.ticks(shards);
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn shards(&mut self, shards: &[ShardStats]) {
        for (name, help, value) in GAUGES {
            self.family(name, help, "gauge");
            for (shard, stats) in shards.iter().enumerate() {
                self.line(name, &format!("shard=\"{shard}\""), value(&stats.now));
            }
        }
        for (name, help, value) in COUNTERS {
            self.family(name, help, "counter");
            for (shard, stats) in shards.iter().enumerate() {
                self.line(name, &format!("shard=\"{shard}\""), value(&stats.total));
            }
        }
    }

    fn registry(&mut self, counts: &Counts) {
        for (name, help, value) in REGISTRY_GAUGES {
            self.family(name, help, "gauge");
            self.line(name, "", value(counts));
        }
    }

    fn scribe(&mut self, counts: ScribeCounts) {
        for (name, help, value) in SCRIBE_COUNTERS {
            self.family(name, help, "counter");
            self.line(name, "", value(&counts));
        }
    }

    fn limits(&mut self, shards: &[ShardStats], registry: &Counts) {
        let name = "limit_hits_total";
        self.family(name, "Times a limit was hit.", "counter");
        for (shard, stats) in shards.iter().enumerate() {
            for (limit, hits) in &stats.limits_hit {
                let labels = format!("shard=\"{shard}\",limit=\"{limit}\"");
                self.line(name, &labels, *hits);
            }
        }
        for (limit, hits) in REGISTRY_LIMITS {
            self.line(name, &format!("limit=\"{limit}\""), hits(registry));
        }
    }

    fn ticks(&mut self, shards: &[ShardStats]) {
        let meters: Vec<(String, &TickMeter)> = shards
            .iter()
            .enumerate()
            .flat_map(|(shard, stats)| {
                let meters = stats.ticks.iter();
                meters.map(move |(room, meter)| (tick_labels(shard, room), meter))
            })
            .collect();
        for (name, help, value) in TICK_COUNTERS {
            self.family(name, help, "counter");
            for (labels, meter) in &meters {
                self.line(name, labels, value(meter));
            }
        }
        for (name, help, histogram) in TICK_HISTOGRAMS {
            self.family(name, help, "histogram");
            for (labels, meter) in &meters {
                self.histogram(name, labels, histogram(meter));
            }
        }
    }

    fn histogram(&mut self, name: &str, labels: &str, histogram: &Histogram<u32>) {
        let (mut below, mut sum_ns, mut values) = (0, 0.0, histogram.iter_recorded().peekable());
        for bound_us in BUCKETS_US {
            while let Some(value) =
                values.next_if(|value| value.value_iterated_to() <= bound_us * 1_000)
            {
                below += value.count_since_last_iteration();
                sum_ns += weight_ns(
                    value.value_iterated_to(),
                    value.count_since_last_iteration(),
                );
            }
            let bound = bound_us as f64 / 1e6;
            self.line(
                &format!("{name}_bucket"),
                &format!("{labels},le=\"{bound}\""),
                below,
            );
        }
        for value in values {
            sum_ns += weight_ns(
                value.value_iterated_to(),
                value.count_since_last_iteration(),
            );
        }
        self.line(
            &format!("{name}_bucket"),
            &format!("{labels},le=\"+Inf\""),
            histogram.len(),
        );
        self.line(&format!("{name}_sum"), labels, sum_ns / 1e9);
        self.line(&format!("{name}_count"), labels, histogram.len());
    }

    fn family(&mut self, name: &str, help: &str, kind: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            self.text,
            "# HELP downbeat_{name} {help}\n# TYPE downbeat_{name} {kind}"
        );
    }

    fn line(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = if labels.is_empty() {
            writeln!(self.text, "downbeat_{name} {value}")
        } else {
            writeln!(self.text, "downbeat_{name}{{{labels}}} {value}")
        };
    }
}

fn tick_labels(shard: usize, room: &str) -> String {
    let room = room
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("shard=\"{shard}\",room=\"{room}\"")
}

fn weight_ns(value: u64, count: u64) -> f64 {
    value as f64 * count as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn buckets_rise_to_the_count() {
        let mut stats = ShardStats::default();
        let meter = stats.ticks.entry("a\"b".to_owned()).or_default();
        for late_us in [10, 60, 3_000, 2_000_000] {
            meter.record(Duration::from_micros(late_us), Duration::ZERO);
        }
        let text = render(&[stats], &Counts::default(), ScribeCounts::default());
        let labels = r#"{shard="0",room="a\"b",le="#;
        let name = "downbeat_tick_start_lateness_seconds_bucket";
        for (bound, count) in [
            ("0.00005", 1),
            ("0.000075", 2),
            ("0.005", 3),
            ("1", 3),
            ("+Inf", 4),
        ] {
            let line = format!("{name}{labels}\"{bound}\"}} {count}\n");
            assert!(text.contains(&line), "{line}\n{text}");
        }
    }
}
