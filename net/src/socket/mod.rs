//! The only I/O of this crate: non-blocking sockets, readiness, wake-ups.
//!
//! Linux only, through rustix: no unsafe code, and no file descriptor that is not owned.

mod listener;
mod poller;
mod send;
mod stream;
mod waker;

pub use listener::{AcceptError, BindError, Listener};
pub use poller::{EVENTS_PER_POLL, Interest, Poller, Readiness};
pub use send::{BATCH_BYTES_MAX, Batch, Flushed, flush, send_message};
pub use stream::{Recv, Sent, Stream};
pub use waker::Waker;
