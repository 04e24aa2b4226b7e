//! The two messages as bytes. Compact, read without copying, and nothing in them is trusted.
//!
//! Each begins with a magic byte, its kind and a version: nodes of two releases meet while a cluster
//! is upgraded, and must not misread each other. Numbers are LEB128 unless they are ids, which are
//! little-endian.

mod draft;
mod entry;
mod frame;
mod letter;
mod read;
mod word;
mod write;

pub use self::entry::{Entry, Standing};
pub use self::frame::{Begin, Frame, Note};
pub use self::letter::{Up, UpHead};
pub use self::word::{Listener, Listeners, Piece, Pieces, Word};

pub(crate) use self::draft::{Draft, Title};
use self::read::Reader;

/// The first byte of everything that nodes say to each other here.
const MAGIC: u8 = 0xdb;
const KIND_UP: u8 = b'U';
const KIND_FRAME: u8 = b'F';
/// Rises when a node of the former release would misread the bytes.
const VERSION: u8 = 1;

/// Bytes that are no message of the relay.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The bytes end inside something.
    #[error("the message ends too early")]
    Truncated,
    /// They go on behind the end.
    #[error("{0} bytes follow the end of the message")]
    TooLong(usize),
    /// Not a message of the relay, or the other one of the two.
    #[error("expected a message that begins with {expected:02x?}, found {found:02x?}")]
    OtherKind {
        /// The magic and kind that should be there.
        expected: [u8; 2],
        /// What is there.
        found: [u8; 2],
    },
    /// A node of another release, with another wire.
    #[error("a message of version {found}; this node speaks {VERSION}: upgrade the older one")]
    OtherVersion {
        /// The version of the sender.
        found: u8,
    },
    /// Numbers and entries are for one room; this is another's.
    #[error("a message for another room")]
    OtherRoom,
    /// A number too large for what it counts, or zero for what counts from 1.
    #[error("a number out of range: {0}")]
    OutOfRange(u64),
    /// A tag that this version does not have.
    #[error("unknown tag {tag} of {of}")]
    UnknownTag {
        /// What is tagged.
        of: &'static str,
        /// The tag found.
        tag: u64,
    },
    /// A word names a strand or chunk that the frame does not list.
    #[error("{what} {index} of {len}")]
    NotListed {
        /// What is named.
        what: &'static str,
        /// Its place.
        index: u64,
        /// How many there are.
        len: usize,
    },
    /// A close reason that is not UTF-8.
    #[error("a reason that is not UTF-8")]
    NotText,
}

/// Reads magic, kind and version.
fn read_start(reader: &mut Reader<'_>, kind: u8) -> Result<(), WireError> {
    let (expected, found) = ([MAGIC, kind], reader.array()?);
    if found != expected {
        return Err(WireError::OtherKind { expected, found });
    }
    match reader.byte()? {
        VERSION => Ok(()),
        found => Err(WireError::OtherVersion { found }),
    }
}
