//! The machine: what goes in, what comes out, and when to call again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use downbeat_schemas::id::NodeId;
use downbeat_schemas::time::Timestamp;

use super::LeaseSettings;
use super::claim::{Buried, Claim};
use super::copies::{Copy, granted_from};
use super::member::{ABOUT_MAX, Incarnation, Member};
use super::output::{Answer, Event, LeaseCounts, MemberView, Output, RequestId};
use super::request::Request;
use super::suspect::Suspicion;

/// Decides whether this node may tick, and whose rooms it has to recover.
///
/// After every call take all of [`next_output`](Self::next_output), read
/// [`fence`](Self::fence), and call [`poll`](Self::poll) again at [`next_due`](Self::next_due).
#[derive(Debug)]
pub struct Lease {
    pub(crate) settings: LeaseSettings,
    pub(crate) node: NodeId,
    pub(crate) about: Arc<str>,
    pub(crate) phase: Phase,
    /// Of the latest life.
    pub(crate) incarnation: Incarnation,
    /// When the fence passed last.
    pub(crate) frozen: Timestamp,
    /// When that life began.
    pub(crate) joined: Timestamp,
    pub(crate) copies: Vec<Copy>,
    pub(crate) asked: BTreeMap<RequestId, Asked>,
    last_request: u64,
    pub(crate) last_round: u64,
    pub(crate) claims: BTreeMap<Member, Claim>,
    /// When to begin to declare a member dead, or to set its record right.
    pub(crate) planned: BTreeMap<Member, Timestamp>,
    /// Members that are let be until then.
    pub(crate) resting: BTreeMap<Member, Timestamp>,
    pub(crate) buried: Buried,
    pub(crate) suspicions: BTreeMap<Member, Suspicion>,
    pub(crate) members: BTreeMap<Member, MemberView>,
    pub(crate) out: VecDeque<Output>,
    pub(crate) counts: LeaseCounts,
}

/// What this node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Learns what number its life must have.
    Looking,
    /// Asks for the first lease of a life.
    Joining,
    Held,
    Frozen,
    /// Gives its lease back, at most until then.
    Leaving(Timestamp),
    Left,
}

/// A request that is out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) copy: usize,
    pub(crate) at: Timestamp,
    pub(crate) what: What,
}

/// What it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    Look,
    Renew,
    Declare(Member),
    Forget(Member),
    Leave,
    /// Nothing depends on its answer.
    Tidy,
}

impl Lease {
    /// A machine for this node. Its first [`poll`](Self::poll) begins.
    ///
    /// `about` is what other nodes read of it, without a meaning here. At most
    /// [`ABOUT_MAX`] bytes of it are kept.
    pub fn new(settings: LeaseSettings, node: NodeId, about: &str) -> Self {
        let mut copies: Vec<Copy> = Vec::new();
        copies.resize_with(settings.copies, Copy::default);
        if let [only] = copies.as_mut_slice() {
            only.master = Some(0);
        }
        Self {
            settings,
            node,
            about: Arc::from(&about[..about.floor_char_boundary(ABOUT_MAX)]),
            phase: Phase::Looking,
            incarnation: Incarnation(0),
            joined: Timestamp(0),
            frozen: Timestamp(0),
            copies,
            asked: BTreeMap::new(),
            last_request: 0,
            last_round: 0,
            claims: BTreeMap::new(),
            planned: BTreeMap::new(),
            resting: BTreeMap::new(),
            buried: Buried::default(),
            suspicions: BTreeMap::new(),
            members: BTreeMap::new(),
            out: VecDeque::new(),
            counts: LeaseCounts::default(),
        }
    }

    /// Does what is due.
    pub fn poll(&mut self, now: Timestamp) {
        self.fail_overdue(now);
        self.settle(now);
        self.keep(now);
        self.pursue(now);
        self.probe_due(now);
    }

