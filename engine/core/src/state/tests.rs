use downbeat_schemas::id::{GroupId, Slot};

use super::{Replicated, Table};
use crate::change::ChangeKind::{self, Inserted, Removed, Updated};

#[derive(
    downbeat_derive::Component, Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize,
)]
struct Row {
    x: f32,
    #[quantize(min = 0.0, max = 255.0, bits = 8)]
    angle: f32,
    name: String,
}

fn row(x: f32) -> Row {
    Row {
        x,
        angle: 0.0,
        name: String::from("row"),
    }
}

/// What one collection tells, as (group, slot, kind).
fn collect(table: &mut dyn Replicated) -> Vec<(u32, u32, ChangeKind)> {
    let mut told = Vec::new();
    table.collect(&mut |GroupId(group), Slot(slot), kind| told.push((group, slot, kind)));
    told
}

/// A table with rows 0, 1 and 2, whose inserts were collected.
fn three() -> Table<u8, Row> {
    let mut table = Table::new();
    for key in 0..3 {
        assert_eq!(table.insert(key, row(0.0)), Ok(None));
    }
    let told = collect(&mut table);
    assert_eq!(told, [(0, 0, Inserted), (0, 1, Inserted), (0, 2, Inserted)]);
    table
}

#[test]
fn only_what_differs_is_told() {
    let mut table = three();
    table.get_mut(&0).unwrap().x = 1.0;
    table.get_mut(&1).unwrap().x = 0.0;
    assert_eq!(table.get_mut(&2).unwrap().x, 0.0);
    assert_eq!(collect(&mut table), [(0, 0, Updated { mask: 0b001 })]);
    assert_eq!(collect(&mut table), []);
}

#[test]
fn a_float_is_told_once_even_if_it_is_no_number() {
    let mut table = three();
    table.get_mut(&0).unwrap().x = f32::NAN;
    assert_eq!(collect(&mut table), [(0, 0, Updated { mask: 0b001 })]);
    table.get_mut(&0).unwrap().x = f32::NAN;
    assert_eq!(collect(&mut table), []);
}

#[test]
fn a_quantized_float_is_told_with_its_next_step() {
    let mut table = three();
    for _ in 0..3 {
        table.get_mut(&1).unwrap().angle += 0.2;
    }
    // 0.6 rounds to step 1; 0.4 did not.
    assert_eq!(collect(&mut table), [(0, 1, Updated { mask: 0b010 })]);
}

#[test]
fn rows_move_between_groups() {
    let mut table = three();
    assert!(table.place(&1, GroupId(7)));
    table.get_mut(&1).unwrap().x = 9.0;
    assert_eq!(collect(&mut table), [(0, 1, Removed), (7, 1, Inserted)]);
    // There and back is nowhere.
    table.place(&1, GroupId(8));
    table.place(&1, GroupId(7));
    assert_eq!(collect(&mut table), []);
    assert!(!table.place(&9, GroupId(7)));
}

#[test]
fn slots_are_reused_lowest_first_after_the_patch() {
    let mut table = three();
    table.remove(&1);
    table.remove(&0);
    table.insert(5, row(0.0)).unwrap();
    let told = collect(&mut table);
    assert_eq!(told, [(0, 0, Removed), (0, 1, Removed), (0, 3, Inserted)]);
    table.insert(6, row(0.0)).unwrap();
    table.insert(7, row(0.0)).unwrap();
    assert_eq!(collect(&mut table), [(0, 0, Inserted), (0, 1, Inserted)]);
    let order: Vec<_> = table.iter().map(|(key, _)| *key).collect();
    assert_eq!(order, [6, 7, 2, 5]);
}

#[test]
fn a_row_that_came_and_went_is_not_told() {
    let mut table = three();
    table.insert(9, row(0.0)).unwrap();
    table.remove(&9);
    assert_eq!(collect(&mut table), []);
}

#[test]
fn an_insert_over_a_row_is_an_update() {
    let mut table = three();
    table.place(&2, GroupId(4));
    collect(&mut table);
    assert_eq!(table.insert(2, row(3.0)), Ok(Some(row(0.0))));
    assert_eq!(collect(&mut table), [(4, 2, Updated { mask: 0b001 })]);
}

#[test]
fn a_full_table_refuses_and_counts() {
    let mut table = three();
    assert_eq!(table.limit_rows(3), 0);
    assert!(table.insert(3, row(0.0)).is_err());
    assert!(table.insert(2, row(1.0)).is_ok());
    assert_eq!(table.limit_rows(3), 1);
}
