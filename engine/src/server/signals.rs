//! SIGTERM and SIGINT: what they do before a server runs, while it does, and while it ends.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

/// The exit status of a process that was ended by a signal, as shells count: 128 and the signal.
const INTERRUPTED: i32 = 130;

/// Waits for the signals that end a server.
#[derive(Debug)]
pub(super) struct Signals {
    came: Arc<AtomicBool>,
    is_starting: Arc<AtomicBool>,
    /// Becomes readable with a signal.
    pipe: std::os::unix::net::UnixStream,
}

impl Signals {
    /// A signal ends the process at once, as if nobody caught it, until [`Self::catch`]: a start has
    /// nothing to end in order, and may wait for a Redis that does not answer.
    pub(super) fn new() -> io::Result<Self> {
        let came = Arc::new(AtomicBool::new(false));
        let is_starting = Arc::new(AtomicBool::new(true));
        let (pipe, write) = std::os::unix::net::UnixStream::pair()?;
        for signal in [SIGTERM, SIGINT] {
            flag::register_conditional_default(signal, Arc::clone(&is_starting))?;
            flag::register(signal, Arc::clone(&came))?;
            low_level::pipe::register(signal, write.try_clone()?)?;
        }
        Ok(Self {
            came,
            is_starting,
            pipe,
        })
    }

    /// From now on a signal is kept for [`Self::wait`].
    pub(super) fn catch(&self) {
        self.is_starting.store(false, Ordering::SeqCst);
    }

    /// Returns with the first signal.
    pub(super) fn wait(&self) {
        use std::io::Read;
        let mut byte = [0];
        while !self.came.load(Ordering::SeqCst) {
            // Interrupted or not: the flag tells.
            let _ = (&self.pipe).read(&mut byte);
        }
    }

    /// From now on a signal ends the process at once.
    pub(super) fn exit_on_next(&self) {
        let armed = Arc::new(AtomicBool::new(true));
        for signal in [SIGTERM, SIGINT] {
            if let Err(error) =
                flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&armed))
            {
                tracing::warn!(%error, "a second signal will not end the process at once");
            }
        }
    }
}
