//! What a game uses.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use downbeat_schemas::limits::Limits;
use downbeat_schemas::time::Timestamp;

use crate::embedded::{Embedded, Nowhere};
use crate::sizes::{check_key, check_message, check_operation};
use crate::subscription::Queue;
use crate::{
    Answer, Attachment, Backend, Counter, Ear, Hash, Hits, Life, Operation, Pending, PresenceError,
    Set, Subscription,
};

/// Topics, sets, hashes and counters that all rooms and programs of a game share. A handle: cheap
/// to clone, callable from any thread.
///
/// What is asked for is done when its future is first polled. A future that is dropped before does
/// nothing; one that is dropped later gives up the answer, not what it asked for.
///
/// | | |
/// |---|---|
/// | a message | reaches each subscription of its topic at most once: those of all nodes, its own node's included; it is kept for nobody |
/// | a key | holds a set, a hash or a counter, and expires; what holds nothing any more is not there |
/// | sizes | keys, topics and names `presence_key_bytes_max`, values `presence_value_bytes_max`, messages `presence_message_bytes_max` |
///
/// ```
/// use std::time::Duration;
/// use downbeat_presence::{Presence, PresenceError};
///
/// /// At most five tries in a minute.
/// async fn may_try(presence: &Presence, player: &str) -> Result<bool, PresenceError> {
///     let tries = presence.counter(&format!("tries:{player}"));
///     let tries = tries.living_once(Duration::from_secs(60));
///     Ok(tries.increment(1).await? <= 5)
/// }
/// # use downbeat_presence::testing::{answer, presence};
/// # assert_eq!(answer(may_try(&presence().0, "ann")), Ok(true));
/// ```
#[derive(Clone)]
pub struct Presence(Arc<Inner>);

struct Inner {
    limits: Limits,
    backend: Arc<dyn Backend>,
    hits: Arc<Hits>,
}

/// How long a write lets a key live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Living {
    /// `presence_expiry_default_ms` from each write on.
    #[default]
    ByDefault,
    FromEachWrite(Duration),
    FromTheFirst(Duration),
}

impl Presence {
    /// A presence in front of a store.
    pub fn new(limits: &Limits, backend: Arc<dyn Backend>) -> Self {
        Self(Arc::new(Inner {
            limits: limits.clone(),
            backend,
            hits: Arc::default(),
        }))
    }

    /// The presence of a node on its own, in its memory: what is there when no store is
    /// configured. Every answer is there at the first poll.
    ///
    /// `clock` tells the time by which keys expire.
    pub fn embedded(
        limits: &Limits,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        Self::new(limits, Arc::new(Embedded::new(limits, clock)))
    }

    /// A presence that is not there: whatever is asked of it fails with
    /// [`PresenceError::Unavailable`]. What a room has in a replay.
    pub fn nowhere() -> Self {
        Self::new(&Limits::default(), Arc::new(Nowhere))
    }

    /// Sends a message to everybody who hears the topic now.
    ///
    /// Messages of one publisher to one topic arrive in their order.
    ///
    /// # Errors
    /// In the future: [`PresenceError`] if the message is too large, or the store does not take it.
    pub fn publish(&self, topic: &str, payload: &[u8]) -> Pending<Result<(), PresenceError>> {
        let message = self.message(topic, payload);
        let this = self.clone();
        Box::pin(async move {
            let published = match message {
                Ok((topic, payload)) => this.0.backend.publish(topic, payload).await,
                Err(error) => Err(error),
            };
            this.counted(published)
        })
    }

    /// Publishes at once, and tells nobody what becomes of it: no future, nothing to wait for.
    ///
    /// # Errors
    /// [`PresenceError`] if the message is too large, or too many wait for the store.
    pub fn tell(&self, topic: &str, payload: &[u8]) -> Result<(), PresenceError> {
        let told = self.message(topic, payload);
        let told = told.and_then(|(topic, payload)| self.0.backend.tell(topic, payload));
        self.counted(told)
    }

    /// Hears a topic: the subscription gets what is published from the future's end on.
    ///
    /// ```
    /// # use downbeat_presence::{Presence, PresenceError};
    /// async fn first_goal(presence: &Presence) -> Result<Option<String>, PresenceError> {
    ///     let mut goals = presence.subscribe("goals").await?;
    ///     let goal = goals.next().await;
    ///     Ok(goal.map(|goal| String::from_utf8_lossy(&goal.payload).into_owned()))
    /// }
    /// ```
    ///
    /// # Errors
    /// In the future: [`PresenceError`] at `presence_subscriptions_max`, or if the store cannot be
    /// reached.
    pub fn subscribe(&self, topic: &str) -> Pending<Result<Subscription, PresenceError>> {
        let (this, topic) = (self.clone(), topic.to_owned());
        Box::pin(async move {
            let queue = Queue::new(this.0.limits.presence_messages_max, &this.0.hits);
            let attachment = this.attach(&topic, Arc::clone(&queue) as Arc<dyn Ear>)?;
            let heard = this.0.backend.heard(attachment.shared_topic()).await;
            this.counted(heard)?;
            Ok(Subscription::new(queue, attachment))
        })
    }

