//! An ear at a topic.

use std::fmt;
use std::sync::Arc;

use crate::{Backend, EarId};

/// An ear at a topic. Dropped, it hears no more.
pub struct Attachment {
    topic: Arc<str>,
    ear: EarId,
    backend: Arc<dyn Backend>,
}

impl Attachment {
    pub(crate) fn new(topic: Arc<str>, ear: EarId, backend: Arc<dyn Backend>) -> Self {
        Self {
            topic,
            ear,
            backend,
        }
    }

    pub(crate) const fn shared_topic(&self) -> &Arc<str> {
        &self.topic
    }

    /// The topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        self.backend.detach(&self.topic, self.ear);
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Attachment").field(&self.topic).finish()
    }
}
