//! What does a change set cost as bytes, in each dialect?

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use downbeat_benches::crowd::Crowd;
use downbeat_core::change::{Change, ChangeKind, ChangeSet};
use downbeat_core::encode::{Dialect, Native};
use downbeat_core::{GroupId, Replicate};

/// Two of three fields have changed, as when a player walks.
const WALKED: ChangeKind = ChangeKind::Updated { mask: 0b011 };

fn dialects(criterion: &mut Criterion) {
    encode(criterion, "native", &mut Native::default());
}

fn encode(criterion: &mut Criterion, name: &str, dialect: &mut impl Dialect) {
    let mut group = criterion.benchmark_group(format!("dialects/{name}"));
    for rows in [50, 500, 5_000] {
        for (what, kind) in [("update", WALKED), ("insert", ChangeKind::Inserted)] {
            let mut crowd = Crowd::new(rows, 1);
            let changes = change_all(&mut crowd, kind);
            let mut out = Vec::new();
            group.throughput(Throughput::Elements(rows));
            let id = BenchmarkId::new(what, rows);
            group.bench_function(id, |bencher| {
                bencher.iter(|| {
                    out.clear();
                    dialect.put_changes(&mut out, GroupId::EVERYONE, &changes, &crowd);
                    black_box(&out);
                });
            });
        }
    }
}

/// The same happens to all rows.
fn change_all(crowd: &mut Crowd, kind: ChangeKind) -> ChangeSet {
    let mut changes = ChangeSet::default();
    crowd.table_mut(0).collect(&mut |_, slot, _| {
        changes.push(Change {
            table: 0,
            kind,
            slot,
        });
    });
    changes.sort();
    changes
}

criterion_group!(benches, dialects);
criterion_main!(benches);
