//! What the copies tell of the members, and what they say together.

use std::collections::BTreeSet;
use std::time::Duration;

use downbeat_schemas::time::Timestamp;

use super::Lease;
use super::copies::masters_where;
use super::member::{CopyTime, Entry, Member, Standing};
use super::output::{Event, MemberState, MemberView};
use super::reply::Reply;

impl Lease {
    /// A new table knows of no death.
    pub(crate) fn learn_table(&mut self, now: Timestamp, copy: usize, reply: &Reply) {
        let state = &mut self.copies[copy];
        let former = state.born.replace(reply.born);
        if former.is_none_or(|born| born == reply.born) {
            return;
        }
        self.counts.tables_lost += 1;
        self.doubt_marks(now, copy);
    }

    pub(crate) fn learn_members(&mut self, now: Timestamp, copy: usize, reply: &Reply) {
        let state = &mut self.copies[copy];
        let mut changed = state.late.len() != reply.late.len();
        for member in &reply.late {
            changed |= !state.late.contains_key(member);
        }
        if changed {
            let late = reply.late.iter().map(|member| {
                let since = state.late.get(member).copied();
                (*member, since.unwrap_or(now))
            });
            state.late = late.collect();
        }
        if let Some(members) = &reply.members {
            let entries = members.iter().map(|entry| (entry.member, entry.clone()));
            state.entries = entries.collect();
            state.seen = reply.version;
            state.listed = (now, reply.now);
            changed = true;
            self.doubt_marks(now, copy);
        }
        if changed {
            self.review();
        }
    }

    /// Everybody that any copy knows.
    pub(crate) fn known(&self) -> BTreeSet<Member> {
        let entries = self.copies.iter().flat_map(|copy| copy.entries.keys());
        let late = self.copies.iter().flat_map(|copy| copy.late.keys());
        entries.chain(late).copied().collect()
    }

    fn review(&mut self) {
        let known = self.known().into_iter();
        let members = known.map(|member| (member, self.view_of(member))).collect();
        if self.members != members {
            self.members = members;
            self.tell(Event::Members);
        }
    }

    fn view_of(&self, member: Member) -> MemberView {
        let is_dead = |standing| matches!(standing, Some(Standing::Dead(_)));
        let entries = self.copies.iter().filter_map(|copy| {
            let entry = copy.entries.get(&member)?;
            Some((local_expiry(copy.listed, entry), &entry.about))
        });
        let about = entries.clone().map(|(_, about)| about);
        let about = about.max_by_key(|about| !about.is_empty());
        let copies = || self.copies.iter();
        let majority = self.settings.majority();
        MemberView {
            state: if masters_where(copies(), |copy| is_dead(copy.standing(member))) >= majority {
                MemberState::Dead
            } else if masters_where(copies(), |copy| copy.late.contains_key(&member)) >= majority {
                MemberState::Late
            } else {
                MemberState::Up
            },
            about: about.cloned().unwrap_or_default(),
            expires: entries
                .map(|(expires, _)| expires)
                .max()
                .unwrap_or_default(),
        }
    }
}

fn local_expiry((here, there): (Timestamp, CopyTime), entry: &Entry) -> Timestamp {
    let left_ms = entry.expires.0.saturating_sub(there.0);
    here.after(Duration::from_millis(left_ms))
}
