//! A process that is stopped and goes on.

use std::io;

use rustix::process::{Pid, Signal, kill_process};

/// Signals to one process, by its id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signals {
    pub(crate) pid: u32,
}

impl Signals {
    /// Stops it until it may go on.
    pub(crate) fn stop(self) -> io::Result<()> {
        self.send(Signal::STOP)
    }

    pub(crate) fn go_on(self) -> io::Result<()> {
        self.send(Signal::CONT)
    }

    fn send(self, signal: Signal) -> io::Result<()> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or(io::ErrorKind::NotFound)?;
        Ok(kill_process(pid, signal)?)
    }
}
