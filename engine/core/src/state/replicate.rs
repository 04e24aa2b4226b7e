//! The state of a room as the replicator sees it.

use downbeat_schemas::id::{GroupId, Slot};
use downbeat_schemas::reflect::{StateSchema, TableSchema};

use super::FieldSink;
use crate::change::{Change, ChangeKind};

/// A room's state: derive it. The fields with `#[sync]`, each a [`Table`](super::Table) or
/// [`Single`](super::Single), are what clients see; nothing else ever leaves the server.
///
/// ```
/// # extern crate downbeat_core as downbeat;
/// use downbeat::{Component, Replicate, SessionId, Table};
///
/// #[derive(Component, Clone)]
/// struct Player {
///     hp: u16,
/// }
///
/// #[derive(Replicate, Default)]
/// struct Arena {
///     #[sync]
///     players: Table<SessionId, Player>,
///     secret: u64,
/// }
///
/// assert_eq!(Arena::schema().tables[0].name, "players");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no state of a room",
    label = "not Replicate",
    note = "write `#[derive(Replicate)]` on the room's struct and `#[sync]` on the tables that clients may see"
)]
pub trait Replicate {
    /// How clients read it.
    fn schema() -> StateSchema
    where
        Self: Sized;

    /// How many tables there are; they are numbered from 0 in the order of their fields.
    fn tables(&self) -> usize;

    /// One table.
    ///
    /// # Panics
    /// If there is no such table.
    fn table(&self, index: usize) -> &dyn Replicated;

    /// One table, to collect its changes.
    ///
    /// # Panics
    /// If there is no such table.
    fn table_mut(&mut self, index: usize) -> &mut dyn Replicated;
}

/// A table without the types of its keys and rows.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent to clients",
    label = "neither a Table nor a Single",
    note = "`#[sync]` is for `Table<K, C>` and `Single<C>`: wrap the value in one of them, or remove `#[sync]`"
)]
pub trait Replicated {
    /// How clients read it.
    fn schema(name: &str) -> TableSchema
    where
        Self: Sized;

    /// How many fields a row has.
    fn fields(&self) -> usize;

    /// Whether rows have keys.
    fn has_keys(&self) -> bool;

    /// Tells what changed since the last call, and takes the rows as they are for what viewers
    /// know. Each row is told of in the groups that it left and is in.
    fn collect(&mut self, changed: &mut dyn FnMut(GroupId, Slot, ChangeKind));

    /// The rows that viewers know, ascending.
    fn known(&self, row: &mut dyn FnMut(Slot, GroupId));

    /// Hands the keys of `rows` to an encoder.
    fn put_keys(&self, rows: &[Change], sink: &mut dyn FieldSink);

    /// Hands one field of `rows`, as last collected, to an encoder.
    fn put_column(&self, field: usize, rows: &[Change], sink: &mut dyn FieldSink);

    /// Sets the most rows there may be, and takes the count of inserts refused since the last call.
    fn limit_rows(&mut self, rows_max: u64) -> u64;
}
