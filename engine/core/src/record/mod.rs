//! Recordings: what came to a room, as a file that replays it.
//!
//! | file | what |
//! |---|---|
//! | `entry` | one call of a room, as bytes |
//! | `ending` | why a file ended |
//! | `codec` | numbers and texts, as bytes |
//! | `block` | entries under a checksum |
//! | `recording` | a whole file, read |
//! | `tape` | a whole file, written |
//! | `recorder` | a room that can be recorded |
//! | `plan` | how it is recorded, and what comes of it |
//! | `replay` | a recording, run |
//!
//! A file is a magic number and blocks. The first block is the [`Label`], the second the frozen
//! room, the last says why it ended ([`Ending`]); those between hold every call that changed the
//! room, in its order, and after each step the hash of the whole room, frozen. All numbers are
//! little-endian. What was written before a cut or damaged block is whole and replays.
//!
//! ```text
//! file  = magic "\x89beat\r\n\x1a" · version u32 · block …
//! block = kind u8 · number u32 · length u32 · XXH3-64 u64 · bytes
//! ```
//!
//! A recording holds what its players sent, their claims and their reconnection tokens: it is as
//! secret as they are.

mod block;
mod codec;
mod ending;
mod entry;
mod label;
mod plan;
mod recorder;
mod recording;
mod replay;
mod tape;

pub use self::ending::Ending;
pub use self::entry::Entry;
pub use self::label::Label;
pub use self::plan::{Plan, Recorded};
pub use self::recorder::{Recorder, TooLarge};
pub use self::recording::{Damage, Entries, Recording, RecordingError};
pub use self::replay::{Replay, ReplayError, Replayed, StartReplayError};
pub use self::tape::Tape;

/// The format of the files. Rises when a reader of the former would misread it.
pub const VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"\x89beat\r\n\x1a";
