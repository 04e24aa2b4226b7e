//! The files of recorded rooms.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use downbeat_core::host::Recorded;
use downbeat_schemas::id::RoomId;

use super::{bounded, file_name};

const EXTENSION: &str = ".beat";

/// A folder of recordings, and those that are being written.
pub(super) struct Recordings {
    folder: PathBuf,
    files_max: u64,
    /// The file of each room that is recorded; none for one that cannot be written.
    open: BTreeMap<RoomId, (u32, Option<File>)>,
}

impl Recordings {
    pub(super) const fn new(folder: PathBuf, files_max: u64) -> Self {
        Self {
            folder,
            files_max,
            open: BTreeMap::new(),
        }
    }

    pub(super) fn append(&mut self, name: &str, room: RoomId, recorded: &Recorded) {
        if self
            .open
            .get(&room)
            .is_none_or(|(part, _)| *part != recorded.part)
        {
            let file = self.create(name, room, recorded.part);
            self.open.insert(room, (recorded.part, file));
        }
        if let Some((_, file)) = self.open.get_mut(&room)
            && let Some(Err(error)) = file.as_mut().map(|file| file.write_all(&recorded.bytes))
        {
            tracing::error!(%room, %error, "the recording ends here: it cannot be written");
            *file = None;
        }
        if recorded.ended {
            self.open.remove(&room);
        }
    }

    fn create(&self, name: &str, room: RoomId, part: u32) -> Option<File> {
        bounded::make_room(&self.folder, self.files_max, |name| {
            name.ends_with(EXTENSION)
        });
        let name = file_name(name);
        let path = self
            .folder
            .join(format!("{name}-{room}-{part:04}{EXTENSION}"));
        match create_private(&path) {
            Ok(file) => {
                tracing::info!(%room, file = %path.display(), "recording");
                Some(file)
            }
            Err(error) => {
                tracing::error!(%room, file = %path.display(), %error, "not recorded");
                None
            }
        }
    }
}

/// A file that only its owner can read.
fn create_private(path: &std::path::Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)
}
