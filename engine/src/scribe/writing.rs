//! The scribe's thread.

use std::path::PathBuf;
use std::sync::Arc;

use crossbeam::channel::Receiver;

use super::bounded;
use super::queue::{Counts, Job};
use super::recordings::Recordings;
use crate::capture::{self, Capture, CapturedTick, write_capture};
use crate::server::settings::Settings;

/// Below everything that is on time: it runs when a core has nothing better to do.
const NICENESS: i32 = 19;

/// What the thread works with.
pub(super) struct Writer {
    captures: Option<PathBuf>,
    captures_max: u64,
    recordings: Recordings,
    counts: Arc<Counts>,
}

impl Writer {
    pub(super) fn new(settings: &Settings, counts: Arc<Counts>) -> Self {
        let folder = settings.record.folder.clone();
        let files_max = settings.limits.recordings_max;
        Self {
            captures: settings.capture.folder.clone(),
            captures_max: settings.limits.captures_max,
            recordings: Recordings::new(folder, files_max, Arc::clone(&counts)),
            counts,
        }
    }

    pub(super) fn write_all(mut self, jobs: &Receiver<Job>) {
        step_back();
        for job in jobs {
            let bytes = job.bytes();
            match job {
                Job::Append {
                    room_type,
                    room,
                    recorded,
                } => self.recordings.append(&room_type, room, &recorded),
                Job::Capture(capture) => self.keep(&capture),
                // Whoever asked may have gone.
                Job::Captures(reply) => drop(reply.send(self.list())),
                Job::FlameGraph(name, reply) => drop(reply.send(self.flame_graph(&name))),
                Job::End => return,
            }
            self.counts.done(bytes);
        }
    }

    fn keep(&self, capture: &Capture) {
        let Some(parent) = &self.captures else { return };
        bounded::make_room(parent, self.captures_max, capture::is_capture);
        let tick = capture.facts.tick;
        match write_capture(parent, capture) {
            Ok(folder) => {
                Counts::add(&self.counts.captures, 1);
                tracing::info!(tick, folder = %folder.display(), "slow tick captured");
            }
            Err(error) => {
                Counts::add(&self.counts.captures_lost, 1);
                tracing::error!(tick, %error, folder = %parent.display(), "slow tick not captured");
            }
        }
    }

    fn list(&self) -> Vec<CapturedTick> {
        let folder = self.captures.as_deref();
        folder.map(capture::list).unwrap_or_default()
    }

    fn flame_graph(&self, name: &str) -> Option<String> {
        let all = self.list().into_iter();
        let capture = all.into_iter().find(|capture| capture.name == name)?;
        capture.read_flame_graph(self.captures.as_deref()?)
    }
}

fn step_back() {
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "captures and recordings are written at normal priority");
    }
}
