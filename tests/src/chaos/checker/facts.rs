//! Who had which room, which fence, which end.

use std::collections::BTreeMap;

use downbeat_cluster::lease::Member;
use downbeat_schemas::id::{NodeId, RoomId};

use super::Evidence;
use crate::chaos::entry::{Deed, Ns, Tick};
use crate::chaos::sight::Seen;

/// The evidence by what it is about, in order of time.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Who began to have a room, with which epoch.
    pub(super) owners: BTreeMap<RoomId, Vec<(Ns, Member, u64)>>,
    pub(super) ticks: BTreeMap<RoomId, Vec<(Ns, Member, Tick)>>,
    pub(super) fences: BTreeMap<Member, Vec<(Ns, Ns)>>,
    /// Who became the heir of whom.
    pub(super) heirs: BTreeMap<Member, Vec<(Ns, Member)>>,
    /// Who has cleared away what a dead life had.
    pub(super) recovered: BTreeMap<Member, Vec<(Ns, Member)>>,
    /// When a room ended, was dropped or reported lost.
    pub(super) ends: BTreeMap<RoomId, Ns>,
    pub(super) killed: BTreeMap<NodeId, Ns>,
    pub(super) acks: Vec<(Ns, RoomId, NodeId)>,
    pub(super) fills: Vec<(RoomId, u32, u32)>,
    pub(super) freezes: usize,
}

impl Facts {
    pub(super) fn of(evidence: &Evidence) -> Self {
        let mut entries = evidence.entries.clone();
        entries.sort_by_key(|entry| entry.at);
        let mut facts = Self::default();
        for entry in entries {
            facts.add(entry.at, entry.by, entry.deed);
        }
        for sight in &evidence.sights {
            if let Seen::Killed(node) = sight.what {
                facts.killed.insert(node, sight.at);
            }
        }
        facts
    }

    fn add(&mut self, at: Ns, by: Member, deed: Deed) {
        match deed {
            Deed::Own { room, epoch } => {
                self.owners.entry(room).or_default().push((at, by, epoch));
            }
            Deed::Tick(tick) => self
                .ticks
                .entry(tick.room)
                .or_default()
                .push((at, by, tick)),
            Deed::Fence { until } => self.fences.entry(by).or_default().push((at, until)),
            Deed::Recover(dead) => self.heirs.entry(dead).or_default().push((at, by)),
            Deed::Recovered(dead) => self.recovered.entry(dead).or_default().push((at, by)),
            Deed::End(room) | Deed::Dropped(room) | Deed::Lost(room) => {
                self.ends.entry(room).or_insert(at);
            }
            Deed::Ack { room, owner, .. } => self.acks.push((at, room, owner)),
            Deed::Seats { room, taken, of } => self.fills.push((room, taken, of)),
            Deed::Frozen => self.freezes += 1,
            Deed::Held | Deed::Thawed | Deed::Moved(_) | Deed::Left => {}
        }
    }

    /// Who had a room at a time, as far as it was written down.
    pub(super) fn owner_at(&self, room: RoomId, at: Ns) -> Option<Member> {
        let owners = self.owners.get(&room)?.iter();
        let last = owners.take_while(|(since, ..)| *since <= at).last()?;
        Some(last.1)
    }

    /// The fence of a life at a time.
    pub(super) fn fence_at(&self, member: Member, at: Ns) -> Option<Ns> {
        let fences = self.fences.get(&member)?.iter();
        let last = fences.take_while(|(moved, _)| *moved <= at).last()?;
        Some(last.1)
    }

    /// When a life had its first heir.
    pub(super) fn died_at(&self, member: Member) -> Option<(Ns, Member)> {
        self.heirs.get(&member)?.first().copied()
    }

    /// Whether an heir has done its work by then.
    pub(super) fn has_recovered(&self, heir: Member, dead: Member, at: Ns) -> bool {
        let recovered = self.recovered.get(&dead);
        recovered.is_some_and(|all| all.iter().any(|(done, by)| *by == heir && *done <= at))
    }

    /// Whether a room was over by then: it had ended, or somebody said that it is lost.
    pub(super) fn is_over(&self, room: RoomId, node: NodeId, at: Ns) -> bool {
        let by_then = |end: Option<&Ns>| end.is_some_and(|end| *end <= at);
        let owner = self.owner_at(room, at);
        let died = owner.and_then(|owner| self.died_at(owner));
        by_then(self.ends.get(&room))
            || by_then(self.killed.get(&node))
            || by_then(died.map(|(died, _)| died).as_ref())
    }
}
