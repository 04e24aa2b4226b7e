//! The thread that writes files, so that no shard waits for a disk.
//!
//! | file | what |
//! |---|---|
//! | `queue` | what waits to be written, in so many bytes and no more |
//! | `writing` | the thread |
//! | `recordings` | the files of recorded rooms |
//! | `bounded` | a folder with so many things in it and no more |

mod bounded;
mod queue;
mod recordings;
mod writing;

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam::channel::Receiver;
use downbeat_core::record::Recorded;
use downbeat_schemas::id::RoomId;
use downbeat_schemas::time::Timestamp;
use futures_channel::oneshot;

use crate::capture::{Capture, CapturedTick};
use crate::server::settings::Settings;
pub(crate) use queue::{Counts, ScribeCounts};
use queue::{Job, Queue};
use writing::Writer;

/// The way to the thread.
#[derive(Debug)]
pub(crate) struct Scribe {
    queue: Queue,
    thread: Mutex<Option<JoinHandle<()>>>,
    cooldown: Duration,
    /// Until when no tick of the node is captured.
    quiet_until: AtomicU64,
}

impl Scribe {
    /// Starts the thread.
    ///
    /// # Errors
    /// If a folder that is needed cannot be made, or there is no thread to be had; it names the
    /// folder.
    pub(crate) fn start(settings: &Settings) -> io::Result<Self> {
        let records = !settings.record.rooms.is_empty();
        let recordings = records.then_some(&settings.record.folder);
        for folder in settings.capture.folder.iter().chain(recordings) {
            create_private_folder(folder).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", folder.display()))
            })?;
        }
        let (scribe, jobs) = Self::without_thread(settings);
        let writer = Writer::new(settings, Arc::clone(scribe.queue.counts()));
        let thread = std::thread::Builder::new().name("scribe".to_owned());
        let thread = thread.spawn(move || writer.write_all(&jobs))?;
        Ok(Self {
            thread: Mutex::new(Some(thread)),
            ..scribe
        })
    }

    fn without_thread(settings: &Settings) -> (Self, Receiver<Job>) {
        let (queue, jobs) = Queue::new(settings.limits.scribe_bytes_max);
        let scribe = Self {
            queue,
            thread: Mutex::new(None),
            cooldown: settings.capture.cooldown,
            quiet_until: AtomicU64::new(0),
        };
        (scribe, jobs)
    }

    /// Whether a tick that turns out slow would be captured.
    pub(crate) fn would_capture(&self, now: Timestamp) -> bool {
        now.0 >= self.quiet_until.load(Ordering::Relaxed)
    }

    /// The right to capture: for one shard in each cooldown.
    pub(crate) fn may_capture(&self, now: Timestamp) -> bool {
        let until = now.after(self.cooldown).0;
        let taken = self
            .quiet_until
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |quiet| {
                (now.0 >= quiet).then_some(until)
            });
        taken.is_ok()
    }

    pub(crate) fn capture(&self, capture: Capture) {
        if self.queue.put(Job::Capture(Box::new(capture))).is_err() {
            Counts::add(&self.queue.counts().captures_lost, 1);
        }
    }

    /// Appends to the file of a room.
    ///
    /// # Errors
    /// Whether the file's end is lost, because too much waits: the recording cannot go on.
    pub(crate) fn append(
        &self,
        room_type: &Arc<str>,
        room: RoomId,
        recorded: Recorded,
    ) -> Result<(), EndIsLost> {
        let append = |recorded| Job::Append {
            room_type: Arc::clone(room_type),
            room,
            recorded,
        };
        let Err(Job::Append { recorded, .. }) = self.queue.put(append(recorded)) else {
            return Ok(());
        };
        Counts::add(&self.queue.counts().recordings_cut, 1);
        if let Some(mark) = recorded.cut() {
            self.queue.put_anyway(append(mark));
        }
        match recorded.ended {
            true => Ok(()),
            false => Err(EndIsLost),
        }
    }

    /// Whether it has caught up so far that recordings may begin again.
    pub(crate) fn has_caught_up(&self) -> bool {
        self.queue.is_half_empty()
    }

    /// The slow ticks that are captured, the newest first. None if too much waits.
    pub(crate) async fn captures(&self) -> Option<Vec<CapturedTick>> {
        let (reply, answer) = oneshot::channel();
        self.queue.put(Job::Captures(reply)).ok()?;
        answer.await.ok()
    }

    /// The flame graph of the capture of this name. None if there is no such capture, it has none,
    /// or too much waits.
    pub(crate) async fn flame_graph(&self, capture: String) -> Option<String> {
        let (reply, answer) = oneshot::channel();
        self.queue.put(Job::FlameGraph(capture, reply)).ok()?;
        answer.await.ok()?
    }

    pub(crate) fn counts(&self) -> ScribeCounts {
        self.queue.counts().read()
    }

    /// Writes what waits, and ends.
    pub(crate) fn finish(&self) {
        self.queue.put_anyway(Job::End);
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the scribe ended badly: captures and recordings may be cut off");
        }
    }
}

/// A part of a recording was not taken, and a mark in its file says so. The next file may begin
/// when the scribe [has caught up](Scribe::has_caught_up).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EndIsLost;

/// A room type's name as a part of a file's: a game may call its rooms anything.
pub(crate) fn file_name(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let name = name.chars().map(|c| if fits(c) { c } else { '_' });
    name.take(64).collect()
}

/// A folder that only its owner can read, if it is not there already: what players do is theirs.
pub(crate) fn create_private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}