    /// Brings the messages of a topic to an ear for as long as the attachment is kept, as soon as
    /// the store can. For who has a queue of its own; others [`Self::subscribe`].
    ///
    /// # Errors
    /// [`PresenceError`] if the topic is too long, or at `presence_subscriptions_max`.
    pub fn attach(&self, topic: &str, ear: Arc<dyn Ear>) -> Result<Attachment, PresenceError> {
        let checked = check_key(&self.0.limits, "a topic", topic);
        let attached = checked.and_then(|()| {
            let (topic, backend) = (Arc::from(topic), Arc::clone(&self.0.backend));
            let ear = backend.attach(&topic, ear)?;
            Ok(Attachment::new(topic, ear, backend))
        });
        self.counted(attached)
    }

    /// The set of a key, whether or not there is one.
    pub fn set(&self, key: &str) -> Set {
        Set::new(self, key)
    }

    /// The hash of a key, whether or not there is one.
    pub fn hash(&self, key: &str) -> Hash {
        Hash::new(self, key)
    }

    /// The counter of a key, whether or not there is one.
    pub fn counter(&self, key: &str) -> Counter {
        Counter::new(self, key)
    }

    /// Lets a key expire after this time, at most `presence_expiry_max_ms`, until it is written to.
    /// False: there is no such key.
    ///
    /// # Errors
    /// In the future: [`PresenceError`] if the store cannot be reached.
    pub fn expire(&self, key: &str, after: Duration) -> Pending<Result<bool, PresenceError>> {
        let after_ms = self.bounded_ms(after);
        self.flag(&key.into(), Operation::Expire { after_ms })
    }

    /// Removes a key, whatever it holds. False: there is no such key.
    ///
    /// # Errors
    /// In the future: [`PresenceError`] if the store cannot be reached.
    pub fn remove(&self, key: &str) -> Pending<Result<bool, PresenceError>> {
        self.flag(&key.into(), Operation::Remove)
    }

    /// The end: all subscriptions end, and whatever comes later fails.
    pub fn close(&self) {
        self.0.backend.close();
    }

    /// How often each limit said no since the last call, by the limit's name.
    pub fn take_limit_hits(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
        self.0.hits.take().into_iter()
    }

    pub(crate) fn life(&self, living: Living) -> Life {
        let (after_ms, renews) = match living {
            Living::ByDefault => {
                let limits = &self.0.limits;
                let default_ms = limits.presence_expiry_default_ms;
                (default_ms.min(limits.presence_expiry_max_ms), true)
            }
            Living::FromEachWrite(after) => (self.bounded_ms(after), true),
            Living::FromTheFirst(after) => (self.bounded_ms(after), false),
        };
        Life { after_ms, renews }
    }

    pub(crate) fn flag(
        &self,
        key: &Arc<str>,
        operation: Operation,
    ) -> Pending<Result<bool, PresenceError>> {
        self.ask(key, operation, |answer| match answer {
            Answer::Flag(flag) => Some(flag),
            _ => None,
        })
    }

    pub(crate) fn number(
        &self,
        key: &Arc<str>,
        operation: Operation,
    ) -> Pending<Result<i64, PresenceError>> {
        self.ask(key, operation, |answer| match answer {
            Answer::Number(number) => Some(number),
            _ => None,
        })
    }

    /// Asks, and reads the answer as what the operation is answered with.
    pub(crate) fn ask<T: 'static>(
        &self,
        key: &Arc<str>,
        operation: Operation,
        read: fn(Answer) -> Option<T>,
    ) -> Pending<Result<T, PresenceError>> {
        let (this, key) = (self.clone(), Arc::clone(key));
        Box::pin(async move {
            let answer = match check_operation(&this.0.limits, &key, &operation) {
                Ok(()) => this.0.backend.ask(key, operation).await,
                Err(error) => Err(error),
            };
            let strange = || PresenceError::Unavailable("the store answered something else".into());
            read(this.counted(answer)?).ok_or_else(strange)
        })
    }

    fn message(&self, topic: &str, payload: &[u8]) -> Result<(Arc<str>, Arc<[u8]>), PresenceError> {
        check_message(&self.0.limits, topic, payload)?;
        Ok((topic.into(), payload.into()))
    }

    /// At least 1 ms: what is written is there for a moment.
    fn bounded_ms(&self, after: Duration) -> u64 {
        let ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        ms.clamp(1, self.0.limits.presence_expiry_max_ms)
    }

    fn counted<T>(&self, done: Result<T, PresenceError>) -> Result<T, PresenceError> {
        let limit = done.as_ref().err().and_then(PresenceError::limit);
        if let Some(limit) = limit {
            self.0.hits.note(limit, 1);
        }
        done
    }
}

impl fmt::Debug for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Presence").field(&self.0.backend).finish()
    }
}
