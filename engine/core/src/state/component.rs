//! Rows.

use downbeat_schemas::reflect::Field;

use super::FieldSink;

/// A row of a table, or a struct nested in one: derive it.
///
/// At most 64 fields, each a [`FieldValue`](super::FieldValue). A float may carry
/// `#[quantize(min = 0.0, max = 1000.0, bits = 16)]` and is then sent, and compared, as an integer
/// of 8, 16, 24 or 32 bits.
///
/// ```
/// # extern crate downbeat_core as downbeat;
/// use downbeat::Component;
///
/// #[derive(Component, Clone)]
/// struct Player {
///     #[quantize(min = 0.0, max = 1000.0, bits = 16)]
///     x: f32,
///     hp: u16,
/// }
///
/// let sent = Player { x: 1.0, hp: 9 };
/// let now = Player { x: 1.0001, hp: 8 };
/// assert_eq!(now.diff(&sent), 0b10);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no row",
    label = "not a Component",
    note = "write `#[derive(Component, Clone)]` on a struct with named fields"
)]
pub trait Component: Clone + 'static {
    /// How many fields there are.
    const FIELDS: usize;

    /// The fields' names and types, in the order of the bits of a mask.
    fn fields() -> Vec<Field>;

    /// A bit for each field whose value on the wire is another than in `sent`.
    fn diff(&self, sent: &Self) -> u64;

    /// Takes over the fields of `mask` from `now`.
    fn absorb(&mut self, now: &Self, mask: u64);

    /// Hands one field to an encoder.
    ///
    /// # Panics
    /// If there is no such field.
    fn visit(&self, field: usize, sink: &mut dyn FieldSink);
}
