//! The files of recorded rooms.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use downbeat_core::record::Recorded;
use downbeat_schemas::id::RoomId;

use super::queue::Counts;
use super::{bounded, create_private_folder, file_name};

const EXTENSION: &str = "beat";

/// A folder of recordings, and those that are being written.
pub(super) struct Recordings {
    folder: PathBuf,
    files_max: u64,
    open: BTreeMap<RoomId, Part>,
    counts: Arc<Counts>,
}

/// A room's file.
struct Part {
    number: u32,
    /// None if it cannot be written.
    file: Option<(PathBuf, File)>,
}

impl Recordings {
    pub(super) const fn new(folder: PathBuf, files_max: u64, counts: Arc<Counts>) -> Self {
        Self {
            folder,
            files_max,
            open: BTreeMap::new(),
            counts,
        }
    }

    pub(super) fn append(&mut self, room_type: &str, room: RoomId, recorded: &Recorded) {
        let number = recorded.part;
        let open = self.open.get(&room);
        if open.is_none_or(|part| part.number != number) {
            self.open.remove(&room);
            let file = self.create(room_type, room, number);
            self.open.insert(room, Part { number, file });
        }
        if let Some(part) = self.open.get_mut(&room) {
            write(part, room, &recorded.bytes, &self.counts);
        }
        if recorded.ended {
            self.open.remove(&room);
        }
    }

    fn create(&self, room_type: &str, room: RoomId, number: u32) -> Option<(PathBuf, File)> {
        let name = format!("{}-{room}-{number:04}.{EXTENSION}", file_name(room_type));
        let path = self.folder.join(name);
        match self.make_room().and_then(|()| create_private(&path)) {
            Ok(file) => {
                tracing::info!(%room, file = %path.display(), "recording");
                Some((path, file))
            }
            Err(error) => {
                Counts::add(&self.counts.recordings_cut, 1);
                tracing::error!(%room, file = %path.display(), %error, "not recorded");
                None
            }
        }
    }

    /// Deletes the oldest files, but for those that are being written.
    fn make_room(&self) -> io::Result<()> {
        create_private_folder(&self.folder)?;
        let open = self.open.values().filter_map(|part| part.file.as_ref());
        let open: Vec<&PathBuf> = open.map(|(path, _)| path).collect();
        if open.len() as u64 >= self.files_max {
            Counts::add(&self.counts.refused, 1);
            return Err(io::Error::other(format!(
                "{} rooms are recorded at once, set recordings_max higher",
                open.len()
            )));
        }
        bounded::make_room(&self.folder, self.files_max - open.len() as u64, |path| {
            let is_ours = path.extension().is_some_and(|found| found == EXTENSION);
            is_ours && !open.contains(&&path.to_owned())
        });
        Ok(())
    }
}

fn write(part: &mut Part, room: RoomId, bytes: &[u8], counts: &Counts) {
    let Some((_, file)) = &mut part.file else {
        return;
    };
    match file.write_all(bytes) {
        Ok(()) => Counts::add(&counts.recorded_bytes, bytes.len() as u64),
        Err(error) => {
            Counts::add(&counts.recordings_cut, 1);
            tracing::error!(%room, %error, "the recording ends here: it cannot be written");
            part.file = None;
        }
    }
}

/// A file that only its owner can read.
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)
}
