//! Positions as groups.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use downbeat_schemas::id::{GroupId, SessionId};
use serde::{Deserialize, Serialize};

use super::WatchError;
use crate::state::{Component, Key, Table};

/// Cuts a plane into square cells, each a group, so that clients see what is near them.
///
/// Owned by the game's room. Hysteresis keeps a row, or a look, that trembles on a border from
/// changing groups again and again: a cell is left only a tenth of its size beyond the border.
///
/// ```
/// # extern crate downbeat_core as downbeat;
/// # use downbeat::{Component, Grid, GroupId, SessionId, Table, TableFull, WatchError, Watcher};
/// # #[derive(Component, Clone)]
/// # struct Unit { x: f32, y: f32 }
/// fn walk(units: &mut Table<SessionId, Unit>, grid: &mut Grid, ctx: &mut impl Watcher)
/// -> Result<(), WatchError> {
///     let walker = SessionId(1);
///     let Some(mut unit) = units.get_mut(&walker) else { return Ok(()) };
///     unit.x += 1.0;
///     let (x, y) = (unit.x, unit.y);
///     grid.place(units, &walker, x, y);
///     grid.look(ctx, walker, x, y, 100.0)
/// }
/// let grid = Grid::new(1_000.0, 1_000.0, 100.0, GroupId(1));
/// assert_eq!(grid.group(150.0, 0.0), GroupId(2));
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Grid {
    plane: Plane,
    looks: BTreeMap<SessionId, Cells>,
}

/// Who can let sessions watch groups: a room's `Ctx`.
pub trait Watcher {
    /// Lets a session see the rows of a group.
    ///
    /// # Errors
    /// [`WatchError`] at a limit.
    fn watch(&mut self, session: SessionId, group: GroupId) -> Result<(), WatchError>;

    /// Ends that.
    fn unwatch(&mut self, session: SessionId, group: GroupId);
}

/// How far beyond its border a cell is left, in cells.
const MARGIN: f32 = 0.1;

impl Grid {
    /// Cells of `cell` by `cell` over the plane from (0, 0) to (`width`, `height`), whose groups
    /// are numbered from `first` on. What lies beyond the plane belongs to its outermost cells.
    ///
    /// # Panics
    /// If a size is not positive, or the groups do not fit behind `first`.
    pub fn new(width: f32, height: f32, cell: f32, first: GroupId) -> Self {
        Self {
            plane: Plane::new(width, height, cell, first),
            looks: BTreeMap::new(),
        }
    }

    /// The group of the cell at a position.
    pub fn group(&self, x: f32, y: f32) -> GroupId {
        self.plane.group(self.plane.column(x), self.plane.line(y))
    }

    /// Moves a row that is at (`x`, `y`) into its cell's group, unless it is still close to the
    /// cell that it is in. False if there is no such row.
    pub fn place<K, C, Q>(&self, table: &mut Table<K, C>, key: &Q, x: f32, y: f32) -> bool
    where
        K: Key + Borrow<Q>,
        C: Component,
        Q: Ord + ?Sized,
    {
        let Some(group) = table.group(key) else {
            return false;
        };
        self.plane.is_near(group, x, y) || table.place(key, self.group(x, y))
    }

    /// Lets a session watch the cells around (`x`, `y`), as far as `radius` to each side, and no
    /// longer those that it left behind.
    ///
    /// # Errors
    /// [`WatchError`] at a limit; the session then watches no cell of this grid.
    pub fn look(
        &mut self,
        watcher: &mut impl Watcher,
        session: SessionId,
        x: f32,
        y: f32,
        radius: f32,
    ) -> Result<(), WatchError> {
        let inner = self.plane.cells(x, y, radius);
        let outer = self.plane.cells(x, y, radius + MARGIN * self.plane.cell);
        let former = self.looks.get(&session).copied();
        let cells = former.map_or(inner, |former| former.between(inner, outer));
        if former == Some(cells) {
            return Ok(());
        }
        self.looks.insert(session, cells);
        let former = former.unwrap_or(Cells::NONE);
        for group in self.plane.groups(former, cells) {
            watcher.unwatch(session, group);
        }
        for group in self.plane.groups(cells, former) {
            if let Err(error) = watcher.watch(session, group) {
                self.forget(watcher, session);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Ends the look of a session; call it when the session leaves.
    pub fn forget(&mut self, watcher: &mut impl Watcher, session: SessionId) {
        let cells = self.looks.remove(&session).unwrap_or(Cells::NONE);
        for group in self.plane.groups(cells, Cells::NONE) {
            watcher.unwatch(session, group);
        }
    }
}

/// The cells as numbers.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Plane {
    cell: f32,
    columns: u32,
    lines: u32,
    first: GroupId,
}

impl Plane {
    fn new(width: f32, height: f32, cell: f32, first: GroupId) -> Self {
        assert!(
            width > 0.0 && height > 0.0 && cell > 0.0,
            "a grid has positive sizes"
        );
        let columns = (width / cell).ceil() as u32;
        let lines = (height / cell).ceil() as u32;
        let end = columns
            .checked_mul(lines)
            .and_then(|cells| first.0.checked_add(cells));
        assert!(
            end.is_some(),
            "a grid has no more cells than there are group ids"
        );
        Self {
            cell,
            columns,
            lines,
            first,
        }
    }

    fn column(self, x: f32) -> u32 {
        ((x / self.cell) as u32).min(self.columns - 1)
    }

    fn line(self, y: f32) -> u32 {
        ((y / self.cell) as u32).min(self.lines - 1)
    }

    const fn group(self, column: u32, line: u32) -> GroupId {
        GroupId(self.first.0 + line * self.columns + column)
    }

    /// Whether a position is in the cell of `group`, or beyond its border by no more than the
    /// margin.
    fn is_near(self, group: GroupId, x: f32, y: f32) -> bool {
        let Some(cell) = group.0.checked_sub(self.first.0) else {
            return false;
        };
        let (column, line) = (cell % self.columns, cell / self.columns);
        self.cells(x, y, MARGIN * self.cell).contains(column, line)
    }

    /// The cells that are no farther than `radius` to each side.
    fn cells(self, x: f32, y: f32, radius: f32) -> Cells {
        Cells {
            left: self.column(x - radius),
            top: self.line(y - radius),
            right: self.column(x + radius) + 1,
            bottom: self.line(y + radius) + 1,
        }
    }

    /// The groups of `cells` that are not in `but`.
    fn groups(self, cells: Cells, but: Cells) -> impl Iterator<Item = GroupId> {
        let lines = cells.top..cells.bottom;
        let all = lines.flat_map(move |line| {
            let columns = cells.left..cells.right;
            columns.map(move |column| (column, line))
        });
        all.filter(move |&(column, line)| !but.contains(column, line))
            .map(move |(column, line)| self.group(column, line))
    }
}

/// A rectangle of cells; right and bottom are outside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cells {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

impl Cells {
    const NONE: Self = Self {
        left: 0,
        top: 0,
        right: 0,
        bottom: 0,
    };

    const fn contains(self, column: u32, line: u32) -> bool {
        self.left <= column && column < self.right && self.top <= line && line < self.bottom
    }

    /// The rectangle closest to `self` that has all of `inner` and nothing beyond `outer`.
    fn between(self, inner: Self, outer: Self) -> Self {
        Self {
            left: self.left.clamp(outer.left, inner.left),
            top: self.top.clamp(outer.top, inner.top),
            right: self.right.clamp(inner.right, outer.right),
            bottom: self.bottom.clamp(inner.bottom, outer.bottom),
        }
    }
}

#[cfg(test)]
mod tests;
