//! The figures of a run, ready to be shown.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::args::LoadArgs;
use super::machine::Machine;
use super::process::Usage;
use super::run::{Harvest, Span};
use super::verdict::Verdict;

/// All that a run says; as JSON it is this struct.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    #[serde(flatten)]
    pub(super) verdict: Verdict,
    pub(super) version: &'static str,
    pub(super) command: String,
    pub(super) machine: Machine,
    pub(super) room: String,
    pub(super) rate_hz: f64,
    /// Of the window; shorter than asked for if the run was cut short.
    pub(super) measured_s: f64,
    pub(super) is_cut_short: bool,
    pub(super) clients: Clients,
    pub(super) patch_inter_arrival_ms: Distribution,
    pub(super) patches_per_client_s: PerClient,
    pub(super) input_to_state_ms: Distribution,
    pub(super) inputs: Inputs,
    pub(super) bytes: Bytes,
    pub(super) snapshots: u64,
    pub(super) events: u64,
    pub(super) generator: Generator,
    pub(super) server: Option<Server>,
    pub(super) errors: BTreeMap<String, u64>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Clients {
    pub(super) wanted: u32,
    pub(super) joined: u32,
    pub(super) failed: u32,
    pub(super) closed_by_code: BTreeMap<u16, u32>,
}

