//! What does it cost to find out what changed, and does it grow with the rows that changed or with
//! those that there are?

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use downbeat_benches::crowd::Crowd;
use downbeat_core::Replicate;

/// Rows, and how many of them change in each patch.
const CASES: [(u64, u64); 5] = [
    (50, 50),
    (1_000, 50),
    (1_000, 1_000),
    (8_000, 50),
    (8_000, 8_000),
];

fn change_set(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("change_set");
    for (rows, changed) in CASES {
        group.throughput(Throughput::Elements(changed));
        let id = BenchmarkId::from_parameter(format!("{changed} of {rows} rows"));
        group.bench_function(id, |bencher| {
            let mut crowd = Crowd::new(rows, 1);
            collect(&mut crowd);
            bencher.iter_custom(|patches| {
                (0..patches)
                    .map(|_| {
                        crowd.walk(changed);
                        let start = Instant::now();
                        assert_eq!(collect(&mut crowd), changed);
                        start.elapsed()
                    })
                    .sum::<Duration>()
            });
        });
    }
}

fn collect(crowd: &mut Crowd) -> u64 {
    let mut changes = 0;
    crowd.table_mut(0).collect(&mut |group, slot, kind| {
        black_box((group, slot, kind));
        changes += 1;
    });
    changes
}

criterion_group!(benches, change_set);
criterion_main!(benches);
