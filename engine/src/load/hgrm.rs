//! Histograms as percentile files, which HdrHistogram's plotter and many others read.

use std::fmt::Write;
use std::io;
use std::path::Path;

use hdrhistogram::Histogram;

use super::meter::Meter;

/// Lines per halving of the distance to 100 %.
const TICKS_PER_HALF: u32 = 5;

/// Writes all histograms of `meter` into `dir`, which is made if it is missing.
///
/// # Errors
/// The directory or a file cannot be written.
pub(crate) fn write_all(dir: &Path, meter: &Meter) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    for (name, histogram) in [
        ("patch-inter-arrival", &meter.inter_arrival),
        ("input-to-state", &meter.input_to_state),
        ("generator-send-lateness", &meter.send_lateness),
        ("generator-read-lateness", &meter.read_lateness),
    ] {
        let text = percentiles(histogram, US_PER_MS);
        std::fs::write(dir.join(name).with_extension("hgrm"), text)?;
    }
    Ok(())
}

/// Microseconds, which the clients are measured in.
const US_PER_MS: f64 = 1e3;

/// In milliseconds, of each of which the histogram counts `per_ms`.
pub(crate) fn percentiles(histogram: &Histogram<u64>, per_ms: f64) -> String {
    let ms = |value: f64| value / per_ms;
    let mut text = String::from("       Value     Percentile TotalCount 1/(1-Percentile)\n\n");
    let mut lines = || {
        let mut total = 0;
        for step in histogram.iter_quantiles(TICKS_PER_HALF) {
            total += step.count_since_last_iteration();
            let (value, quantile) = (
                ms(step.value_iterated_to() as f64),
                step.quantile_iterated_to(),
            );
            let inverse = 1.0 / (1.0 - quantile);
            match inverse.is_finite() {
                true => writeln!(
                    text,
                    "{value:12.3} {quantile:2.12} {total:10} {inverse:14.2}"
                )?,
                false => writeln!(text, "{value:12.3} {quantile:2.12} {total:10}")?,
            }
        }
        let (mean, deviation) = (ms(histogram.mean()), ms(histogram.stdev()));
        let (max, count) = (ms(histogram.max() as f64), histogram.len());
        let (buckets, values) = (histogram.buckets(), histogram.distinct_values());
        writeln!(
            text,
            "#[Mean    = {mean:12.3}, StdDeviation   = {deviation:12.3}]"
        )?;
        writeln!(text, "#[Max     = {max:12.3}, Total count    = {count:12}]")?;
        writeln!(
            text,
            "#[Buckets = {buckets:12}, SubBuckets     = {values:12}]"
        )
    };
    lines().expect("a String takes all text");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_line_per_percentile() {
        let mut histogram = Histogram::new_with_bounds(1, 60_000_000, 3).unwrap();
        (1..=1_000).for_each(|ms| histogram.record(ms * 1_000).unwrap());
        let text = percentiles(&histogram, US_PER_MS);
        let lines: Vec<_> = text.lines().collect();
        let half = lines
            .iter()
            .find(|line| line.contains(" 0.500000000000 "))
            .unwrap();
        let words: Vec<_> = half.split_whitespace().collect();
        assert!(words[0].starts_with("500."), "{half}");
        assert_eq!(words[2..], ["500", "2.00"]);
        assert!(lines[lines.len() - 2].contains("Total count    =         1000"));
        assert!(percentiles(&Histogram::new(3).unwrap(), US_PER_MS).contains("Total count"));
    }
}
