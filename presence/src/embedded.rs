//! The presence of one node, in its memory; and the one that is not there.

use std::fmt;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use crate::{Answer, Backend, Ear, EarId, Hub, Machine, Operation, Pending, PresenceError};

/// Each half under a lock that is held for microseconds; no ear is told under one.
pub(crate) struct Embedded {
    machine: Mutex<Machine>,
    /// None after the end.
    hub: Mutex<Option<Hub>>,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Embedded {
    pub(crate) fn new(
        limits: &Limits,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        Self {
            machine: Mutex::new(Machine::new(limits)),
            hub: Mutex::new(Some(Hub::new(limits.presence_subscriptions_max))),
            clock: Box::new(clock),
        }
    }
}

impl Backend for Embedded {
    fn ask(&self, key: Arc<str>, operation: Operation) -> Pending<Result<Answer, PresenceError>> {
        if lock(&self.hub).is_none() {
            return Box::pin(ready(Err(over())));
        }
        let now = (self.clock)();
        let answer = lock(&self.machine).apply(&key, operation, now);
        Box::pin(ready(answer))
    }

    fn publish(&self, topic: Arc<str>, payload: Arc<[u8]>) -> Pending<Result<(), PresenceError>> {
        Box::pin(ready(self.tell(topic, payload)))
    }

    fn tell(&self, topic: Arc<str>, payload: Arc<[u8]>) -> Result<(), PresenceError> {
        let ears = lock(&self.hub).as_ref().map(|hub| hub.ears(&topic));
        for ear in ears.ok_or_else(over)? {
            ear.hear(&topic, &payload);
        }
        Ok(())
    }

    fn attach(&self, topic: &Arc<str>, ear: Arc<dyn Ear>) -> Result<EarId, PresenceError> {
        let mut hub = lock(&self.hub);
        let attached = hub.as_mut().ok_or_else(over)?.attach(topic, ear);
        attached.map(|(id, _)| id)
    }

    fn detach(&self, topic: &str, ear: EarId) {
        // Lives longer than the lock: what an ear holds may end with it.
        let _ear = lock(&self.hub).as_mut().map(|hub| hub.detach(topic, ear));
    }

    fn heard(&self, _: &Arc<str>) -> Pending<Result<(), PresenceError>> {
        Box::pin(ready(Ok(())))
    }

    fn close(&self) {
        let hub = lock(&self.hub).take();
        for ear in hub.into_iter().flat_map(|mut hub| hub.take_all()) {
            ear.end();
        }
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = lock(&self.machine).len();
        write!(f, "Embedded({keys} keys)")
    }
}

/// Where there is no presence.
#[derive(Debug)]
pub(crate) struct Nowhere;

impl Backend for Nowhere {
    fn ask(&self, _: Arc<str>, _: Operation) -> Pending<Result<Answer, PresenceError>> {
        Box::pin(ready(Err(nowhere())))
    }

    fn publish(&self, _: Arc<str>, _: Arc<[u8]>) -> Pending<Result<(), PresenceError>> {
        Box::pin(ready(Err(nowhere())))
    }

    fn tell(&self, _: Arc<str>, _: Arc<[u8]>) -> Result<(), PresenceError> {
        Err(nowhere())
    }

    fn attach(&self, _: &Arc<str>, _: Arc<dyn Ear>) -> Result<EarId, PresenceError> {
        Err(nowhere())
    }

    fn detach(&self, _: &str, _: EarId) {}

    fn heard(&self, _: &Arc<str>) -> Pending<Result<(), PresenceError>> {
        Box::pin(ready(Err(nowhere())))
    }

    fn close(&self) {}
}

fn over() -> PresenceError {
    PresenceError::Unavailable("the server has stopped".to_owned())
}

fn nowhere() -> PresenceError {
    PresenceError::Unavailable("there is no server around, as in a replay".to_owned())
}

/// A panic under one of the locks is a bug that has been reported by then; the others go on with
/// what it left.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
