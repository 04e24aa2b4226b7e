//! What does one more watcher of a group cost, and one more group of a watcher?
//!
//! The rows are packed before the clock runs: what is measured is paid per viewer.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use downbeat_benches::crowd::Crowd;
use downbeat_core::{Replicator, Viewer};
use downbeat_schemas::limits::Limits;

/// Players, each of whom is a viewer.
const PLAYERS: [u64; 3] = [50, 500, 5_000];
/// Groups that each watches, of the ninety that there are: one is an arena, nine are a cell of a
/// world and those around it.
const WATCHED: [u32; 3] = [1, 3, 9];
const GROUPS: u32 = 90;

fn fan_out(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fan_out");
    for watched in WATCHED {
        for players in PLAYERS {
            group.throughput(Throughput::Elements(players));
            let id = BenchmarkId::new(format!("{watched} groups a viewer"), players);
            group.bench_function(id, |bencher| {
                let mut room = Room::new(players, watched);
                bencher.iter_custom(|patches| (0..patches).map(|_| room.patch()).sum());
            });
        }
    }
}

struct Room {
    crowd: Crowd,
    replicator: Replicator,
    viewers: Vec<Viewer>,
}

impl Room {
    fn new(players: u64, watched: u32) -> Self {
        let mut replicator = Replicator::new(&Limits::default());
        let watch = |number| {
            let viewer = replicator.add_viewer();
            for next in 0..u64::from(watched) {
                let group = Crowd::group(number + next, GROUPS);
                let watched = replicator.watch(viewer, group);
                watched.expect("nine groups are fewer than watches_max");
            }
            viewer
        };
        let mut room = Self {
            crowd: Crowd::new(players, GROUPS),
            viewers: (0..players).map(watch).collect(),
            replicator,
        };
        // The first is a snapshot.
        room.patch();
        room
    }

    /// How long it takes to compose a patch for all viewers.
    fn patch(&mut self) -> Duration {
        self.crowd.walk(self.viewers.len() as u64);
        self.replicator.collect(&mut self.crowd);
        let start = Instant::now();
        for viewer in &self.viewers {
            black_box(self.replicator.compose(&self.crowd, *viewer));
        }
        start.elapsed()
    }
}

criterion_group!(benches, fan_out);
criterion_main!(benches);
