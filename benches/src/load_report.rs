//! What `downbeat load --json` says, as far as benchmarks read it.

use serde::Deserialize;
use serde_json::Value;

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

impl LoadReport {
    pub(crate) fn parse(text: &str) -> serde_json::Result<Self> {
        let raw: Value = serde_json::from_str(text)?;
        let figures = LoadFigures::deserialize(&raw)?;
        Ok(Self { figures, raw })
    }
}