/// Percentiles. Values are within 0.1 %.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Distribution {
    pub(super) samples: u64,
    pub(super) p50: f64,
    pub(super) p90: f64,
    pub(super) p99: f64,
    #[serde(rename = "p99.9")]
    pub(super) p999: f64,
    #[serde(rename = "p99.99")]
    pub(super) p9999: f64,
    pub(super) max: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct PerClient {
    pub(super) mean: f64,
    /// Of the client that got the fewest.
    pub(super) min: f64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Inputs {
    pub(super) sent: u64,
    /// Sent, but no state contained them when the window closed.
    pub(super) unanswered: u64,
    /// Not sent, because the server did not read those before.
    pub(super) blocked: u64,
    /// Not sent, because the generator was too late.
    pub(super) unsent: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Bytes {
    pub(super) in_per_client_s: f64,
    pub(super) out_per_client_s: f64,
    pub(super) per_patch: f64,
}

/// What the generator says of itself.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Generator {
    pub(super) send_lateness_ms: Distribution,
    pub(super) read_lateness_ms: Distribution,
    /// Of one core.
    pub(super) cpu_percent: Option<f64>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Server {
    pub(super) cpu: Option<ServerCpu>,
    pub(super) memory: Option<ServerMemory>,
}

/// Percent of one core, while it was measured.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ServerCpu {
    pub(super) percent: f64,
    pub(super) user_percent: f64,
    pub(super) system_percent: f64,
    pub(super) percent_per_1000_clients: f64,
    /// Each thread that used anything worth telling.
    pub(super) threads: Vec<ThreadCpu>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct ThreadCpu {
    pub(super) name: String,
    pub(super) id: u32,
    pub(super) percent: f64,
}

/// Resident memory: the kernel's socket buffers are not in it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct ServerMemory {
    pub(super) before_kib: u64,
    /// With all clients, when the window opened.
    pub(super) after_kib: u64,
    pub(super) per_client_kib: f64,
}

/// Threads below this are not told.
const THREAD_PERCENT_MIN: f64 = 0.05;

impl Report {
    pub(super) fn new(
        args: &LoadArgs,
        machine: Machine,
        command: String,
        harvest: &Harvest,
    ) -> Self {
        let Harvest { meter, census, .. } = harvest;
        let measured_s = meter.window.seconds();
        let players = harvest.patches.len() as f64;
        Self {
            verdict: Verdict::new(meter, census),
            version: env!("CARGO_PKG_VERSION"),
            command,
            machine,
            room: args.room.clone(),
            rate_hz: if args.idle { 0.0 } else { args.rate },
            measured_s,
            is_cut_short: harvest.is_cut_short,
            clients: Clients {
                wanted: census.wanted,
                joined: census.joined,
                failed: census.failed,
                closed_by_code: census.closed.clone(),
            },
            patch_inter_arrival_ms: Distribution::of(&meter.inter_arrival),
            patches_per_client_s: PerClient::of(&harvest.patches, measured_s),
            input_to_state_ms: Distribution::of(&meter.input_to_state),
            inputs: Inputs {
                sent: meter.counts.inputs,
                unanswered: meter.counts.inputs_unanswered,
                blocked: meter.counts.inputs_blocked,
                unsent: meter.counts.inputs_unsent,
            },
            bytes: Bytes {
                in_per_client_s: ratio(meter.counts.bytes_in as f64, players * measured_s),
                out_per_client_s: ratio(meter.counts.bytes_out as f64, players * measured_s),
                per_patch: ratio(meter.counts.patch_bytes as f64, meter.counts.patches as f64),
            },
            snapshots: meter.counts.snapshots,
            events: meter.counts.events,
            generator: Generator {
                send_lateness_ms: Distribution::of(&meter.send_lateness),
                read_lateness_ms: Distribution::of(&meter.read_lateness),
                cpu_percent: harvest
                    .generator
                    .used()
                    .map(|cpu| percent(cpu.total_s(), measured_s)),
            },
            server: harvest.server.as_ref().map(|span| Server {
                cpu: ServerCpu::of(span, measured_s, players),
                memory: ServerMemory::of(span, players),
            }),
            errors: meter.faults.counts.clone(),
        }
    }
}

impl Distribution {
    fn of(histogram: &Histogram<u64>) -> Self {
        if histogram.is_empty() {
            return Self::default();
        }
        let ms = |us: u64| us as f64 / 1e3;
        let at = |quantile| ms(histogram.value_at_quantile(quantile));
        Self {
            samples: histogram.len(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            p9999: at(0.9999),
            max: ms(histogram.max()),
        }
    }
}

impl PerClient {
    fn of(counts: &[u32], seconds: f64) -> Self {
        let sum: u64 = counts.iter().copied().map(u64::from).sum();
        let min = counts.iter().min().copied().unwrap_or(0);
        Self {
            mean: ratio(sum as f64, counts.len() as f64 * seconds),
            min: ratio(f64::from(min), seconds),
        }
    }
}

impl ServerCpu {
    fn of(span: &Span, seconds: f64, players: f64) -> Option<Self> {
        let used = span.used()?;
        let total_percent = percent(used.total_s(), seconds);
        Some(Self {
            percent: total_percent,
            user_percent: percent(used.user_s, seconds),
            system_percent: percent(used.system_s, seconds),
            percent_per_1000_clients: ratio(total_percent * 1_000.0, players),
            threads: threads(span.opened.as_ref()?, span.closed.as_ref()?, seconds),
        })
    }
}

impl ServerMemory {
    fn of(span: &Span, players: f64) -> Option<Self> {
        let before_kib = span.before.as_ref()?.rss_kib;
        let after_kib = span.opened.as_ref()?.rss_kib;
        Some(Self {
            before_kib,
            after_kib,
            per_client_kib: ratio(after_kib as f64 - before_kib as f64, players),
        })
    }
}

/// The busiest threads first.
fn threads(opened: &Usage, closed: &Usage, seconds: f64) -> Vec<ThreadCpu> {
    let mut threads: Vec<_> = closed
        .threads
        .iter()
        .map(|thread| {
            let before = opened.threads.iter().find(|before| before.id == thread.id);
            let used = thread
                .cpu
                .since(before.map_or_else(Default::default, |before| before.cpu));
            ThreadCpu {
                name: thread.name.clone(),
                id: thread.id,
                percent: percent(used.total_s(), seconds),
            }
        })
        .filter(|thread| thread.percent >= THREAD_PERCENT_MIN)
        .collect();
    threads.sort_by(|a, b| b.percent.total_cmp(&a.percent));
    threads
}

fn percent(used_s: f64, seconds: f64) -> f64 {
    ratio(used_s * 100.0, seconds)
}

/// Zero where there is nothing to divide by: JSON knows no NaN.
fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::super::process::{CpuTime, ThreadUsage};
    use super::*;

    fn usage(user_s: f64, rss_kib: u64) -> Option<Usage> {
        let cpu = CpuTime {
            user_s,
            system_s: 1.0,
        };
        let shard = ThreadUsage {
            id: 7,
            name: "shard 0".into(),
            cpu,
        };
        Some(Usage {
            cpu,
            rss_kib,
            threads: vec![shard],
        })
    }

    #[test]
    fn a_server_is_reported_per_client() {
        let span = Span {
            before: usage(0.0, 30_000),
            opened: usage(1.0, 34_000),
            closed: usage(3.0, 34_100),
        };
        let cpu = ServerCpu::of(&span, 10.0, 500.0).unwrap();
        assert_eq!((cpu.percent, cpu.user_percent), (20.0, 20.0));
        assert_eq!(cpu.percent_per_1000_clients, 40.0);
        assert_eq!((cpu.threads.len(), cpu.threads[0].percent), (1, 20.0));
        assert_eq!(ServerMemory::of(&span, 500.0).unwrap().per_client_kib, 8.0);
    }

    #[test]
    fn a_server_that_is_gone_has_no_figures() {
        let span = Span {
            before: usage(0.0, 30_000),
            ..Span::default()
        };
        assert!(ServerCpu::of(&span, 10.0, 500.0).is_none());
        assert!(ServerMemory::of(&span, 500.0).is_none());
    }

    #[test]
    fn the_client_with_the_fewest_patches_shows() {
        let found = PerClient::of(&[200, 200, 100], 10.0);
        assert!((found.mean - 16.67).abs() < 0.01);
        assert_eq!(found.min, 10.0);
        assert_eq!(PerClient::of(&[], 0.0), PerClient::default());
    }
}
