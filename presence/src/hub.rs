//! Who hears which topic on a node.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::PresenceError;

/// Hears the messages of topics: the bounded queue of whoever is to read them.
///
/// Called on the thread of whoever publishes, one after the other: it puts the message into its
/// queue and returns. It may hear what was on its way when it was detached.
pub trait Ear: Send + Sync {
    /// A message was published.
    fn hear(&self, topic: &Arc<str>, payload: &Arc<[u8]>);

    /// Nothing follows.
    fn end(&self) {}
}

/// An ear at a topic. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EarId(u64);

/// The ears of a node, by topic.
#[derive(Default)]
pub struct Hub {
    topics: BTreeMap<Arc<str>, BTreeMap<EarId, Arc<dyn Ear>>>,
    last: u64,
    attached: u64,
    attached_max: u64,
}

impl Hub {
    /// A hub for so many ears, one at two topics counted twice.
    pub fn new(attached_max: u64) -> Self {
        Self {
            attached_max,
            ..Self::default()
        }
    }

    /// Adds an ear; also tells whether it is the first of its topic.
    ///
    /// # Errors
    /// [`PresenceError::TooMany`] if there are enough.
    pub fn attach(
        &mut self,
        topic: &Arc<str>,
        ear: Arc<dyn Ear>,
    ) -> Result<(EarId, bool), PresenceError> {
        if self.attached >= self.attached_max {
            return Err(PresenceError::TooMany {
                what: "subscriptions",
                max: self.attached_max,
                limit: "presence_subscriptions_max",
            });
        }
        self.attached += 1;
        self.last += 1;
        let id = EarId(self.last);
        let ears = self.topics.entry(Arc::clone(topic)).or_default();
        ears.insert(id, ear);
        Ok((id, ears.len() == 1))
    }

    /// Takes an ear away, to be dropped when no lock is held; also tells whether it was there and
    /// the last of its topic.
    pub fn detach(&mut self, topic: &str, id: EarId) -> (Option<Arc<dyn Ear>>, bool) {
        let Some(ears) = self.topics.get_mut(topic) else {
            return (None, false);
        };
        let ear = ears.remove(&id);
        self.attached -= u64::from(ear.is_some());
        let is_last = ears.is_empty();
        if is_last {
            self.topics.remove(topic);
        }
        (ear, is_last)
    }

    /// The ears of a topic: to be told when no lock is held.
    pub fn ears(&self, topic: &str) -> Vec<Arc<dyn Ear>> {
        let ears = self.topics.get(topic).into_iter().flatten();
        ears.map(|(_, ear)| Arc::clone(ear)).collect()
    }

    /// Whether somebody hears a topic.
    pub fn is_heard(&self, topic: &str) -> bool {
        self.topics.contains_key(topic)
    }

    /// Takes all ears away: they are to be told of the end.
    pub fn take_all(&mut self) -> Vec<Arc<dyn Ear>> {
        self.attached = 0;
        let topics = std::mem::take(&mut self.topics);
        topics
            .into_values()
            .flat_map(BTreeMap::into_values)
            .collect()
    }

    /// Ears, one at two topics counted twice.
    pub const fn attached(&self) -> u64 {
        self.attached
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.topics.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Deaf;

    impl Ear for Deaf {
        fn hear(&self, _: &Arc<str>, _: &Arc<[u8]>) {}
    }

    #[test]
    fn the_first_and_the_last_ear_of_a_topic_are_known() {
        let mut hub = Hub::new(3);
        let (goals, fouls): (Arc<str>, Arc<str>) = ("goals".into(), "fouls".into());
        let ear: Arc<dyn Ear> = Arc::new(Deaf);
        let (one, first) = hub.attach(&goals, ear.clone()).unwrap();
        assert!(first);
        let (two, first) = hub.attach(&goals, ear.clone()).unwrap();
        assert!(!first && one != two);
        assert!(hub.attach(&fouls, ear.clone()).unwrap().1);
        let error = hub.attach(&fouls, ear).unwrap_err();
        assert_eq!(error.limit(), Some("presence_subscriptions_max"));
        assert!(matches!(hub.detach(&goals, one), (Some(_), false)));
        assert!(matches!(hub.detach(&goals, one), (None, false)));
        assert!(hub.is_heard("goals") && !hub.is_heard("nothing"));
        assert_eq!((hub.ears("goals").len(), hub.attached()), (1, 2));
        assert!(matches!(hub.detach(&goals, two), (Some(_), true)));
        assert!(matches!(hub.detach("nothing", two), (None, false)));
        assert_eq!(hub.take_all().len(), 1);
        assert!(!hub.is_heard("fouls") && hub.attached() == 0);
    }
}
