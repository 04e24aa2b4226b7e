//! What the fuzz targets and the tests feed bytes through, so that a fuzzer's find is replayed by
//! the ordinary tests as it was found. No part of the public API.

/// Any bytes as what a Redis server says of its cluster, of itself and of a key's place: no panic,
/// and only servers of the view own slots.
///
/// # Panics
/// If one of these is violated.
pub fn redis_text(input: &[u8]) {
    crate::redis::fuzzing::text(&String::from_utf8_lossy(input));
}
//! What the fuzz targets and the tests feed bytes through: one driver, so that a fuzzer's find is
//! replayed by the ordinary tests as it was found. No part of the public API.
pub use crate::shared::fuzzing::registry_replies;
