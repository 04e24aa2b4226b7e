//! Percentiles, never a mean alone.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::table::figure;

/// The percentiles of one measurement, in the unit that the field's name says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the percentiles")]
pub struct Quantiles {
    /// How many values there were.
    pub count: u64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p99_9: f64,
    pub p99_99: f64,
    pub max: f64,
}

/// The heads of the columns that [`Quantiles::cells`] fills.
pub const COLUMNS: [&str; 6] = ["p50", "p90", "p99", "p99.9", "p99.99", "max"];

impl Quantiles {
    /// Of a histogram whose values are `scale` times as large as the unit wanted.
    pub fn of(histogram: &Histogram<u64>, scale: f64) -> Self {
        let at = |quantile| histogram.value_at_quantile(quantile) as f64 / scale;
        Self {
            count: histogram.len(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p99_9: at(0.999),
            p99_99: at(0.9999),
            max: histogram.max() as f64 / scale,
        }
    }

    /// The percentiles as text, in the order of [`COLUMNS`].
    pub fn cells(&self) -> [String; 6] {
        [
            self.p50,
            self.p90,
            self.p99,
            self.p99_9,
            self.p99_99,
            self.max,
        ]
        .map(figure)
    }
}

/// A histogram from 1 to a minute of nanoseconds, three digits. What is larger counts as that.
pub fn histogram() -> Histogram<u64> {
    const MINUTE_NS: u64 = 60_000_000_000;
    Histogram::new_with_bounds(1, MINUTE_NS, 3).expect("the bounds are in order")
}
