//! One copy in memory: what `lua/lease.lua` does, request by request.

use std::collections::BTreeMap;
use std::sync::Arc;

use downbeat_cluster::lease::{
    Claimant, CopyTime, Entry, Member, Outcome, Reply, Request, Standing, Version,
};

const MEMBERS_MAX: usize = 1024;

/// What the script reads of its server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// `TIME` in milliseconds.
    pub(crate) wall: u64,
    /// The beginning of the `run_id`.
    pub(crate) server: u32,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    clock: Option<Clock>,
    pub(crate) records: BTreeMap<Member, Record>,
}

#[derive(Clone, Debug)]
struct Clock {
    now: u64,
    ahead: u64,
    born: u64,
    grace: u64,
    version: u64,
    server: u32,
    long: u64,
    short: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Record {
    expires: u64,
    pub(crate) standing: Standing,
    about: Arc<str>,
}

impl Table {
    pub(crate) fn run(&mut self, request: &Request, lease: u64, moment: Moment) -> Reply {
        let mut clock = self.tick(lease, moment);
        let before = clock.version;
        let outcome = self.outcome(request, &mut clock, lease);
        // Only what was touched again, not what the clock itself touched.
        debug_assert!(clock.version >= before);
        let seen = match request {
            Request::Look { seen } | Request::Renew { seen, .. } => Some(*seen),
            _ => None,
        };
        let version = Version {
            number: clock.version,
            server: clock.server,
        };
        let reply = Reply {
            outcome,
            now: CopyTime(clock.now),
            born: CopyTime(clock.born),
            version,
            late: seen.map_or_else(Vec::new, |_| self.late(&clock)),
            members: seen.filter(|seen| *seen != version).map(|_| self.entries()),
        };
        self.clock = Some(clock);
        reply
    }

    /// As if the server's clock had stepped back by this, or on.
    pub(crate) fn step_clock(&mut self, back_ms: i64) {
        if let Some(clock) = &mut self.clock {
            clock.now = clock.now.saturating_add_signed(back_ms);
        }
    }

    /// As if another server had written last.
    pub(crate) fn change_server(&mut self) {
        if let Some(clock) = &mut self.clock {
            clock.server = clock.server.wrapping_add(1);
        }
    }

    fn tick(&self, lease: u64, moment: Moment) -> Clock {
        let Some(mut clock) = self.clock.clone() else {
            let mut clock = Clock {
                now: moment.wall,
                ahead: 0,
                born: moment.wall,
                grace: moment.wall + lease,
                version: 0,
                server: moment.server,
                long: lease,
                short: lease,
            };
            clock.touch();
            return clock;
        };
        clock.long = clock.long.max(lease);
        clock.short = clock.short.min(lease);
        let time = moment.wall + clock.ahead;
        let passed = time.saturating_sub(clock.now);
        clock.ahead += clock.now.saturating_sub(time);
        clock.now = clock.now.max(time);
        let other = clock.server != moment.server;
        if passed * 3 > clock.short || other {
            clock.grace = clock.now + clock.long;
        }
        clock.server = moment.server;
        clock
    }

    fn outcome(&mut self, request: &Request, clock: &mut Clock, lease: u64) -> Outcome {
        match request {
            Request::Look { .. } => Outcome::Done,
            Request::Renew {
                member,
                create,
                about,
                ..
            } => self.renew(*member, *create, about, clock, lease),
            Request::Declare {
                member,
                by,
                attested,
                heir,
            } => self.declare(*member, *by, *attested, *heir, clock),
            Request::Unclaim { member, by } => self.unclaim(*member, *by, clock),
            Request::Forget { member, by } => self.forget(*member, *by, clock),
            Request::Leave { member } => self.leave(*member, clock),
        }
    }

