//! The pinned executor of a shard: the only file that knows glommio.
//!
//! glommio gives the thread, its core, precise timers and an io_uring to sleep in. Sockets are not
//! its business: the shard reads and writes them itself, in batches.

use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use glommio::io::{PollState, PollableFd};
use glommio::timer::Timer;
use glommio::{ExecutorJoinHandle, LocalExecutorBuilder, Placement};
use thread_priority::unix::{set_thread_priority_and_policy, thread_native_id};
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
};

/// Memory that glommio registers with the kernel for its own file I/O, of which a shard does none.
/// Its default of 10 MB per executor would be most of an idle server.
const IO_MEMORY_BYTES: usize = 64 << 10;
/// Submissions waiting in the ring. A shard has two at most: its timer and its poller.
const RING_DEPTH: usize = 64;
/// How late a timer of the kernel may be: as little as it can, for ticks are to start on time.
const TIMER_SLACK_NS: u64 = 1;

/// Of the real-time priorities 1 to 99. The kernel's own threads for interrupts have 50: what brings
/// packets must not wait for who reads them.
const REALTIME_PRIORITY: u8 = 10;

/// A running shard thread.
#[derive(Debug)]
pub(crate) struct ShardThread(ExecutorJoinHandle<()>);

impl ShardThread {
    /// Starts a thread on `cpu` that runs `main` to its end.
    ///
    /// # Errors
    /// What the kernel says if there is no such CPU or no ring to be had.
    pub(crate) fn spawn<F>(
        name: &str,
        cpu: usize,
        main: impl FnOnce() -> F + Send + 'static,
    ) -> io::Result<Self>
    where
        F: Future<Output = ()> + 'static,
    {
        LocalExecutorBuilder::new(Placement::Fixed(cpu))
            .name(name)
            .io_memory(IO_MEMORY_BYTES)
            .ring_depth(RING_DEPTH)
            .spawn(move || async move {
                sharpen_timers();
                main().await;
            })
            .map(Self)
            .map_err(Into::into)
    }

    /// Waits for the thread's end.
    ///
    /// # Errors
    /// If the thread panicked.
    pub(crate) fn join(self) -> io::Result<()> {
        self.0.join().map_err(Into::into)
    }
}

/// Puts this thread before all ordinary ones of its core, until it rests (`SCHED_FIFO`).
///
/// # Errors
/// The kernel does not let this process.
pub(crate) fn go_first() -> io::Result<()> {
    let first = ThreadPriorityValue::try_from(REALTIME_PRIORITY);
    let first = first.map_err(io::Error::other)?;
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    set_thread_priority_and_policy(
        thread_native_id(),
        ThreadPriority::Crossplatform(first),
        policy,
    )
    .map_err(|error| match error {
        thread_priority::Error::OS(code) => io::Error::from_raw_os_error(code),
        other => io::Error::other(format!("{other:?}")),
    })
}

fn sharpen_timers() {
    let slack = std::num::NonZeroU64::new(TIMER_SLACK_NS);
    if let Err(error) = rustix::thread::set_current_timer_slack(slack) {
        tracing::warn!(%error, "ticks may start 50 µs later: timer slack not set");
    }
}

/// What a shard sleeps on: its poller, seen as one descriptor by the ring, and its bell.
#[derive(Debug)]
pub(crate) struct Bed {
    poller: PollableFd<Borrowed>,
    bell: PollableFd<Borrowed>,
}

/// A descriptor that the shard owns and keeps for as long as the bed.
#[derive(Debug)]
struct Borrowed(RawFd);

impl AsRawFd for Borrowed {
    fn as_raw_fd(&self) -> RawFd {
        self.0
    }
}

impl Bed {
    /// Must be called on the shard's own thread.
    ///
    /// # Errors
    /// If the executor is gone.
    pub(crate) fn new(poller: &impl AsRawFd, bell: &impl AsFd) -> io::Result<Self> {
        Ok(Self {
            poller: PollableFd::new(Borrowed(poller.as_raw_fd()))?,
            bell: PollableFd::new(Borrowed(bell.as_fd().as_raw_fd()))?,
        })
    }

    /// Sleeps for `pause`, come what may.
    pub(crate) async fn sleep(&self, pause: Duration) {
        Timer::new(pause).await;
    }

    /// Sleeps for `pause` or until the poller has something.
    pub(crate) async fn sleep_or_readable(&self, pause: Duration) {
        sleep_or(&self.poller, pause).await;
    }

    /// Sleeps for `pause` or until the bell rings; sockets wait.
    pub(crate) async fn sleep_or_rung(&self, pause: Duration) {
        sleep_or(&self.bell, pause).await;
    }

    /// Lets the ring turn without sleeping: a shard that is late must not starve its executor.
    pub(crate) async fn breathe(&self) {
        glommio::yield_if_needed().await;
    }
}

async fn sleep_or(readable: &PollableFd<Borrowed>, pause: Duration) {
    let mut timer = pin!(Timer::new(pause));
    let mut state = PollState::new();
    poll_fn(|cx| {
        if readable.poll_readable(cx, &mut state).is_ready() {
            return Poll::Ready(());
        }
        timer.as_mut().poll(cx).map(|_| ())
    })
    .await;
}
