//! Messages on their way to a program.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::{Attachment, Ear, Hits};

/// A topic that a program hears: a queue of at most `presence_messages_max` messages. Dropped, it
/// hears no more.
#[derive(Debug)]
pub struct Subscription {
    queue: Arc<Queue>,
    attachment: Attachment,
}

/// What was published to a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The bytes. All who hear them share them.
    pub payload: Arc<[u8]>,
    /// Messages of the topic that came before this one and were dropped, because the queue was
    /// full.
    pub missed: u64,
}

impl Subscription {
    pub(crate) const fn new(queue: Arc<Queue>, attachment: Attachment) -> Self {
        Self { queue, attachment }
    }

    /// The topic.
    pub fn topic(&self) -> &str {
        self.attachment.topic()
    }

    /// The next message; none when presence has come to its end, as with its server.
    pub async fn next(&mut self) -> Option<Message> {
        poll_fn(|context| self.queue.poll(context)).await
    }

    /// The next message, if there is one now.
    pub fn try_next(&mut self) -> Option<Message> {
        self.queue.lock().messages.pop_front()
    }
}

/// The ear of a subscription.
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    max: u64,
    hits: Arc<Hits>,
}

#[derive(Default)]
struct Waiting {
    messages: VecDeque<Message>,
    missed: u64,
    waker: Option<Waker>,
    is_over: bool,
}

impl Queue {
    pub(crate) fn new(max: u64, hits: &Arc<Hits>) -> Arc<Self> {
        Arc::new(Self {
            waiting: Mutex::default(),
            max,
            hits: Arc::clone(hits),
        })
    }

    fn poll(&self, context: &Context<'_>) -> Poll<Option<Message>> {
        let mut waiting = self.lock();
        if let Some(message) = waiting.messages.pop_front() {
            return Poll::Ready(Some(message));
        }
        if waiting.is_over {
            return Poll::Ready(None);
        }
        // Lives longer than the lock: the last waker of a task ends the task and what it holds.
        let _replaced = waiting.waker.replace(context.waker().clone());
        drop(waiting);
        Poll::Pending
    }

    /// A panic under the lock has been reported; what it left is a queue.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ear for Queue {
    fn hear(&self, _: &Arc<str>, payload: &Arc<[u8]>) {
        let mut waiting = self.lock();
        if waiting.messages.len() as u64 >= self.max {
            waiting.missed += 1;
            drop(waiting);
            return self.hits.note("presence_messages_max", 1);
        }
        let message = Message {
            payload: Arc::clone(payload),
            missed: std::mem::take(&mut waiting.missed),
        };
        waiting.messages.push_back(message);
        let waker = waiting.waker.take();
        drop(waiting);
        waker.into_iter().for_each(Waker::wake);
    }

    fn end(&self) {
        let mut waiting = self.lock();
        waiting.is_over = true;
        let waker = waiting.waker.take();
        drop(waiting);
        waker.into_iter().for_each(Waker::wake);
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.lock().messages.len();
        write!(f, "Queue({waiting} waiting)")
    }
}
