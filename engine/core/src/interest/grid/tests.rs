use std::collections::BTreeSet;

use super::*;

const SESSION: SessionId = SessionId(7);

/// A watcher with a limit.
struct Watches {
    groups: BTreeSet<GroupId>,
    max: usize,
    turns: usize,
}

impl Watches {
    const fn new(max: usize) -> Self {
        Self {
            groups: BTreeSet::new(),
            max,
            turns: 0,
        }
    }
}

impl Watcher for Watches {
    fn watch(&mut self, _session: SessionId, group: GroupId) -> Result<(), WatchError> {
        if self.groups.len() == self.max {
            let watches_max = self.max as u64;
            return Err(WatchError::TooManyWatches { watches_max });
        }
        self.turns += 1;
        assert!(self.groups.insert(group), "watched twice");
        Ok(())
    }

    fn unwatch(&mut self, _session: SessionId, group: GroupId) {
        self.turns += 1;
        self.groups.remove(&group);
    }
}

#[derive(downbeat_derive::Component, Clone)]
struct Unit {}

/// Ten by ten cells of 10, groups 100 to 199.
fn grid() -> Grid {
    Grid::new(100.0, 95.0, 10.0, GroupId(100))
}

#[test]
fn positions_have_groups() {
    let cases = [
        (0.0, 0.0, 100),
        (9.9, 0.0, 100),
        (10.0, 0.0, 101),
        (0.0, 10.0, 110),
        (99.0, 94.0, 199),
        (1e9, 1e9, 199),
        (-5.0, 55.0, 150),
        (f32::NAN, 0.0, 100),
    ];
    for (x, y, group) in cases {
        assert_eq!(grid().group(x, y), GroupId(group), "({x}, {y})");
    }
}

#[test]
fn a_row_leaves_its_cell_beyond_the_margin() {
    let (grid, mut units) = (grid(), Table::new());
    units.insert(1u8, Unit {}).unwrap();
    let path = [
        (5.0, 100),
        (10.5, 100),
        (11.5, 101),
        (9.5, 101),
        (8.5, 100),
        (55.0, 105),
    ];
    for (x, group) in path {
        assert!(grid.place(&mut units, &1, x, 0.0));
        assert_eq!(units.group(&1), Some(GroupId(group)), "at {x}");
    }
    assert!(!grid.place(&mut units, &2, 0.0, 0.0));
}

#[test]
fn a_look_that_trembles_on_a_border_stays() {
    let (mut grid, mut watches) = (grid(), Watches::new(99));
    grid.look(&mut watches, SESSION, 50.0, 50.0, 10.0).unwrap();
    grid.look(&mut watches, SESSION, 49.5, 49.5, 10.0).unwrap();
    let turns = watches.turns;
    for step in 0..100u8 {
        let by = f32::from(step % 10) / 10.0;
        grid.look(&mut watches, SESSION, 49.5 + by, 49.5 + by, 10.0)
            .unwrap();
    }
    assert_eq!(watches.turns, turns);
}

#[test]
fn a_look_covers_its_radius_and_little_more() {
    let (mut grid, mut watches) = (grid(), Watches::new(99));
    let (mut x, mut y) = (50.0f32, 50.0f32);
    for step in 0..2_000u16 {
        // A walk that turns, and jumps now and then.
        x = (x + f32::from(step % 7) - 2.9).rem_euclid(100.0);
        y = (y + f32::from(step % 11) - 5.2).rem_euclid(95.0);
        grid.look(&mut watches, SESSION, x, y, 15.0).unwrap();
        let near: BTreeSet<_> = around(&grid, x, y, 15.0).collect();
        let far: BTreeSet<_> = around(&grid, x, y, 16.0).collect();
        assert!(watches.groups.is_superset(&near) && watches.groups.is_subset(&far));
    }
    grid.forget(&mut watches, SESSION);
    assert!(watches.groups.is_empty());
}

/// The cells a square touches, found by trying each point of it that can tell.
fn around(grid: &Grid, x: f32, y: f32, radius: f32) -> impl Iterator<Item = GroupId> {
    let steps = move || (0..=8u8).map(move |step| (f32::from(step) / 4.0 - 1.0) * radius);
    let points = steps().flat_map(move |dx| steps().map(move |dy| (x + dx, y + dy)));
    points.map(|(x, y)| grid.group(x, y))
}

#[test]
fn a_look_beyond_the_limit_watches_nothing() {
    let (mut grid, mut watches) = (grid(), Watches::new(8));
    grid.look(&mut watches, SESSION, 5.0, 5.0, 10.0).unwrap();
    let refused = grid.look(&mut watches, SESSION, 50.0, 50.0, 10.0);
    assert_eq!(refused, Err(WatchError::TooManyWatches { watches_max: 8 }));
    assert!(watches.groups.is_empty());
}
