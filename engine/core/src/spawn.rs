//! Async work of a room: its futures go out to the shard, their results come back as calls.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::ctx::Ctx;
use crate::guard::guarded;
use crate::room::Room;

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
        let polled = guarded(|| future.poll(cx));
        polled.unwrap_or_else(|message| Poll::Ready(Finished(Err(message))))
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

/// A future's result with what is to be done with it.
pub(crate) type Then<R> = Box<dyn FnOnce(&mut R, &mut Ctx<R>)>;

/// The futures that a room waits for.
pub(crate) struct Spawner<R: Room> {
    spawned: Vec<Spawned>,
    finished: Vec<Result<Then<R>, String>>,
    pending: usize,
}

impl<R: Room> Spawner<R> {
    pub(crate) const fn new() -> Self {
        Self {
            spawned: Vec::new(),
            finished: Vec::new(),
            pending: 0,
        }
    }

    pub(crate) fn spawn<T: 'static>(
        &mut self,
        future: impl Future<Output = T> + 'static,
        then: impl FnOnce(&mut R, T, &mut Ctx<R>) + 'static,
    ) {
        let future = async move {
            let output = future.await;
            let then: Then<R> = Box::new(move |room, ctx| then(room, output, ctx));
            Finished(Ok(Box::new(then)))
        };
        self.spawned.push(Spawned(Box::pin(future)));
        self.pending += 1;
    }

    /// Futures that were spawned and whose closure has not run.
    pub(crate) const fn pending(&self) -> usize {
        self.pending
    }

    pub(crate) fn take_spawned(&mut self) -> Vec<Spawned> {
        std::mem::take(&mut self.spawned)
    }

    pub(crate) fn finish(&mut self, finished: Finished) {
        let then = finished.0.map(|then| {
            let then = then.downcast::<Then<R>>();
            *then.expect("a result goes back to the room that spawned its future")
        });
        self.finished.push(then);
    }

    /// The results that came since the last call, in their order.
    pub(crate) fn take_finished(&mut self) -> Vec<Result<Then<R>, String>> {
        let finished = std::mem::take(&mut self.finished);
        self.pending -= finished.len();
        finished
    }
}
