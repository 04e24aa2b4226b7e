//! Keys.

use downbeat_schemas::id::SessionId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::FieldValue;

/// What names a row of a table: [`SessionId`], u8–u64, i8–i64 or String.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a table",
    label = "not a Key",
    note = "write SessionId, u8 to u64, i8 to i64, or String"
)]
pub trait Key: FieldValue + Ord + Serialize + DeserializeOwned {}

macro_rules! keys {
    ($($key:ty),*) => { $( impl Key for $key {} )* };
}

keys!(u8, u16, u32, u64, i8, i16, i32, i64, String, SessionId);
