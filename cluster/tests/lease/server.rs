//! A Redis master with its replica, which may lose its last writes.

use std::collections::{BTreeMap, VecDeque};

use downbeat_cluster::lease::{Reply, Request};

use super::table::{Moment, Table};

pub(crate) const MS: u64 = 1_000_000;

/// Time in nanoseconds of the simulation.
pub(crate) type Nanos = u64;

#[derive(Debug)]
pub(crate) struct Server {
    /// Rises with each failover; stands for the run id, and for the address of the master.
    pub(crate) generation: u64,
    pub(crate) primary: BTreeMap<usize, Table>,
    replica: BTreeMap<usize, Table>,
    /// What the replica does not have yet.
    log: VecDeque<Write>,
    pub(crate) lag: Nanos,
    /// From when on it has a replica.
    pub(crate) replica_from: Nanos,
    /// Until then nothing is replicated.
    pub(crate) link_cut_until: Nanos,
    /// No request is answered before; they wait.
    pub(crate) paused_until: Nanos,
    /// Its master is dead until then: requests fail.
    pub(crate) down_until: Nanos,
    /// The former master, which does not know yet that it is none.
    pub(crate) zombie: Option<Zombie>,
    /// Milliseconds that its clock is ahead.
    pub(crate) wall_ahead: u64,
}

#[derive(Debug)]
pub(crate) struct Zombie {
    pub(crate) generation: u64,
    tables: BTreeMap<usize, Table>,
    pub(crate) from: Nanos,
    pub(crate) until: Nanos,
}

#[derive(Debug)]
struct Write {
    at: Nanos,
    copy: usize,
    request: Request,
    lease: u64,
    moment: Moment,
}

/// What became of a request.
pub(crate) enum Served {
    Answer(Reply, u64, Nanos),
    /// It waits until then.
    Later(Nanos),
    Refused,
}

/// A request as it arrives.
pub(crate) struct Call<'a> {
    pub(crate) copy: usize,
    pub(crate) generation: u64,
    pub(crate) request: &'a Request,
    pub(crate) confirm: bool,
    pub(crate) lease: u64,
}

impl Server {
    pub(crate) fn new(copies: &[usize], wall_ahead: u64, lag: Nanos) -> Self {
        let tables: BTreeMap<usize, Table> = copies
            .iter()
            .map(|copy| (*copy, Table::default()))
            .collect();
        Self {
            generation: 1,
            replica: tables.clone(),
            primary: tables,
            log: VecDeque::new(),
            lag,
            replica_from: 0,
            link_cut_until: 0,
            paused_until: 0,
            down_until: 0,
            zombie: None,
            wall_ahead,
        }
    }

    pub(crate) fn serve(&mut self, now: Nanos, call: &Call<'_>) -> Served {
        if call.generation < self.generation {
            return self.serve_by_zombie(now, call);
        }
        if now < self.down_until {
            return Served::Refused;
        }
        if now < self.paused_until {
            return Served::Later(self.paused_until);
        }
        let moment = self.moment(now, self.generation);
        let Some(table) = self.primary.get_mut(&call.copy) else {
            return Served::Refused;
        };
        let reply = table.run(call.request, call.lease, moment);
        self.log.push_back(Write {
            at: now,
            copy: call.copy,
            request: call.request.clone(),
            lease: call.lease,
            moment,
        });
        self.replicate(now, self.lag);
        if !call.confirm {
            return Served::Answer(reply, 0, 0);
        }
        if self.replicates(now) {
            self.replicate(now, 0);
            return Served::Answer(reply, 1, self.lag);
        }
        Served::Answer(reply, 0, 50 * MS)
    }

    /// What waits already does not wait for less.
    pub(crate) fn pause(&mut self, until: Nanos) {
        self.paused_until = self.paused_until.max(until);
    }

    pub(crate) fn replicates(&self, now: Nanos) -> bool {
        now >= self.replica_from && now >= self.link_cut_until
    }

    /// A replica that has lost contact has the writes until then; it takes over at `until`.
    pub(crate) fn fail_over(&mut self, now: Nanos, until: Nanos, zombie: Option<(Nanos, Nanos)>) {
        self.replicate(now, self.lag);
        let replica = std::mem::take(&mut self.replica);
        let former = std::mem::replace(&mut self.primary, replica.clone());
        self.zombie = zombie.map(|(from, until)| Zombie {
            generation: self.generation,
            tables: former,
            from,
            until,
        });
        self.replica = replica;
        self.log.clear();
        self.generation += 1;
        self.down_until = until;
        self.paused_until = 0;
        self.link_cut_until = 0;
    }

    /// The last writes are gone, also those that a replica had.
    pub(crate) fn lose_everything(&mut self, until: Nanos) {
        for table in self.primary.values_mut().chain(self.replica.values_mut()) {
            *table = Table::default();
        }
        self.log.clear();
        self.zombie = None;
        self.generation += 1;
        self.down_until = until;
    }

    /// After a failover: another replica has copied all of it.
    pub(crate) fn regain_replica(&mut self, at: Nanos) {
        self.replica_from = at;
    }

    fn serve_by_zombie(&mut self, now: Nanos, call: &Call<'_>) -> Served {
        let moment = self.moment(now, call.generation);
        match &mut self.zombie {
            Some(zombie) if zombie.generation == call.generation && now < zombie.until => {
                if now < zombie.from {
                    return Served::Later(zombie.from);
                }
                let Some(table) = zombie.tables.get_mut(&call.copy) else {
                    return Served::Refused;
                };
                let wait = if call.confirm { 50 * MS } else { 0 };
                Served::Answer(table.run(call.request, call.lease, moment), 0, wait)
            }
            _ => Served::Refused,
        }
    }

    fn replicate(&mut self, now: Nanos, lag: Nanos) {
        if !self.replicates(now) {
            return;
        }
        while self.log.front().is_some_and(|write| write.at + lag <= now) {
            let write = self.log.pop_front().unwrap();
            if let Some(table) = self.replica.get_mut(&write.copy) {
                table.run(&write.request, write.lease, write.moment);
            }
        }
    }

    fn moment(&self, now: Nanos, server: u64) -> Moment {
        Moment {
            wall: self.wall_ahead + now / MS,
            server: server as u32,
        }
    }
}
