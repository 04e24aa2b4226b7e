//! Async work of a room: its futures go out to the shard, their results come back as calls.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::panic_message::panic_message;

/// A future of a room. The shard polls it to its end and gives the result to the room with
/// [`AnyRoom::finish_spawned`](crate::host::AnyRoom::finish_spawned).
///
/// Never panics when polled: a panic of the game's future comes back as a result, which fails the
/// room.
pub struct Spawned(Pin<Box<dyn Future<Output = Finished>>>);

impl Future for Spawned {
    type Output = Finished;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Finished> {
        let future = self.0.as_mut();
        let polled = catch_unwind(AssertUnwindSafe(|| future.poll(cx)));
        polled.unwrap_or_else(|payload| {
            let message = panic_message(payload.as_ref());
            Poll::Ready(Finished(Err(message)))
        })
    }
}

impl fmt::Debug for Spawned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spawned(..)")
    }
}

/// The result of a [`Spawned`] future, or the message of its panic.
pub struct Finished(Result<Box<dyn Any>, String>);

impl fmt::Debug for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(_) => f.write_str("Finished(..)"),
            Err(message) => write!(f, "Finished(panicked: {message})"),
        }
    }
}
