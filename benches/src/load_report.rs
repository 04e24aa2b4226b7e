//! What `downbeat load --json` says, as far as benchmarks read it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::quantiles::Quantiles;

/// The figures of one run.
#[derive(Clone, Debug)]
pub struct LoadReport {
    /// Those that are read here.
    pub figures: LoadFigures,
    /// All of them, to be kept.
    pub raw: Value,
}

/// See `downbeat load`: the names are those of its JSON.
#[derive(Clone, Debug, Deserialize)]
#[allow(
    missing_docs,
    reason = "the names say it, and the generator documents them"
)]
pub struct LoadFigures {
    pub verdict: Verdict,
    #[serde(default)]
    pub reasons: Vec<String>,
    pub measured_s: f64,
    pub clients: Clients,
    pub patch_inter_arrival_ms: Distribution,
    pub input_to_state_ms: Distribution,
    pub patches_per_client_s: PerClient,
    pub bytes: Bytes,
    pub server: Server,
    pub errors: BTreeMap<String, u64>,
}

/// What the figures are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All clients played to the end.
    Valid,
    /// Some clients did not join, or did not stay.
    Incomplete,
    /// The generator was the limit: the figures say nothing of the server.
    Invalid,
}

/// Who came.
#[derive(Clone, Copy, Debug, Deserialize)]
#[allow(missing_docs, reason = "named like the generator's JSON")]
pub struct Clients {
    pub wanted: u32,
    pub joined: u32,
}

/// Percentiles.
#[derive(Clone, Copy, Debug, Deserialize)]
#[allow(missing_docs, reason = "named like the generator's JSON")]
pub struct Distribution {
    pub samples: u64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    #[serde(rename = "p99.9")]
    pub p999: f64,
    #[serde(rename = "p99.99")]
    pub p9999: f64,
    pub max: f64,
}

/// A figure of each client.
#[derive(Clone, Copy, Debug, Deserialize)]
#[allow(missing_docs, reason = "named like the generator's JSON")]
pub struct PerClient {
    pub mean: f64,
    pub min: f64,
}

/// Volumes, WebSocket frames included.
#[derive(Clone, Copy, Debug, Deserialize)]
#[allow(missing_docs, reason = "named like the generator's JSON")]
pub struct Bytes {
    pub in_per_client_s: f64,
    pub per_patch: f64,
}

/// The server's process, seen from outside.
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "named like the generator's JSON")]
pub struct Server {
    /// None if the process ended meanwhile.
    pub cpu: Option<ServerCpu>,
    pub memory: Option<ServerMemory>,
}

/// Percent of one core while it was measured.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[allow(missing_docs, reason = "named like the generator's JSON")]
pub struct ServerCpu {
    pub percent: f64,
    pub user_percent: f64,
    pub percent_per_1000_clients: f64,
}

/// Resident memory.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[allow(missing_docs, reason = "named like the generator's JSON")]
pub struct ServerMemory {
    pub before_kib: u64,
    pub after_kib: u64,
    pub per_client_kib: f64,
}

impl LoadReport {
    pub(crate) fn parse(text: &str) -> serde_json::Result<Self> {
        let raw: Value = serde_json::from_str(text)?;
        let figures = LoadFigures::deserialize(&raw)?;
        Ok(Self { figures, raw })
    }
}

impl From<Distribution> for Quantiles {
    fn from(from: Distribution) -> Self {
        Self {
            count: from.samples,
            p50: from.p50,
            p90: from.p90,
            p99: from.p99,
            p99_9: from.p999,
            p99_99: from.p9999,
            max: from.max,
        }
    }
}
