//! SIGTERM and SIGINT.

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
    /// Becomes readable with a signal.
    pipe: std::os::unix::net::UnixStream,
}

impl Signals {
    /// Catches the signals from now on.
    pub(super) fn new() -> io::Result<Self> {
        let came = Arc::new(AtomicBool::new(false));
        let (pipe, write) = std::os::unix::net::UnixStream::pair()?;
        for signal in [SIGTERM, SIGINT] {
            flag::register(signal, Arc::clone(&came))?;
            low_level::pipe::register(signal, write.try_clone()?)?;
        }
        Ok(Self { came, pipe })
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
