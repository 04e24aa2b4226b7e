//! The state of a room, as its game writes it.
//!
//! Rows are plain structs in [`Table`]s and [`Single`]s. Writing through a guard marks a row dirty;
//! the shadow beside each row holds what viewers were last told, so that an unchanged write sends
//! nothing. Everything that is encoded is read from the shadow: a patch and a snapshot of the same
//! moment agree, whatever the game wrote since.

mod component;
mod dirty;
mod frozen;
mod key;
mod quantize;
mod replicate;
mod row;
mod single;
mod slots;
mod table;
mod value;

#[cfg(test)]
mod tests;

pub use component::Component;
pub use key::Key;
pub use quantize::{Quantizable, Quantize};
pub use replicate::{Replicate, Replicated};
pub use row::RowMut;
pub use single::Single;
pub use table::{Table, TableFull};
pub use value::{FieldSink, FieldValue};
