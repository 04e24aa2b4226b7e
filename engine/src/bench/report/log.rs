//! Interval logs of HdrHistogram (`.hlog`): a histogram for each second of a window.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{
    IntervalLogIterator, IntervalLogWriterBuilder, LogEntry, Tag,
};

use crate::bench::intervals::Interval;

/// The log as text. Values are nanoseconds, `max` is in milliseconds.
pub(crate) fn hlog(name: &str, intervals: &[Interval]) -> String {
    const NS_PER_MS: f64 = 1e6;
    let mut log = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    let mut builder = IntervalLogWriterBuilder::new();
    builder
        .add_comment(&format!(
            "[Logged by downbeat bench: {name}, values in nanoseconds]"
        ))
        .with_base_time(SystemTime::UNIX_EPOCH)
        .with_max_value_divisor(NS_PER_MS);
    let mut writer = builder
        .begin_log_with(&mut log, &mut serializer)
        .expect("a Vec takes all bytes");
    for interval in intervals {
        let length = interval.end.saturating_sub(interval.start);
        let histogram = in_nanoseconds(interval);
        let written = writer.write_histogram(&histogram, interval.start, length, Tag::new(name));
        written.expect("a Vec takes all bytes, and counts are serializable");
    }
    drop(writer);
    String::from_utf8(log).expect("a log is text")
}

/// The largest value of a log, read back; `None` if it is no log or is empty.
pub(crate) fn log_max_ms(log: &str) -> Option<f64> {
    let mut deserializer = Deserializer::new();
    let mut longest_ns = None;
    for entry in IntervalLogIterator::new(log.as_bytes()) {
        let LogEntry::Interval(interval) = entry.ok()? else {
            continue;
        };
        let bytes = STANDARD.decode(interval.encoded_histogram()).ok()?;
        let histogram: Histogram<u64> = deserializer.deserialize(&mut bytes.as_slice()).ok()?;
        longest_ns = longest_ns.max(Some(histogram.max()));
    }
    longest_ns.map(|ns| ns as f64 / 1e6)
}

/// One unit for all logs, whatever the meter counts in.
fn in_nanoseconds(interval: &Interval) -> Histogram<u64> {
    const LONGEST_NS: u64 = 60_000_000_000;
    const DIGITS: u8 = 3;
    let ns_per_value = (1e6 / interval.per_ms) as u64;
    let mut histogram =
        Histogram::new_with_bounds(1, LONGEST_NS, DIGITS).expect("the bounds are in order");
    for value in interval.histogram.iter_recorded() {
        let ns = value.value_iterated_to() * ns_per_value;
        histogram.saturating_record_n(ns, value.count_at_value());
    }
    histogram
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn second(number: u64, values_us: &[u64]) -> Interval {
        let mut histogram = Histogram::new_with_bounds(1, 60_000_000, 3).unwrap();
        for value in values_us {
            histogram.record(*value).unwrap();
        }
        Interval {
            start: Duration::from_secs(number),
            end: Duration::from_secs(number + 1),
            histogram,
            per_ms: 1e3,
        }
    }

    #[test]
    fn a_log_read_back_says_what_was_written() {
        let intervals = [second(0, &[50, 60]), second(1, &[200_000]), second(2, &[])];
        let log = hlog("input-to-state", &intervals);
        assert!(log.contains("Tag=input-to-state,"), "{log}");
        let entries = IntervalLogIterator::new(log.as_bytes()).map(Result::unwrap);
        let starts: Vec<_> = entries
            .filter_map(|entry| match entry {
                LogEntry::Interval(interval) => Some(interval.start_timestamp().as_secs()),
                _ => None,
            })
            .collect();
        assert_eq!(starts, [0, 1, 2]);
        let max_ms = log_max_ms(&log).unwrap();
        assert!((max_ms - 200.0).abs() < 0.5, "{max_ms}");
    }

    #[test]
    fn what_is_no_log_has_no_maximum() {
        assert_eq!(log_max_ms(""), None);
        assert_eq!(log_max_ms(&hlog("a", &[])), None);
        assert_eq!(log_max_ms("0.1,1.0,2.0,!!!\n"), None);
    }
}
