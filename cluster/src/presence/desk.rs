//! What waits for Redis, and who hears which topic: a lock between all threads and one.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use downbeat_presence::{Answer, Backend, Ear, EarId, Hub, Operation, Pending, PresenceError};
use downbeat_schemas::limits::Limits;
use futures_channel::oneshot;

/// Where an answer goes. Dropped unanswered at the end.
pub(super) type Answers<T> = oneshot::Sender<Result<T, PresenceError>>;

/// Something that Redis is asked for.
#[derive(Debug)]
pub(super) enum Request {
    Ask(Arc<str>, Operation, Answers<Answer>),
    /// With nobody to be told where nobody asked.
    Publish(Arc<str>, Arc<[u8]>, Option<Answers<()>>),
    /// Until the topic is heard.
    Heard(Arc<str>, Answers<()>),
}

/// Callable from any thread. Nobody is woken or told under the lock.
pub(super) struct Desk {
    state: Mutex<State>,
    waiting_max: u64,
}

struct State {
    requests: VecDeque<Request>,
    hub: Hub,
    /// Topics that somebody began to hear, or nobody hears any more, since they were looked at.
    touched: BTreeSet<Arc<str>>,
    waker: Option<Waker>,
    is_over: bool,
}

impl Desk {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            state: Mutex::new(State {
                requests: VecDeque::new(),
                hub: Hub::new(limits.presence_subscriptions_max),
                touched: BTreeSet::new(),
                waker: None,
                is_over: false,
            }),
            waiting_max: limits.presence_waiting_max,
        }
    }

    /// Whoever works it off is woken by what comes next.
    pub(super) fn wake_with(&self, waker: &Waker) {
        // Lives longer than the lock: the last waker of a task ends the task and what it holds.
        let _replaced = self.lock().waker.replace(waker.clone());
    }

    pub(super) fn next(&self) -> Option<Request> {
        self.lock().requests.pop_front()
    }

    /// The topics whose ears changed since the last call, and whether somebody hears them.
    pub(super) fn take_touched(&self) -> Vec<(Arc<str>, bool)> {
        let state = &mut *self.lock();
        let touched = std::mem::take(&mut state.touched).into_iter();
        let heard = touched.map(|topic| {
            let is_heard = state.hub.is_heard(&topic);
            (topic, is_heard)
        });
        heard.collect()
    }

    /// Tells all who hear a topic.
    pub(super) fn tell_ears(&self, topic: &str, payload: &[u8]) {
        let ears = self.lock().hub.ears(topic);
        if ears.is_empty() {
            return;
        }
        let (topic, payload) = (Arc::from(topic), Arc::from(payload));
        for ear in ears {
            ear.hear(&topic, &payload);
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.lock().is_over
    }

    /// Nothing is worked off any more.
    pub(super) fn end(&self) {
        let (requests, ears, waker) = {
            let state = &mut *self.lock();
            state.is_over = true;
            let requests = std::mem::take(&mut state.requests);
            (requests, state.hub.take_all(), state.waker.take())
        };
        drop(requests);
        ears.iter().for_each(|ear| ear.end());
        waker.into_iter().for_each(Waker::wake);
    }

    fn put(&self, request: Request) -> Result<(), PresenceError> {
        let waker = {
            let state = &mut *self.lock();
            if state.is_over {
                return Err(over());
            }
            if state.requests.len() as u64 >= self.waiting_max {
                return Err(PresenceError::TooMany {
                    what: "requests that wait for Redis",
                    max: self.waiting_max,
                    limit: "presence_waiting_max",
                });
            }
            state.requests.push_back(request);
            state.waker.take()
        };
        waker.into_iter().for_each(Waker::wake);
        Ok(())
    }

    fn put_and_wait<T: Send + 'static>(
        &self,
        request: impl FnOnce(Answers<T>) -> Request,
    ) -> Pending<Result<T, PresenceError>> {
        let (answer, answered) = oneshot::channel();
        let put = self.put(request(answer));
        Box::pin(async move {
            put?;
            answered.await.unwrap_or_else(|_| Err(over()))
        })
    }

    fn touch(&self, state: &mut State, topic: &Arc<str>) -> Option<Waker> {
        state.touched.insert(Arc::clone(topic));
        state.waker.take()
    }

    /// A panic under the lock is a bug that has been reported by then; the others go on with what it
    /// left.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for Desk {
    fn ask(&self, key: Arc<str>, operation: Operation) -> Pending<Result<Answer, PresenceError>> {
        self.put_and_wait(|answer| Request::Ask(key, operation, answer))
    }

    fn publish(&self, topic: Arc<str>, payload: Arc<[u8]>) -> Pending<Result<(), PresenceError>> {
        self.put_and_wait(|answer| Request::Publish(topic, payload, Some(answer)))
    }

    fn tell(&self, topic: Arc<str>, payload: Arc<[u8]>) -> Result<(), PresenceError> {
        self.put(Request::Publish(topic, payload, None))
    }

    fn attach(&self, topic: &Arc<str>, ear: Arc<dyn Ear>) -> Result<EarId, PresenceError> {
        let (id, waker) = {
            let state = &mut *self.lock();
            if state.is_over {
                return Err(over());
            }
            let (id, is_first) = state.hub.attach(topic, ear)?;
            let waker = is_first.then(|| self.touch(state, topic)).flatten();
            (id, waker)
        };
        waker.into_iter().for_each(Waker::wake);
        Ok(id)
    }

    fn detach(&self, topic: &str, ear: EarId) {
        let (waker, ear) = {
            let state = &mut *self.lock();
            let (ear, is_last) = state.hub.detach(topic, ear);
            let waker = is_last.then(|| self.touch(state, &topic.into()));
            (waker.flatten(), ear)
        };
        drop(ear);
        waker.into_iter().for_each(Waker::wake);
    }

    fn heard(&self, topic: &Arc<str>) -> Pending<Result<(), PresenceError>> {
        self.put_and_wait(|answer| Request::Heard(Arc::clone(topic), answer))
    }

    fn close(&self) {
        self.end();
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.lock().requests.len();
        write!(f, "Desk({waiting} waiting)")
    }
}

fn over() -> PresenceError {
    PresenceError::Unavailable("the server has stopped".to_owned())
}
