//! Who owns which slot: what all views say together. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::node::RedisNode;
use super::slot::{SLOTS, Slot};
use super::view::ClusterView;

/// The owners of all slots, and all servers. Of two claims to a slot the one of the higher epoch
/// holds: that is the rule by which the servers settle it among themselves, so a master that was
/// paused or cut off and still believes in its slots is overruled.
#[derive(Debug)]
pub(crate) struct Topology {
    owners: Vec<Option<Claim>>,
    nodes: BTreeSet<RedisNode>,
    /// Other names by which servers are told of.
    aliases: BTreeMap<RedisNode, RedisNode>,
    /// What was learnt last; most rounds bring nothing new.
    last: Option<Round>,
    uses_hostnames: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Claim {
    epoch: u64,
    owner: Rc<RedisNode>,
}

/// What the servers that answered said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Round {
    pub(crate) views: BTreeMap<RedisNode, ClusterView>,
    /// Whether all known servers answered.
    pub(crate) is_complete: bool,
}

impl Topology {
    /// Nobody owns anything yet. With `uses_hostnames` a server is called by what it calls itself:
    /// certificates seldom name an address.
    pub(crate) fn new(uses_hostnames: bool) -> Self {
        Self {
            owners: vec![None; SLOTS],
            nodes: BTreeSet::new(),
            aliases: BTreeMap::new(),
            last: None,
            uses_hostnames,
        }
    }

    /// Who owns a slot.
    pub(crate) fn owner(&self, slot: Slot) -> Option<&RedisNode> {
        let claim = self.owners.get(usize::from(slot.0))?.as_ref()?;
        Some(&claim.owner)
    }

    /// The age of the claim to slot 0: where one server owns all, of its election.
    pub(crate) fn epoch(&self) -> Option<u64> {
        let claim = self.owners.first()?.as_ref()?;
        Some(claim.epoch)
    }

    /// All servers, masters and replicas.
    pub(crate) fn nodes(&self) -> &BTreeSet<RedisNode> {
        &self.nodes
    }

    /// Who owns something.
    pub(crate) fn masters(&self) -> BTreeSet<RedisNode> {
        let mut masters = BTreeSet::new();
        let mut last = None;
        for claim in self.owners.iter().flatten() {
            // Slots lie in long rows.
            if last != Some(&claim.owner) {
                masters.insert((*claim.owner).clone());
                last = Some(&claim.owner);
            }
        }
        masters
    }

    /// The name by which we call a server.
    pub(crate) fn known(&self, node: RedisNode) -> RedisNode {
        self.aliases.get(&node).cloned().unwrap_or(node)
    }

    /// Takes in what the servers said; whether anything is different now.
    pub(crate) fn learn(&mut self, round: Round) -> bool {
        if round.views.is_empty() || self.last.as_ref() == Some(&round) {
            return false;
        }
        let before = std::mem::take(&mut self.nodes);
        self.learn_nodes(&round);
        let mut owners = match round.is_complete {
            // Nobody's word is missing: what is claimed by nobody is nobody's.
            true => vec![None; SLOTS],
            false => self.owners.clone(),
        };
        for view in round.views.values() {
            self.learn_claims(&mut owners, view);
        }
        let is_same = self.nodes == before && has_same_owners(&self.owners, &owners);
        self.owners = owners;
        self.last = Some(round);
        !is_same
    }

    /// A server says that another owns a slot. The next round knows better.
    pub(crate) fn moved(&mut self, slot: Slot, to: RedisNode) {
        let Some(claim) = self.owners.get_mut(usize::from(slot.0)) else {
            return;
        };
        let epoch = claim.as_ref().map_or(0, |claim| claim.epoch);
        let owner = Rc::new(to);
        *claim = Some(Claim { epoch, owner });
        // The next round counts, even if it is like the last.
        self.last = None;
    }

    /// One server owns all slots: it is alone, or sentinels say that it is the master.
    pub(crate) fn set_only(&mut self, epoch: u64, node: &RedisNode) -> bool {
        let owner = Rc::new(node.clone());
        let claim = Some(Claim { epoch, owner });
        if self.owners.first() == Some(&claim) {
            return false;
        }
        let is_same = self.owner(Slot(0)) == Some(node);
        self.owners.fill(claim);
        self.nodes.insert(node.clone());
        !is_same
    }

    /// The servers of a topology without slots.
    pub(crate) fn set_nodes(&mut self, nodes: BTreeSet<RedisNode>) -> bool {
        let is_same = self.nodes == nodes;
        self.nodes = nodes;
        !is_same
    }

    fn learn_nodes(&mut self, round: &Round) {
        self.aliases.clear();
        for listed in round.views.values().flat_map(|view| &view.nodes) {
            let hostname = listed.hostname.as_ref().map(|host| RedisNode {
                host: host.clone(),
                port: listed.node.port,
            });
            let (name, alias) = match hostname {
                Some(hostname) if self.uses_hostnames => (hostname, Some(listed.node.clone())),
                hostname => (listed.node.clone(), hostname),
            };
            if let Some(alias) = alias {
                self.aliases.insert(alias, name.clone());
            }
            self.nodes.insert(name);
        }
    }

    fn learn_claims(&self, owners: &mut [Option<Claim>], view: &ClusterView) {
        let masters = view.nodes.iter();
        for master in masters.filter(|node| node.is_master && !node.is_failed) {
            let owner = Rc::new(self.known(master.node.clone()));
            let epoch = master.epoch;
            for slot in master.slots.iter().cloned().flatten() {
                let Some(claim) = owners.get_mut(usize::from(slot)) else {
                    continue;
                };
                if claim.as_ref().is_none_or(|claim| claim.epoch < epoch) {
                    let owner = owner.clone();
                    *claim = Some(Claim { epoch, owner });
                }
            }
        }
    }
}

fn has_same_owners(before: &[Option<Claim>], after: &[Option<Claim>]) -> bool {
    let owner = |claim: &Option<Claim>| claim.as_ref().map(|claim| claim.owner.clone());
    let mut pairs = before.iter().zip(after);
    pairs.all(|(before, after)| owner(before) == owner(after))
}

#[cfg(test)]
#[path = "tests/topology.rs"]
mod tests;
