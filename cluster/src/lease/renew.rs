//! The node's own lease: finding the number of its life, renewing, freezing, thawing, leaving.

use downbeat_schemas::time::Timestamp;

use super::Lease;
use super::copies::Grant;
use super::machine::{Asked, Phase, What};
use super::member::Incarnation;
use super::output::{Answer, Event};
use super::reply::{Outcome, Reply};
use super::request::Request;

impl Lease {
    /// Draws the conclusions of what the copies have said and of the time.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        match self.phase {
            Phase::Looking => self.choose_incarnation(now),
            Phase::Joining | Phase::Held | Phase::Frozen if self.is_over() => self.move_on(now),
            Phase::Joining if now < self.granted_until() => {
                self.phase = Phase::Held;
                let me = self.me();
                self.tell(Event::Held(me));
            }
            Phase::Frozen if now < self.granted_until() => {
                self.phase = Phase::Held;
                self.counts.thaws += 1;
                self.tell(Event::Thawed);
            }
            Phase::Held if now >= self.granted_until() => {
                self.phase = Phase::Frozen;
                self.counts.freezes += 1;
                self.tell(Event::Frozen);
            }
            Phase::Leaving(until) if now >= until => {
                self.phase = Phase::Left;
                self.asked.clear();
                self.tell(Event::Left);
            }
            _ => {}
        }
    }

    /// Sends what keeps the lease, to each copy whose turn it is.
    pub(crate) fn keep(&mut self, now: Timestamp) {
        for copy in 0..self.copies.len() {
            if self.copies[copy].renewing.is_none() && self.copies[copy].next <= now {
                self.copies[copy].next = now.after(self.settings.renew);
                self.keep_one(now, copy);
            }
        }
    }

    pub(crate) fn take_answer(&mut self, now: Timestamp, asked: Asked, answer: Option<&Answer>) {
        if let Some(answer) = answer {
            self.learn_table(now, asked.copy, &answer.reply);
            if matches!(asked.what, What::Look | What::Renew) {
                self.learn_members(now, asked.copy, &answer.reply);
            }
        } else {
            self.counts.failures += 1;
        }
        match asked.what {
            What::Look => self.on_look(now, asked, answer),
            What::Renew => self.on_renew(now, asked, answer),
            What::Leave => self.on_leave(now, asked, answer),
            What::Declare(member) => self.on_declare(now, asked.copy, member, answer),
            What::Forget(member) => self.on_forget(now, asked.copy, member, answer),
            What::Tidy => {}
        }
    }

    /// Requests of the last life, or of the last phase, are none of the next.
    pub(crate) fn begin_asking_anew(&mut self, now: Timestamp) {
        self.asked.clear();
        for copy in &mut self.copies {
            copy.renewing = None;
            copy.next = now;
        }
    }

    fn keep_one(&mut self, now: Timestamp, copy: usize) {
        let seen = self.copies[copy].seen;
        let member = self.me();
        let id = match self.phase {
            Phase::Looking => self.ask(now, copy, Request::Look { seen }, false, What::Look),
            Phase::Joining | Phase::Held | Phase::Frozen => {
                let request = Request::Renew {
                    member,
                    seen,
                    create: self.may_create(now, copy),
                    about: self.about.clone(),
                };
                // A lapse on this copy: a failover, or a master that no longer is one, could have
                // answered, and only a replica's word shows that it will be remembered.
                let confirm = !self.copies[copy].is_solid(now, &self.settings);
                self.ask(now, copy, request, confirm, What::Renew)
            }
            Phase::Leaving(_) => self.ask(now, copy, Request::Leave { member }, false, What::Leave),
            Phase::Left => return,
        };
        self.copies[copy].renewing = Some(id);
    }

    /// Whether an absent record may be made.
    ///
    /// A life that has just begun, or is held at this moment, cannot have been declared dead and
    /// forgotten. A frozen one can: an absent record is then the end of it, unless so many tables
    /// were lost that nobody can say. Then it waits for one lease, in which those who know of its
    /// death say so.
    fn may_create(&self, now: Timestamp, copy: usize) -> bool {
        if self.is_joining(now) || self.holds(now) {
            return true;
        }
        let lost = self.copies.iter().filter(|copy| copy.lost_since.is_some());
        let waited = self.copies[copy].lost_since.map(|since| now.since(since));
        lost.count() >= self.settings.blocking() && waited >= Some(self.settings.lease)
    }

    fn is_joining(&self, now: Timestamp) -> bool {
        self.phase == Phase::Joining && now < self.joined.after(self.settings.fence_after)
    }

    fn is_over(&self) -> bool {
        let refused = self.copies.iter().filter(|copy| copy.refused);
        refused.count() >= self.settings.blocking()
    }

    /// This life is over: the next begins.
    fn move_on(&mut self, now: Timestamp) {
        if self.phase != Phase::Joining {
            let me = self.me();
            self.counts.moves += 1;
            self.tell(Event::Moved(me));
        }
        // What it has claimed goes to whoever recovers it.
        self.claims.clear();
        self.planned.clear();
        self.phase = Phase::Looking;
        self.begin_asking_anew(now);
        for copy in &mut self.copies {
            copy.begin_life(now);
        }
    }

    fn choose_incarnation(&mut self, now: Timestamp) {
        let looked = self.copies.iter().filter_map(|copy| copy.looked);
        if looked.clone().count() < self.settings.majority() {
            return;
        }
        let entries = self.copies.iter().flat_map(|copy| copy.entries.keys());
        let earlier = entries.filter(|member| member.node == self.node);
        let earlier = earlier.map(|member| member.incarnation);
        let earlier = earlier.max().unwrap_or_default().max(self.incarnation);
        let time = looked.map(|time| time.0).max().unwrap_or_default();
        self.incarnation = Incarnation(time.max(earlier.0 + 1));
        self.phase = Phase::Joining;
        self.joined = now;
        self.begin_asking_anew(now);
        for copy in &mut self.copies {
            copy.begin_life(now);
        }
    }

    fn on_look(&mut self, now: Timestamp, asked: Asked, answer: Option<&Answer>) {
        let copy = &mut self.copies[asked.copy];
        copy.renewing = None;
        match answer {
            Some(answer) => copy.looked = Some(answer.reply.now),
            None => copy.next = copy.next.min(now.after(self.settings.retry)),
        }
    }

    fn on_renew(&mut self, now: Timestamp, asked: Asked, answer: Option<&Answer>) {
        self.copies[asked.copy].renewing = None;
        let Some(Answer { reply, replicas }) = answer else {
            let copy = &mut self.copies[asked.copy];
            copy.next = copy.next.min(now.after(self.settings.retry));
            return;
        };
        match reply.outcome {
            Outcome::Granted { .. } => self.on_granted(asked, reply, *replicas),
            Outcome::Dead(_) => self.on_refused(asked.copy),
            Outcome::Gone => self.on_gone(now, asked.copy, reply),
            Outcome::Full => self.counts.full += 1,
            // An answer to another question.
            _ => self.counts.failures += 1,
        }
    }

    fn on_granted(&mut self, asked: Asked, reply: &Reply, replicas: u64) {
        let was_solid = self.copies[asked.copy].is_solid(asked.at, &self.settings);
        let solid = was_solid || replicas > 0;
        if !solid {
            self.counts.unconfirmed += 1;
        }
        let copy = &mut self.copies[asked.copy];
        copy.grant = Some(Grant {
            from: asked.at,
            solid,
        });
        copy.refused = false;
        copy.known = Some(reply.born);
        copy.lost_since = None;
    }

    fn on_refused(&mut self, copy: usize) {
        let copy = &mut self.copies[copy];
        copy.grant = None;
        copy.refused = true;
        copy.lost_since = None;
    }

    fn on_gone(&mut self, now: Timestamp, copy: usize, reply: &Reply) {
        let state = &mut self.copies[copy];
        state.grant = None;
        match state.known {
            Some(born) if born == reply.born => self.on_refused(copy),
            // A life that could not begin in time is followed by another.
            None if self.phase == Phase::Joining => self.move_on(now),
            // The record was in a table that is no more, or never was in this one: that says nothing.
            Some(_) | None => state.lost_since = state.lost_since.or(Some(now)),
        }
    }

    fn on_leave(&mut self, now: Timestamp, asked: Asked, answer: Option<&Answer>) {
        let copy = &mut self.copies[asked.copy];
        copy.renewing = None;
        if answer.is_none() {
            copy.next = copy.next.min(now.after(self.settings.retry));
            return;
        }
        copy.grant = None;
        copy.next = Timestamp::NEVER;
        if self.copies.iter().all(|copy| copy.next == Timestamp::NEVER) {
            self.phase = Phase::Leaving(now);
            self.settle(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use downbeat_schemas::id::NodeId;

    use super::*;
    use crate::lease::{CopyTime, LeaseSettings, Output, Version};

    const MS: u64 = 1_000_000;

    /// What a copy says: granted, or that it has no record, with the birth of its table.
    #[derive(Clone, Copy)]
    enum Says {
        Granted,
        Gone { born: u64 },
        Nothing,
    }

    fn answer(says: Says) -> Option<Answer> {
        let (outcome, born) = match says {
            Says::Granted => (
                Outcome::Granted {
                    expires: CopyTime(0),
                },
                1,
            ),
            Says::Gone { born } => (Outcome::Gone, born),
            Says::Nothing => return None,
        };
        let reply = Reply {
            outcome,
            now: CopyTime(1),
            born: CopyTime(born),
            version: Version::default(),
            late: Vec::new(),
            members: None,
        };
        Some(Answer { reply, replicas: 1 })
    }

    /// Lets each copy answer all that it is asked at this moment; returns the events. A copy that is
    /// allowed to make the record grants, whatever it says.
    fn talk(lease: &mut Lease, now: Timestamp, copies: [Says; 3]) -> Vec<Event> {
        let mut events = Vec::new();
        lease.poll(now);
        while let Some(output) = lease.next_output() {
            match output {
                Output::Ask {
                    copy, id, request, ..
                } => {
                    let may_create = matches!(request, Request::Renew { create: true, .. });
                    let says = match copies[copy] {
                        Says::Gone { .. } if may_create => Says::Granted,
                        says => says,
                    };
                    lease.on_reply(now, id, answer(says).as_ref());
                }
                Output::Event(event) => events.push(event),
                Output::Probe { .. } => {}
            }
        }
        events
    }

    /// Its record was on two copies when it fell asleep; one of them has lost its table meanwhile.
    #[test]
    fn a_life_that_a_third_copy_never_knew_thaws_after_a_table_was_lost() {
        let mut lease = Lease::new(LeaseSettings::cluster(), NodeId(1), "");
        lease.on_topology(Timestamp(0), &[Some(0), Some(1), Some(2)]);
        let began = talk(
            &mut lease,
            Timestamp(0),
            [Says::Granted, Says::Granted, Says::Nothing],
        );
        assert!(
            began.iter().any(|event| matches!(event, Event::Held(_))),
            "{began:?}"
        );
        let lost = [
            Says::Granted,
            Says::Gone { born: 2 },
            Says::Gone { born: 1 },
        ];
        let mut events = Vec::new();
        for at in (1_500..4_000).step_by(25) {
            events.extend(talk(&mut lease, Timestamp(at * MS), lost));
        }
        assert_eq!(events, [Event::Frozen, Event::Thawed]);
    }
}
