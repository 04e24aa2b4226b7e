//! The thread that writes files, so that no shard waits for a disk.
//!
//! | file | what |
//! |---|---|
//! | `recordings` | the files of recorded rooms |
//! | `bounded` | a folder with so many things in it and no more |

mod bounded;
mod recordings;

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, bounded};
use downbeat_core::host::Recorded;
use downbeat_schemas::id::RoomId;
use downbeat_schemas::time::Timestamp;

use crate::capture::{Capture, write_capture};
use crate::server::settings::Settings;
use recordings::Recordings;

/// Jobs that wait: seconds of a busy node. A disk that is slower loses recordings, not ticks.
const JOBS_MAX: usize = 1_024;
/// Below everything that is on time: it runs when a core has nothing better to do.
const NICENESS: i32 = 19;

/// What is to be written.
enum Job {
    Append {
        name: std::sync::Arc<str>,
        room: RoomId,
        recorded: Recorded,
    },
    Capture(Box<Capture>),
    End,
}

/// The way to the thread.
#[derive(Debug)]
pub(crate) struct Scribe {
    jobs: Sender<Job>,
    thread: Mutex<Option<JoinHandle<()>>>,
    cooldown: Duration,
    /// Until when no tick of the node is captured.
    quiet_until: AtomicU64,
    counts: [AtomicU64; 3],
}

/// What the scribe did, or could not do.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ScribeCounts {
    pub(crate) captures: u64,
    pub(crate) recorded_bytes: u64,
    pub(crate) jobs_dropped: u64,
}

const CAPTURES: usize = 0;
const RECORDED_BYTES: usize = 1;
const JOBS_DROPPED: usize = 2;

impl Scribe {
    /// Starts the thread, if anything is to be captured or recorded.
    ///
    /// # Errors
    /// If a folder cannot be made, or there is no thread to be had; it names the folder.
    pub(crate) fn start(settings: &Settings) -> io::Result<Option<Self>> {
        let captures = settings.capture.folder.clone();
        let records = !settings.record.rooms.is_empty();
        if captures.is_none() && !records {
            return Ok(None);
        }
        let records = records.then(|| settings.record.folder.clone());
        for folder in captures.iter().chain(&records) {
            create_private_folder(folder).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", folder.display()))
            })?;
        }
        let (jobs, queue) = bounded(JOBS_MAX);
        let limits = settings.limits.clone();
        let thread = std::thread::Builder::new().name("scribe".to_owned());
        let thread = thread.spawn(move || {
            step_back();
            let recordings = records.map(|folder| Recordings::new(folder, limits.recordings_max));
            write_all(&queue, recordings, captures.as_deref(), limits.captures_max);
        })?;
        Ok(Some(Self {
            jobs,
            thread: Mutex::new(Some(thread)),
            cooldown: settings.capture.cooldown,
            quiet_until: AtomicU64::new(0),
            counts: Default::default(),
        }))
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
        if self.send(Job::Capture(Box::new(capture))) {
            self.count(CAPTURES, 1);
        }
    }

    /// Appends to the file of a room.
    pub(crate) fn append(&self, name: std::sync::Arc<str>, room: RoomId, recorded: Recorded) {
        let bytes = recorded.bytes.len() as u64;
        if self.send(Job::Append {
            name,
            room,
            recorded,
        }) {
            self.count(RECORDED_BYTES, bytes);
        }
    }

    pub(crate) fn counts(&self) -> ScribeCounts {
        let count = |which: usize| self.counts[which].load(Ordering::Relaxed);
        ScribeCounts {
            captures: count(CAPTURES),
            recorded_bytes: count(RECORDED_BYTES),
            jobs_dropped: count(JOBS_DROPPED),
        }
    }

    /// Writes what waits, and ends.
    pub(crate) fn finish(&self) {
        // Waits for a place in the queue: the shards have ended.
        let _ = self.jobs.send(Job::End);
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the scribe ended badly: captures and recordings may be cut off");
        }
    }

    fn send(&self, job: Job) -> bool {
        let sent = self.jobs.try_send(job).is_ok();
        if !sent {
            self.count(JOBS_DROPPED, 1);
        }
        sent
    }

    fn count(&self, which: usize, by: u64) {
        self.counts[which].fetch_add(by, Ordering::Relaxed);
    }
}

fn step_back() {
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "the scribe runs at normal priority");
    }
}

fn write_all(
    queue: &Receiver<Job>,
    mut recordings: Option<Recordings>,
    captures: Option<&Path>,
    captures_max: u64,
) {
    for job in queue {
        match (job, &mut recordings, captures) {
            (Job::End, _, _) => return,
            (
                Job::Append {
                    name,
                    room,
                    recorded,
                },
                Some(recordings),
                _,
            ) => recordings.append(&name, room, &recorded),
            (Job::Capture(capture), _, Some(folder)) => {
                keep(folder, &capture, captures_max);
            }
            (Job::Append { .. } | Job::Capture(_), _, _) => {}
        }
    }
}

fn keep(parent: &Path, capture: &Capture, captures_max: u64) {
    bounded::make_room(parent, captures_max, |name| name.contains("-tick-"));
    let tick = capture.facts.tick;
    match write_capture(parent, capture) {
        Ok(folder) => tracing::info!(tick, folder = %folder.display(), "slow tick captured"),
        Err(error) => {
            tracing::error!(tick, %error, folder = %parent.display(), "slow tick not captured");
        }
    }
}

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
