//! Knowing of a crash early: the port of a living node never refuses.

use downbeat_schemas::id::NodeId;
use downbeat_schemas::time::Timestamp;

use super::Lease;
use super::member::Member;
use super::output::{MemberState, Output, Probed};

/// Refusals, one after the other, that prove a crash.
const REFUSALS: u32 = 2;

/// A member whose link broke.
#[derive(Debug)]
pub(crate) struct Suspicion {
    refusals: u32,
    /// When to try again; while a try is out, when its answer is given up.
    next: Timestamp,
    is_out: bool,
}

impl Suspicion {
    pub(crate) fn is_proven(&self) -> bool {
        self.refusals >= REFUSALS
    }
}

impl Lease {
    /// The link to this node broke, or its presence ended: find out whether it crashed.
    ///
    /// Does nothing if probes are off. Two refusals prove a crash only if a node listens on the
    /// port that it tells of for as long as it ticks, and nobody else ever refuses in its name.
    pub fn suspect(&mut self, now: Timestamp, node: NodeId) {
        if self.settings.probes && node != self.node {
            let suspects = self
                .members
                .iter()
                .filter(|(member, view)| member.node == node && view.state != MemberState::Dead);
            for (member, _) in suspects {
                self.suspicions.entry(*member).or_insert(Suspicion {
                    refusals: 0,
                    next: now,
                    is_out: false,
                });
            }
        }
        self.poll(now);
    }

    /// Takes the answer to a [`Output::Probe`].
    pub fn on_probe(&mut self, now: Timestamp, member: Member, probed: Probed) {
        if let Some(suspicion) = self.suspicions.get_mut(&member) {
            suspicion.is_out = false;
            suspicion.refusals += 1;
            suspicion.next = now.after(self.settings.probe_gap);
            if probed == Probed::Other {
                self.suspicions.remove(&member);
            }
        }
        self.poll(now);
    }

    pub(crate) fn probe_due(&mut self, now: Timestamp) {
        let Self {
            members,
            suspicions,
            settings,
            out,
            ..
        } = self;
        suspicions.retain(|member, suspicion| {
            let view = members.get(member);
            let dead = view.is_none_or(|view| view.state == MemberState::Dead);
            let given_up = suspicion.is_out && suspicion.next <= now;
            !dead && !given_up
        });
        for (member, suspicion) in suspicions {
            if suspicion.next <= now && !suspicion.is_out && !suspicion.is_proven() {
                suspicion.is_out = true;
                suspicion.next = now.after(settings.timeout);
                let about = members.get(member).map(|view| view.about.clone());
                out.push_back(Output::Probe {
                    member: *member,
                    about: about.unwrap_or_default(),
                });
            }
        }
    }

    pub(crate) fn probes_due(&self) -> Timestamp {
        let open = self.suspicions.values().filter(|s| !s.is_proven());
        let due = open.map(|suspicion| suspicion.next).min();
        due.unwrap_or(Timestamp::NEVER)
    }
}
