//! The topics that a room hears, and what it publishes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::host::Outlet;

/// The topics, in their order.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Topics {
    heard: BTreeSet<String>,
    /// Whether the shard knows them: not after a thaw.
    #[serde(skip)]
    told: bool,
}

impl Topics {
    pub(crate) fn hears(&self, topic: &str) -> bool {
        self.heard.contains(topic)
    }

    pub(crate) fn len(&self) -> usize {
        self.heard.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.heard.iter().map(String::as_str)
    }

    pub(crate) fn add(&mut self, topic: &str) {
        self.told &= !self.heard.insert(topic.to_owned());
    }

    pub(crate) fn remove(&mut self, topic: &str) -> bool {
        let was_heard = self.heard.remove(topic);
        self.told &= !was_heard;
        was_heard
    }

    pub(crate) fn clear(&mut self) {
        self.told &= self.heard.is_empty();
        self.heard.clear();
    }

    /// All of them, if they changed since the last call; the first call always tells.
    pub(crate) fn take_changed(&mut self) -> Option<Vec<String>> {
        let first = std::mem::replace(&mut self.told, true);
        (!first).then(|| self.heard.iter().cloned().collect())
    }
}

/// Messages that the room published and has not handed out.
#[derive(Debug, Default)]
pub(crate) struct Published {
    bytes: Vec<u8>,
    /// Bytes of the topic and of the payload behind it.
    messages: Vec<(usize, usize)>,
}

impl Published {
    pub(crate) const fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    pub(crate) fn push(&mut self, topic: &str, payload: &[u8]) {
        self.bytes.extend_from_slice(topic.as_bytes());
        self.bytes.extend_from_slice(payload);
        self.messages.push((topic.len(), payload.len()));
    }

    /// Hands everything out and forgets it; the memory stays.
    pub(crate) fn flush(&mut self, outlet: &mut dyn Outlet) {
        let mut bytes = &self.bytes[..];
        for (topic_len, payload_len) in self.messages.drain(..) {
            let (topic, rest) = bytes.split_at(topic_len);
            let (payload, rest) = rest.split_at(payload_len);
            bytes = rest;
            let topic = std::str::from_utf8(topic);
            outlet.publish(topic.expect("a topic went in as text"), payload);
        }
        self.bytes.clear();
    }
}
