//! A whole file, read.

use super::block::{Block, Blocks, Kind};
use super::codec::Reader;
use super::ending::Ending;
use super::entry::Entry;
use super::label::Label;
use super::{MAGIC, VERSION};

/// A recording whose label and frozen room are whole. Borrows from the file's bytes.
///
/// ```no_run
/// use downbeat_core::record::Recording;
///
/// let bytes = std::fs::read("arena.beat")?;
/// let recording = Recording::read(&bytes)?;
/// println!("{} begins after tick {}", recording.label().room_name, recording.label().tick.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Recording<'a> {
    label: Label,
    start: &'a [u8],
    entries: Entries<'a>,
}

/// Bytes that are no recording, or one of which not even the start is whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// Something else.
    #[error("this is no recording: the first bytes are not those of one; give a .beat file")]
    NotOne,
    /// Written by another release.
    #[error(
        "a recording of format {found}, expected {expected}: replay it with the release that wrote it"
    )]
    Version {
        /// The format found.
        found: u32,
        /// The format of this release.
        expected: u32,
    },
    /// The label or the frozen room is not whole.
    #[error("the start of the recording is not whole, so no tick of it can be replayed: {0}")]
    Start(Damage),
    /// The label is not in the format that its version promises.
    #[error(
        "the label of the recording cannot be read: {0}; replay it with the release that wrote it"
    )]
    Label(String),
}

/// Where a file is no longer whole. What came before it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// It ends within a block.
    #[error("the file is cut off: {left} bytes from byte {at_byte} on are no whole block")]
    Cut {
        /// Where the block begins.
        at_byte: usize,
        /// What there is of it.
        left: usize,
    },
    /// It ends between two blocks: whoever wrote it was stopped.
    #[error(
        "the file has no end mark: whoever wrote it was stopped, and at most its last second is missing"
    )]
    NoEnd,
    /// A block does not match its checksum or its place.
    #[error("block {number} at byte {at_byte} is damaged: its checksum does not match")]
    Block {
        /// Which one, from 0.
        number: u32,
        /// Where it begins.
        at_byte: usize,
    },
    /// A block is whole and holds what this release does not know.
    #[error("a block holds what is no entry: replay with the release that wrote it")]
    Entry,
}

impl<'a> Recording<'a> {
    /// Reads the start of a file.
    ///
    /// # Errors
    /// [`RecordingError`] if not even the frozen room is whole.
    pub fn read(bytes: &'a [u8]) -> Result<Self, RecordingError> {
        let mut reader = Reader(bytes);
        if reader.array() != Some(MAGIC) {
            return Err(RecordingError::NotOne);
        }
        let found = reader.u32().ok_or(RecordingError::NotOne)?;
        if found != VERSION {
            let expected = VERSION;
            return Err(RecordingError::Version { found, expected });
        }
        let mut blocks = Blocks::new(reader.0, bytes.len() - reader.0.len());
        let label = expect(&mut blocks, Kind::Label)?;
        let label = rmp_serde::from_slice(label);
        let label = label.map_err(|error| RecordingError::Label(error.to_string()))?;
        let start = expect(&mut blocks, Kind::Start)?;
        let entries = Entries {
            blocks,
            block: Reader(&[]),
            ending: None,
            over: false,
        };
        Ok(Self {
            label,
            start,
            entries,
        })
    }

    /// What the recording says of itself.
    pub const fn label(&self) -> &Label {
        &self.label
    }

    /// The frozen room that it begins with.
    pub const fn start(&self) -> &'a [u8] {
        self.start
    }

    /// What came to the room then.
    pub fn entries(&self) -> Entries<'a> {
        self.entries.clone()
    }
}

fn expect<'a>(blocks: &mut Blocks<'a>, kind: Kind) -> Result<&'a [u8], RecordingError> {
    let block = blocks.next().map_err(RecordingError::Start)?;
    let block = block.ok_or(RecordingError::Start(Damage::NoEnd))?;
    if block.kind != kind {
        return Err(RecordingError::Start(Damage::Entry));
    }
    Ok(block.bytes)
}

/// The entries of a recording, up to its end mark or the first that is not whole.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    blocks: Blocks<'a>,
    block: Reader<'a>,
    ending: Option<Ending>,
    over: bool,
}

impl<'a> Entries<'a> {
    /// Why the recording ended, once all entries were read. None for one that is damaged.
    pub const fn ending(&self) -> Option<Ending> {
        self.ending
    }

    fn read(&mut self) -> Result<Option<Entry<'a>>, Damage> {
        while self.block.is_empty() {
            match self.blocks.next()?.ok_or(Damage::NoEnd)? {
                Block {
                    kind: Kind::Entries,
                    bytes,
                } => self.block = Reader(bytes),
                Block {
                    kind: Kind::End,
                    bytes: [why],
                } => {
                    self.ending = Some(Ending::from_byte(*why).ok_or(Damage::Entry)?);
                    return Ok(None);
                }
                _ => return Err(Damage::Entry),
            }
        }
        let entry = Entry::read(&mut self.block).ok_or(Damage::Entry)?;
        Ok(Some(entry))
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<Entry<'a>, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let entry = self.read();
        self.over = !matches!(entry, Ok(Some(_)));
        entry.transpose()
    }
}
