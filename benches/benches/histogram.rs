//! What does it cost to measure a tick?

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use hdrhistogram::Histogram;

/// The range and the digits of a shard's tick histograms.
const LOWEST_NS: u64 = 1_000;
const HIGHEST_NS: u64 = 60_000_000_000;
const DIGITS: u8 = 2;

fn histogram(criterion: &mut Criterion) {
    let empty = || {
        let histogram = Histogram::<u32>::new_with_bounds(LOWEST_NS, HIGHEST_NS, DIGITS);
        histogram.expect("the bounds are in order")
    };
    let mut group = criterion.benchmark_group("histogram");
    // Start lateness, duration, completion lateness.
    group.bench_function("a tick in three histograms", |bencher| {
        let mut times = [empty(), empty(), empty()];
        let mut tick = 0;
        bencher.iter(|| {
            tick += 1;
            for (time_ns, histogram) in (1_u64..).zip(&mut times) {
                histogram.saturating_record(black_box(time_ns * 40_000 + tick % 1_000 * 977));
            }
        });
    });
    // Once a second, on another thread.
    group.bench_function("adding up a second of a thousand rooms", |bencher| {
        let mut second = empty();
        for tick in 0..20_000_u64 {
            second.saturating_record(tick * 2_003);
        }
        let mut total = empty();
        bencher.iter(|| {
            total.add(black_box(&second)).expect("the bounds are equal");
        });
    });
}

criterion_group!(benches, histogram);
criterion_main!(benches);
