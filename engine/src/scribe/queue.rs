//! What waits to be written, in so many bytes and no more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam::channel::{Receiver, Sender, unbounded};
use downbeat_core::record::Recorded;
use downbeat_schemas::id::RoomId;
use futures_channel::oneshot;

use crate::capture::{Capture, CapturedTick};

/// What a job weighs besides its bytes: so bytes bound the number of jobs too.
const JOB_BYTES: u64 = 256;

/// What is to be done.
#[derive(Debug)]
pub(super) enum Job {
    Append {
        room_type: Arc<str>,
        room: RoomId,
        recorded: Recorded,
    },
    Capture(Box<Capture>),
    /// List the captures.
    Captures(oneshot::Sender<Vec<CapturedTick>>),
    /// Read the flame graph of the capture of this name.
    FlameGraph(String, oneshot::Sender<Option<String>>),
    End,
}

impl Job {
    pub(super) fn bytes(&self) -> u64 {
        JOB_BYTES
            + match self {
                Self::Append { recorded, .. } => recorded.bytes.len() as u64,
                Self::Capture(capture) => capture.bytes(),
                Self::Captures(_) | Self::FlameGraph(..) | Self::End => 0,
            }
    }
}

/// The shards' end of it.
#[derive(Debug)]
pub(super) struct Queue {
    jobs: Sender<Job>,
    bytes_max: u64,
    counts: Arc<Counts>,
}

impl Queue {
    pub(super) fn new(bytes_max: u64) -> (Self, Receiver<Job>) {
        let (jobs, queue) = unbounded();
        let queue_end = Self {
            jobs,
            bytes_max,
            counts: Arc::default(),
        };
        (queue_end, queue)
    }

    /// Puts a job in. Gives it back if too much waits; what is larger than the queue goes in when
    /// nothing waits.
    pub(super) fn put(&self, job: Job) -> Result<(), Job> {
        let bytes = job.bytes();
        let waiting = &self.counts.waiting_bytes;
        let taken = waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |waiting| {
            let all = waiting + bytes;
            (waiting == 0 || all <= self.bytes_max).then_some(all)
        });
        if taken.is_err() {
            Counts::add(&self.counts.behind, 1);
            return Err(job);
        }
        self.jobs.send(job).map_err(|unsent| unsent.0)
    }

    /// Puts in what is small and comes once for each recording.
    pub(super) fn put_anyway(&self, job: Job) {
        Counts::add(&self.counts.waiting_bytes, job.bytes());
        // Fails if the thread is gone, and with it all that is to be written.
        let _ = self.jobs.send(job);
    }

    pub(super) fn is_half_empty(&self) -> bool {
        self.counts.waiting_bytes.load(Ordering::Relaxed) <= self.bytes_max / 2
    }

    pub(super) const fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }
}

/// What the scribe did, or could not do; shared by shards and the thread.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(super) waiting_bytes: AtomicU64,
    pub(super) captures: AtomicU64,
    pub(super) captures_lost: AtomicU64,
    pub(super) recorded_bytes: AtomicU64,
    pub(super) recordings_cut: AtomicU64,
    pub(super) behind: AtomicU64,
    pub(super) refused: AtomicU64,
}

/// [`Counts`] at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ScribeCounts {
    /// Captures whose folder is whole.
    pub(crate) captures: u64,
    /// Slow ticks that were to be captured and are not.
    pub(crate) captures_lost: u64,
    /// Bytes of recordings that were written.
    pub(crate) recorded_bytes: u64,
    /// Recordings that lack their end, or were not made.
    pub(crate) recordings_cut: u64,
    /// Times `scribe_bytes_max` was hit.
    pub(crate) behind: u64,
    /// Times `recordings_max` was hit by rooms that are recorded at once.
    pub(crate) refused: u64,
}

impl Counts {
    pub(super) fn add(count: &AtomicU64, by: u64) {
        count.fetch_add(by, Ordering::Relaxed);
    }

    pub(super) fn done(&self, bytes: u64) {
        self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> ScribeCounts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        ScribeCounts {
            captures: read(&self.captures),
            captures_lost: read(&self.captures_lost),
            recorded_bytes: read(&self.recorded_bytes),
            recordings_cut: read(&self.recordings_cut),
            behind: read(&self.behind),
            refused: read(&self.refused),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_bytes_wait_and_no_more() {
        let (queue, jobs) = Queue::new(1_000);
        let job = |name_bytes: usize| {
            let (reply, _) = oneshot::channel();
            Job::FlameGraph("a".repeat(name_bytes), reply)
        };
        let put = || queue.put(job(9)).is_ok();
        assert_eq!([put(), put(), put(), put()], [true, true, true, false]);
        assert!(!queue.is_half_empty());
        queue.put_anyway(Job::End);
        let mut taken = 0;
        for job in jobs.try_iter() {
            queue.counts().done(job.bytes());
            taken += 1;
        }
        assert_eq!((taken, queue.counts().read().behind), (4, 1));
        assert!(queue.is_half_empty() && put());
    }
}
