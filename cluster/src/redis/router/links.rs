//! One link to each server.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::redis::connector::Connector;
use crate::redis::counts::Counter;
use crate::redis::link::{KeptLink, Link};
use crate::redis::node::RedisNode;
use crate::redis::settings::RedisLimits;

/// The links that are kept up.
pub(super) struct Links {
    links: RefCell<BTreeMap<RedisNode, KeptLink>>,
    connector: Connector,
    counter: Rc<Counter>,
    limits: RedisLimits,
}

impl Links {
    pub(super) fn new(connector: Connector, counter: Rc<Counter>, limits: RedisLimits) -> Self {
        Self {
            links: RefCell::default(),
            connector,
            counter,
            limits,
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Rc<Link>> {
        let links = self.links.borrow();
        links.values().map(|kept| kept.link.clone()).collect()
    }

    /// The link to a server, begun if there is none: then it is not connected yet.
    pub(super) fn to(&self, node: &RedisNode) -> Rc<Link> {
        let mut links = self.links.borrow_mut();
        let begin = || KeptLink::begin(node.clone(), &self.connector, &self.counter, self.limits);
        links.entry(node.clone()).or_insert_with(begin).link.clone()
    }

    /// Keeps these and no others.
    pub(super) fn keep(&self, wanted: &BTreeSet<RedisNode>) {
        let mut links = self.links.borrow_mut();
        links.retain(|node, _| wanted.contains(node));
        drop(links);
        for node in wanted {
            self.to(node);
        }
    }

    pub(super) fn is_any_connected(&self) -> bool {
        let links = self.links.borrow();
        links.values().any(|kept| kept.link.is_connected())
    }
}
