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
pub(crate) struct Report {
    #[serde(flatten)]
    pub(crate) verdict: Verdict,
    pub(crate) version: &'static str,
    pub(crate) command: String,
    pub(crate) machine: Machine,
    pub(crate) room: String,
    pub(crate) rate_hz: f64,
    /// Of the window; shorter than asked for if the run was cut short.
    pub(crate) measured_s: f64,
    pub(crate) is_cut_short: bool,
    pub(crate) clients: Clients,
    pub(crate) patch_inter_arrival_ms: Distribution,
    pub(crate) patches_per_client_s: PerClient,
    pub(crate) input_to_state_ms: Distribution,
    /// Of the newest patch when a client acts.
    pub(crate) patch_age_ms: Distribution,
    /// From a client's turn to its snapshot.
    pub(crate) join_ms: Distribution,
    pub(crate) inputs: Inputs,
    pub(crate) bytes: Bytes,
    pub(crate) snapshots: u64,
    pub(crate) events: u64,
    pub(crate) generator: Generator,
    pub(crate) server: Option<Server>,
    pub(crate) errors: BTreeMap<String, u64>,
}

/// What of it `downbeat bench` says of clients who did the same.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PartyReport {
    pub(crate) clients: Clients,
    pub(crate) input_to_state_ms: Distribution,
    pub(crate) patch_inter_arrival_ms: Distribution,
    pub(crate) patch_age_ms: Distribution,
    pub(crate) join_ms: Distribution,
    pub(crate) patches_per_client_s: PerClient,
    pub(crate) inputs: Inputs,
    pub(crate) bytes: Bytes,
    pub(crate) own_send_lateness_ms: Distribution,
    pub(crate) own_read_lateness_ms: Distribution,
    pub(crate) errors: BTreeMap<String, u64>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Clients {
    pub(crate) wanted: u32,
    pub(crate) joined: u32,
    pub(crate) failed: u32,
    /// Left because they were told to, and came again.
    pub(crate) left: u32,
    pub(crate) rejoined: u32,
    pub(crate) closed_by_code: BTreeMap<u16, u32>,
}

/// Percentiles. Values are within 0.1 %.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Distribution {
    pub(crate) samples: u64,
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    #[serde(rename = "p99.9")]
    pub(crate) p999: f64,
    #[serde(rename = "p99.99")]
    pub(crate) p9999: f64,
    pub(crate) max: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct PerClient {
    pub(crate) mean: f64,
    /// Of the client that got the fewest.
    pub(crate) min: f64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Inputs {
    pub(crate) sent: u64,
    /// Sent, but no state contained them when the window closed.
    pub(crate) unanswered: u64,
    /// Not sent, because the server did not read those before.
    pub(crate) blocked: u64,
    /// Not sent, because the generator was too late.
    pub(crate) unsent: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Bytes {
    pub(crate) in_per_client_s: f64,
    pub(crate) out_per_client_s: f64,
    pub(crate) per_patch: f64,
}

/// What the generator says of itself.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Generator {
    pub(crate) send_lateness_ms: Distribution,
    pub(crate) read_lateness_ms: Distribution,
    /// Of one core.
    pub(crate) cpu_percent: Option<f64>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Server {
    pub(crate) cpu: Option<ServerCpu>,
    pub(crate) memory: Option<ServerMemory>,
}

/// Percent of one core, while it was measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ServerCpu {
    pub(crate) percent: f64,
    pub(crate) user_percent: f64,
    pub(crate) system_percent: f64,
    pub(crate) percent_per_1000_clients: f64,
    /// Each thread that used anything worth telling.
    pub(crate) threads: Vec<ThreadCpu>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ThreadCpu {
    pub(crate) name: String,
    pub(crate) id: u32,
    pub(crate) percent: f64,
}

/// Resident memory: the kernel's socket buffers are not in it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct ServerMemory {
    pub(crate) before_kib: u64,
    /// With all clients, when the window opened.
    pub(crate) after_kib: u64,
    pub(crate) per_client_kib: f64,
}

/// Threads below this are not told.
const THREAD_PERCENT_MIN: f64 = 0.05;

impl Report {
    pub(crate) fn new(
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
                left: census.left,
                rejoined: census.rejoined,
                closed_by_code: census.closed.clone(),
            },
            patch_inter_arrival_ms: Distribution::of(&meter.inter_arrival),
            patches_per_client_s: PerClient::of(&harvest.patches, measured_s),
            input_to_state_ms: Distribution::of(&meter.input_to_state),
            patch_age_ms: Distribution::of(&meter.patch_age),
            join_ms: Distribution::of(&meter.joins),
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

impl Report {
    /// Without what is of the whole run.
    pub(crate) fn into_party(self) -> PartyReport {
        PartyReport {
            clients: self.clients,
            input_to_state_ms: self.input_to_state_ms,
            patch_inter_arrival_ms: self.patch_inter_arrival_ms,
            patch_age_ms: self.patch_age_ms,
            join_ms: self.join_ms,
            patches_per_client_s: self.patches_per_client_s,
            inputs: self.inputs,
            bytes: self.bytes,
            own_send_lateness_ms: self.generator.send_lateness_ms,
            own_read_lateness_ms: self.generator.read_lateness_ms,
            errors: self.errors,
        }
    }
}

impl Distribution {
    /// Of a histogram of microseconds.
    pub(crate) fn of(histogram: &Histogram<u64>) -> Self {
        Self::scaled(histogram, 1e3)
    }

    /// Of a histogram that counts so many to a millisecond.
    pub(crate) fn scaled(histogram: &Histogram<u64>, per_ms: f64) -> Self {
        if histogram.is_empty() {
            return Self::default();
        }
        let ms = |value: u64| value as f64 / per_ms;
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