    /// When to call [`poll`](Self::poll) at the latest.
    pub fn next_due(&self) -> Timestamp {
        if self.phase == Phase::Left {
            return Timestamp::NEVER;
        }
        let answers = self.asked.values().map(|asked| self.overdue_at(asked));
        let kept = self.copies.iter().filter(|copy| copy.renewing.is_none());
        let fence = matches!(self.phase, Phase::Held).then(|| self.fence());
        let own = answers.chain(kept.map(|copy| copy.next)).chain(fence);
        let own = own.min().unwrap_or(Timestamp::NEVER);
        own.min(self.pursuit_due()).min(self.probes_due())
    }

    /// What is to be done and what has changed, in order.
    pub fn next_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Takes a copy's answer; `None` if there was none or it could not be read. One that comes
    /// after its request was given up is ignored.
    pub fn on_reply(&mut self, now: Timestamp, id: RequestId, answer: Option<&Answer>) {
        let Some(asked) = self.asked.remove(&id) else {
            return;
        };
        self.take_answer(now, asked, answer);
        self.poll(now);
    }

    /// Which Redis master each copy lies on: any numbers, equal for equal masters, `None` where
    /// that is not known. To be told before anything else and at each change.
    pub fn on_topology(&mut self, now: Timestamp, masters: &[Option<u32>]) {
        for (copy, master) in self.copies.iter_mut().zip(masters) {
            copy.master = *master;
        }
        self.poll(now);
    }

    /// From now on this node holds nothing. Its lease is given back, so that nobody waits for it
    /// to end, and [`Event::Left`] follows within the lease at the latest. Hand over rooms first.
    pub fn leave(&mut self, now: Timestamp) {
        if !matches!(self.phase, Phase::Leaving(_) | Phase::Left) {
            let live = matches!(self.phase, Phase::Held | Phase::Frozen | Phase::Joining);
            self.phase = Phase::Leaving(if live {
                now.after(self.settings.lease)
            } else {
                now
            });
            self.begin_asking_anew(now);
        }
        self.poll(now);
    }

    /// The moment from which this node may not tick or send, by its own clock: zero if it may not
    /// at all. To be read before each tick and each flush.
    pub fn fence(&self) -> Timestamp {
        match self.phase {
            Phase::Held | Phase::Frozen | Phase::Joining => self.granted_until(),
            Phase::Looking | Phase::Leaving(_) | Phase::Left => Timestamp(0),
        }
    }

    /// Whether this node may tick at this moment.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.phase == Phase::Held && now < self.fence()
    }

    /// This node's latest life; `None` before the first.
    pub fn member(&self) -> Option<Member> {
        (self.incarnation.0 > 0).then_some(self.me())
    }

    /// All members that are known, this node included.
    pub fn members(&self) -> &BTreeMap<Member, MemberView> {
        &self.members
    }

    /// What happened how often.
    pub fn counts(&self) -> LeaseCounts {
        self.counts
    }

    pub(crate) fn me(&self) -> Member {
        Member {
            node: self.node,
            incarnation: self.incarnation,
        }
    }

    pub(crate) fn granted_until(&self) -> Timestamp {
        let from = granted_from(&self.copies, &self.settings);
        from.map_or(Timestamp(0), |from| from.after(self.settings.fence_after))
    }

    pub(crate) fn ask(
        &mut self,
        now: Timestamp,
        copy: usize,
        request: Request,
        confirm: bool,
        what: What,
    ) -> RequestId {
        self.last_request += 1;
        let id = RequestId(self.last_request);
        let at = now;
        self.asked.insert(id, Asked { copy, at, what });
        self.out.push_back(Output::Ask {
            copy,
            id,
            request,
            confirm: confirm && self.settings.confirm,
        });
        id
    }

    pub(crate) fn tell(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    fn overdue_at(&self, asked: &Asked) -> Timestamp {
        asked.at.after(self.settings.timeout)
    }

    /// Gives up requests that were not answered in time.
    fn fail_overdue(&mut self, now: Timestamp) {
        // Ids rise with time: the first is the oldest.
        while let Some((&id, &asked)) = self.asked.first_key_value()
            && self.overdue_at(&asked) <= now
        {
            self.asked.remove(&id);
            self.take_answer(now, asked, None);
        }
    }
}
