//! What a shared store has to offer.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::{Answer, Ear, EarId, Operation, PresenceError};

/// An answer that may have to come from elsewhere. To give up, drop it.
pub type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What keeps the keys and carries the messages. Callable from any thread; no call blocks but for a
/// short lock. Sizes were checked before; what is done is done by the call, not by the first poll.
pub trait Backend: fmt::Debug + Send + Sync {
    /// Does something to a key.
    fn ask(&self, key: Arc<str>, operation: Operation) -> Pending<Result<Answer, PresenceError>>;

    /// Publishes, and answers when the message is on its way.
    fn publish(&self, topic: Arc<str>, payload: Arc<[u8]>) -> Pending<Result<(), PresenceError>>;

    /// Publishes; what becomes of it nobody is told.
    ///
    /// # Errors
    /// [`PresenceError`] if it is known at once that it does not get far.
    fn tell(&self, topic: Arc<str>, payload: Arc<[u8]>) -> Result<(), PresenceError>;

    /// Brings the messages of a topic to an ear, each once, as soon as the store can.
    ///
    /// # Errors
    /// [`PresenceError`] at `presence_subscriptions_max`, or after [`Self::close`].
    fn attach(&self, topic: &Arc<str>, ear: Arc<dyn Ear>) -> Result<EarId, PresenceError>;

    /// No more messages of the topic for this ear.
    fn detach(&self, topic: &str, ear: EarId);

    /// Answers when what is published to the topic from then on reaches the ears of this node.
    fn heard(&self, topic: &Arc<str>) -> Pending<Result<(), PresenceError>>;

    /// The end: every ear is told, and whatever comes later fails.
    fn close(&self);
}
