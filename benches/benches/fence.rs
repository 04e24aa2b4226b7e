//! What does it cost to know that a room may tick?

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use downbeat_cluster::Fence;
use downbeat_schemas::time::Timestamp;

fn fence(criterion: &mut Criterion) {
    let fence = Fence::shut();
    fence.set(Timestamp(u64::MAX / 2));
    let life = fence.life();
    // Before each tick and before each output.
    criterion.bench_function("fence/a check of lease and life", |bencher| {
        let mut now = 0;
        bencher.iter(|| {
            now += 1;
            black_box(fence.holds(black_box(Timestamp(now))) && fence.life() == life)
        });
    });
}

criterion_group!(benches, fence);
criterion_main!(benches);
