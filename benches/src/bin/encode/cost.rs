//! The clock beside a scene.

use std::hint::black_box;
use std::time::{Duration, Instant};

use downbeat_benches::quantiles::{Quantiles, histogram};
use downbeat_schemas::server::{RowsHead, RowsKind, Stamp};
use hdrhistogram::Histogram;
use serde::Serialize;

use crate::naive::Naive;
use crate::scene::Scene;
use crate::walker::Walker;

/// What the patches of one kind of room cost.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Cost {
    pub(crate) room: String,
    pub(crate) rooms: usize,
    /// In each room; each is also a client.
    pub(crate) entities: usize,
    pub(crate) visible_per_client: f64,
    pub(crate) head_bytes: usize,
    pub(crate) collect_per_entity_ns: Quantiles,
    pub(crate) compose_per_client_ns: Quantiles,
    pub(crate) copy_per_client_ns: Quantiles,
    pub(crate) naive_per_client_ns: Quantiles,
    pub(crate) patch_bytes: Quantiles,
    pub(crate) naive_bytes: Quantiles,
}

/// Snapshots, the first allocations, and cold caches are not what is asked about.
const WARMUP_PATCHES: u32 = 5;
/// Histograms hold whole numbers: picoseconds keep the digits of a few nanoseconds.
const PS: f64 = 1_000.0;

impl Cost {
    /// Makes so many patches of each scene.
    pub(crate) fn measure<C: Walker>(name: &str, scenes: &mut [Scene<C>], patches: u32) -> Self {
        let mut clock = Clock::new();
        for patch in 0..WARMUP_PATCHES + patches {
            for scene in &mut *scenes {
                clock.patch(scene);
            }
            if patch + 1 == WARMUP_PATCHES {
                clock.reset();
            }
        }
        clock.cost(name, scenes)
    }

    /// The naive way for all clients, over collecting and composing for all clients.
    pub(crate) fn factor(&self) -> f64 {
        // In these rooms there are as many entities as clients.
        let ours = self.collect_per_entity_ns.p50 + self.compose_per_client_ns.p50;
        self.naive_per_client_ns.p50 / ours
    }
}

struct Clock {
    head: RowsHead,
    snapshot_head: RowsHead,
    naive: Naive,
    /// The message of one client after the other.
    out: Vec<u8>,
    lens: Vec<usize>,
    pairs: u64,
    composed: u64,
    collect: Histogram<u64>,
    compose: Histogram<u64>,
    copy: Histogram<u64>,
    naive_pack: Histogram<u64>,
    patch_bytes: Histogram<u64>,
    naive_bytes: Histogram<u64>,
}

impl Clock {
    fn new() -> Self {
        Self {
            head: RowsHead::new(RowsKind::Patch),
            snapshot_head: RowsHead::new(RowsKind::Snapshot),
            naive: Naive::default(),
            out: Vec::new(),
            lens: Vec::new(),
            pairs: 0,
            composed: 0,
            collect: histogram(),
            compose: histogram(),
            copy: histogram(),
            naive_pack: histogram(),
            patch_bytes: histogram(),
            naive_bytes: histogram(),
        }
    }

    fn reset(&mut self) {
        *self = Self::new();
    }

    fn patch<C: Walker>(&mut self, scene: &mut Scene<C>) {
        scene.walk();
        let start = Instant::now();
        scene.collect();
        record(&mut self.collect, start.elapsed(), scene.viewers());
        self.compose(scene);
        self.copy(scene.viewers());
        self.pack_naively(scene);
    }

    fn compose<C: Walker>(&mut self, scene: &mut Scene<C>) {
        self.lens.clear();
        let start = Instant::now();
        for viewer in 0..scene.viewers() {
            self.out.clear();
            if let Some(composed) = scene.compose(viewer) {
                let head = match composed.kind {
                    RowsKind::Patch => &self.head,
                    RowsKind::Snapshot => &self.snapshot_head,
                };
                head.write(&mut self.out, Stamp::default(), composed.rows_len);
                for part in composed.parts {
                    self.out.extend_from_slice(part);
                }
            }
            black_box(&self.out);
            self.lens.push(self.out.len());
        }
        record(&mut self.compose, start.elapsed(), scene.viewers());
        for len in &self.lens {
            self.patch_bytes.saturating_record(*len as u64);
        }
    }

    /// Copies as many bytes as were just composed.
    fn copy(&mut self, viewers: usize) {
        let longest = self.lens.iter().max().copied().unwrap_or(0);
        let source = vec![1; longest];
        let start = Instant::now();
        for len in &self.lens {
            self.out.clear();
            self.out.extend_from_slice(&black_box(&source)[..*len]);
            black_box(&self.out);
        }
        record(&mut self.copy, start.elapsed(), viewers);
    }

    fn pack_naively<C: Walker>(&mut self, scene: &Scene<C>) {
        let visible = scene.visible();
        self.lens.clear();
        let start = Instant::now();
        for rows in &visible {
            self.out.clear();
            // The length is not known before the rows are packed; the head is as dear anyway.
            self.head.write(&mut self.out, Stamp::default(), 0);
            self.naive.put(&mut self.out, rows, &scene.state);
            black_box(&self.out);
            self.lens.push(self.out.len());
        }
        record(&mut self.naive_pack, start.elapsed(), scene.viewers());
        for len in &self.lens {
            self.naive_bytes.saturating_record(*len as u64);
        }
        self.pairs += visible.iter().map(|rows| rows.len() as u64).sum::<u64>();
        self.composed += visible.len() as u64;
    }

    fn cost<C: Walker>(&self, name: &str, scenes: &[Scene<C>]) -> Cost {
        Cost {
            room: name.to_owned(),
            rooms: scenes.len(),
            entities: scenes.first().map_or(0, Scene::viewers),
            visible_per_client: self.pairs as f64 / self.composed as f64,
            head_bytes: self.head.len(),
            collect_per_entity_ns: Quantiles::of(&self.collect, PS),
            compose_per_client_ns: Quantiles::of(&self.compose, PS),
            copy_per_client_ns: Quantiles::of(&self.copy, PS),
            naive_per_client_ns: Quantiles::of(&self.naive_pack, PS),
            patch_bytes: Quantiles::of(&self.patch_bytes, 1.0),
            naive_bytes: Quantiles::of(&self.naive_bytes, 1.0),
        }
    }
}

/// Records the share of each of `among`.
fn record(histogram: &mut Histogram<u64>, took: Duration, among: usize) {
    let ps = took.as_nanos() as f64 * PS / among as f64;
    histogram.saturating_record(ps as u64);
}
