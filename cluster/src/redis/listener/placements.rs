//! Which channel is heard where. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::redis::node::RedisNode;

/// All channels that are wanted, or still heard.
#[derive(Debug)]
pub(super) struct Placements {
    channels: BTreeMap<Bytes, Placement>,
    /// Those of which something is different.
    changed: BTreeSet<Bytes>,
    /// For a confirmation.
    timeout: Duration,
}

#[derive(Debug, Default)]
struct Placement {
    is_wanted: bool,
    at: Option<At>,
}

#[derive(Debug)]
struct At {
    node: RedisNode,
    asked_at: Instant,
    is_confirmed: bool,
}

/// Which channels to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Those of which something is different.
    Changed,
    /// All: owners or connections are others.
    All,
}

/// What a server is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Subscribe(Bytes),
    Unsubscribe(Bytes),
}

/// What is to be done.
#[derive(Debug, Default)]
pub(super) struct Orders {
    /// For servers that are connected, in this order.
    pub(super) orders: BTreeMap<RedisNode, Vec<Order>>,
    /// The servers that have to be connected.
    pub(super) needed: BTreeSet<RedisNode>,
    /// Subscriptions that were asked for before.
    pub(super) again: u64,
}

impl Placements {
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            channels: BTreeMap::new(),
            changed: BTreeSet::new(),
            timeout,
        }
    }

    /// False if it is wanted already.
    pub(super) fn want(&mut self, channel: &[u8]) -> bool {
        if self.is_wanted(channel) {
            return false;
        }
        let channel = Bytes::copy_from_slice(channel);
        self.channels.entry(channel.clone()).or_default().is_wanted = true;
        self.changed.insert(channel)
    }

    /// False if it is not wanted.
    pub(super) fn unwant(&mut self, channel: &[u8]) -> bool {
        let Some(placement) = self.channels.get_mut(channel) else {
            return false;
        };
        placement.is_wanted = false;
        self.changed.insert(Bytes::copy_from_slice(channel));
        true
    }

    pub(super) fn is_wanted(&self, channel: &[u8]) -> bool {
        let placement = self.channels.get(channel);
        placement.is_some_and(|placement| placement.is_wanted)
    }

    pub(super) fn is_confirmed(&self, channel: &[u8]) -> bool {
        let at = self
            .channels
            .get(channel)
            .filter(|placement| placement.is_wanted);
        let at = at.and_then(|placement| placement.at.as_ref());
        at.is_some_and(|at| at.is_confirmed)
    }

    /// A server says that it tells us of a channel.
    pub(super) fn confirmed(&mut self, node: &RedisNode, channel: &[u8]) {
        if let Some(at) = self.at(node, channel) {
            at.is_confirmed = true;
        }
    }

    /// A server says that it does not; whether that is a surprise.
    pub(super) fn lost(&mut self, node: &RedisNode, channel: &[u8]) -> bool {
        if self.at(node, channel).is_none() {
            return false;
        }
        if let Some(placement) = self.channels.get_mut(channel) {
            placement.at = None;
        }
        self.changed.insert(Bytes::copy_from_slice(channel));
        true
    }

    /// The connection to a server is gone, and all subscriptions with it.
    pub(super) fn down(&mut self, node: &RedisNode) {
        for placement in self.channels.values_mut() {
            placement.at.take_if(|at| at.node == *node);
        }
    }

    /// What is to be done, as if it were done: each subscription counts as asked for now.
    pub(super) fn plan(
        &mut self,
        scope: Scope,
        now: Instant,
        owner: impl Fn(&[u8]) -> Option<RedisNode>,
        is_up: impl Fn(&RedisNode) -> bool,
    ) -> Orders {
        let mut orders = Orders::default();
        let mut changed = std::mem::take(&mut self.changed);
        if scope == Scope::All {
            changed = self.channels.keys().cloned().collect();
        }
        for channel in changed {
            let Some(placement) = self.channels.get_mut(&channel) else {
                continue;
            };
            let goal = match placement.is_wanted {
                true => owner(&channel),
                false => None,
            };
            if placement.is_wanted && goal.is_none() {
                // Better where it was than nowhere.
                orders
                    .needed
                    .extend(placement.at.as_ref().map(|at| at.node.clone()));
            } else {
                placement.leave(&channel, goal.as_ref(), &is_up, &mut orders);
            }
            if let Some(goal) = goal {
                placement.come(&channel, goal, now, self.timeout, &is_up, &mut orders);
            }
            if !placement.is_wanted {
                self.channels.remove(&channel);
            }
        }
        orders
    }

    fn at(&mut self, node: &RedisNode, channel: &[u8]) -> Option<&mut At> {
        let at = self.channels.get_mut(channel)?.at.as_mut();
        at.filter(|at| at.node == *node)
    }
}

impl Placement {
    /// Is heard no more where it should not be.
    fn leave(
        &mut self,
        channel: &Bytes,
        goal: Option<&RedisNode>,
        is_up: &impl Fn(&RedisNode) -> bool,
        orders: &mut Orders,
    ) {
        let Some(at) = self.at.take_if(|at| Some(&at.node) != goal) else {
            return;
        };
        if is_up(&at.node) {
            let order = Order::Unsubscribe(channel.clone());
            orders.orders.entry(at.node).or_default().push(order);
        }
    }

    /// Is heard where it should be.
    fn come(
        &mut self,
        channel: &Bytes,
        goal: RedisNode,
        now: Instant,
        timeout: Duration,
        is_up: &impl Fn(&RedisNode) -> bool,
        orders: &mut Orders,
    ) {
        orders.needed.insert(goal.clone());
        let is_asked = self.at.as_ref().is_some_and(|at| {
            at.is_confirmed || now.saturating_duration_since(at.asked_at) < timeout
        });
        if is_asked || !is_up(&goal) {
            return;
        }
        orders.again += u64::from(self.at.is_some());
        let order = Order::Subscribe(channel.clone());
        orders.orders.entry(goal.clone()).or_default().push(order);
        self.at = Some(At {
            node: goal,
            asked_at: now,
            is_confirmed: false,
        });
    }
}

#[cfg(test)]
#[path = "../tests/placements.rs"]
mod tests;
