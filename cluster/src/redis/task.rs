//! Tasks that end with who began them.

use std::future::Future;

use tokio::task::JoinHandle;

/// A task of this thread, aborted when this is dropped.
#[derive(Debug)]
pub(crate) struct Task(JoinHandle<()>);

impl Task {
    /// Begins a task.
    ///
    /// # Panics
    /// Outside of a `LocalSet`.
    pub(crate) fn begin(future: impl Future<Output = ()> + 'static) -> Self {
        Self(tokio::task::spawn_local(future))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