    fn renew(
        &mut self,
        member: Member,
        create: bool,
        about: &Arc<str>,
        clock: &mut Clock,
        lease: u64,
    ) -> Outcome {
        let full = self.records.len() >= MEMBERS_MAX;
        match self.records.get_mut(&member) {
            None if !create => return Outcome::Gone,
            None if full => return Outcome::Full,
            None => {
                clock.touch();
                self.put(member, clock.now + lease, Standing::Up, about.clone());
            }
            Some(record) => match record.standing {
                Standing::Dead(by) => return Outcome::Dead(Some(by)),
                Standing::Left => return Outcome::Dead(None),
                Standing::Up => {
                    if record.about != *about {
                        clock.touch();
                        record.about = about.clone();
                    }
                    record.expires = clock.now + lease;
                }
            },
        }
        Outcome::Granted {
            expires: CopyTime(clock.now + lease),
        }
    }

    fn declare(
        &mut self,
        member: Member,
        by: Claimant,
        attested: bool,
        heir: Option<Member>,
        clock: &mut Clock,
    ) -> Outcome {
        let lives =
            |record: &Record| record.standing == Standing::Up && record.expires >= clock.now;
        if !self.records.get(&by.member).is_some_and(lives) {
            return Outcome::Stranger;
        }
        let Some(record) = self.records.get_mut(&member) else {
            return Outcome::Absent;
        };
        let mut claim = by;
        match record.standing {
            Standing::Up
                if !attested && (record.expires >= clock.now || clock.now < clock.grace) =>
            {
                return Outcome::Alive {
                    expires: CopyTime(record.expires),
                };
            }
            Standing::Dead(taken) if taken.member == by.member => {
                claim.round = claim.round.max(taken.round);
            }
            Standing::Dead(taken) if Some(taken.member) != heir => {
                return Outcome::Taken(taken);
            }
            _ => {}
        }
        if record.standing != Standing::Dead(claim) {
            clock.touch();
        }
        record.standing = Standing::Dead(claim);
        Outcome::Claimed(claim)
    }

    fn unclaim(&mut self, member: Member, by: Claimant, clock: &mut Clock) -> Outcome {
        match self.records.get_mut(&member) {
            Some(record) if record.standing == Standing::Dead(by) => {
                record.standing = Standing::Up;
                record.expires = clock.now + clock.long;
                clock.touch();
                Outcome::Done
            }
            _ => Outcome::Kept,
        }
    }

    fn forget(&mut self, member: Member, by: Member, clock: &mut Clock) -> Outcome {
        let claimed_by = |standing, claimant| matches!(standing, Standing::Dead(Claimant { member, .. }) if member == claimant);
        let Some(record) = self.records.get(&member) else {
            return Outcome::Done;
        };
        let others = self.records.values();
        let mut named = others.filter(|other| claimed_by(other.standing, member));
        if !claimed_by(record.standing, by) || named.next().is_some() {
            return Outcome::Kept;
        }
        self.records.remove(&member);
        clock.touch();
        Outcome::Done
    }

    fn leave(&mut self, member: Member, clock: &mut Clock) -> Outcome {
        match self.records.get_mut(&member) {
            Some(record) if record.standing == Standing::Up => {
                record.standing = Standing::Left;
                record.expires = 0;
                clock.touch();
                Outcome::Done
            }
            _ => Outcome::Kept,
        }
    }

    fn put(&mut self, member: Member, expires: u64, standing: Standing, about: Arc<str>) {
        let record = Record {
            expires,
            standing,
            about,
        };
        self.records.insert(member, record);
    }

    fn late(&self, clock: &Clock) -> Vec<Member> {
        let late = self
            .records
            .iter()
            .filter(|(_, record)| match record.standing {
                Standing::Up => record.expires < clock.now && clock.now >= clock.grace,
                Standing::Left => true,
                Standing::Dead(_) => false,
            });
        late.map(|(member, _)| *member).collect()
    }

    fn entries(&self) -> Vec<Entry> {
        let entries = self.records.iter().map(|(member, record)| Entry {
            member: *member,
            expires: CopyTime(record.expires),
            standing: record.standing,
            about: record.about.clone(),
        });
        entries.collect()
    }
}

impl Clock {
    fn touch(&mut self) {
        self.version = (self.version + 1).max(self.now);
    }
}
