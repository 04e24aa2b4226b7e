//! Which cores the server gets, and which the clients.

use std::collections::BTreeSet;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::facts::Facts;

/// The cores of a run.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Cores {
    /// One for each shard.
    pub(crate) server: Vec<usize>,
    /// One for each thread that plays clients.
    pub(crate) load: Vec<usize>,
}

/// What was asked for cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CoresError {
    #[error(
        "{shards} shards need as many cores, and this process may use {allowed}: lower --shards"
    )]
    TooFew { shards: usize, allowed: usize },
    #[error(
        "core {core} is not among those that this process may use ({allowed}); see `taskset -p $$`"
    )]
    NotAllowed { core: usize, allowed: String },
}

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish<'a> {
    pub(crate) shards: usize,
    pub(crate) server: Option<&'a [usize]>,
    pub(crate) load: Option<&'a [usize]>,
}

/// The cores that this process may use.
pub(crate) fn allowed() -> BTreeSet<usize> {
    let Ok(set) = sched_getaffinity(None) else {
        return BTreeSet::from([0]);
    };
    let all = 0..CpuSet::MAX_CPU;
    all.filter(|core| set.is_set(*core)).collect()
}

/// Keeps this thread, and what it starts from now on, on these cores. Where the kernel refuses,
/// the thread stays where it was.
pub(crate) fn stay_on(cores: impl IntoIterator<Item = usize>) {
    let mut set = CpuSet::new();
    for core in cores {
        set.set(core);
    }
    let _ = sched_setaffinity(None, &set);
}

impl Cores {
    /// The server gets the first cores, the clients others: if there are, on other physical cores.
    pub(crate) fn choose(
        wish: Wish<'_>,
        allowed: &BTreeSet<usize>,
        facts: &Facts,
    ) -> Result<Self, CoresError> {
        let server = match wish.server {
            Some(named) => named.to_vec(),
            None => allowed.iter().copied().take(wish.shards).collect(),
        };
        if server.len() < wish.shards {
            let (shards, allowed) = (wish.shards, allowed.len());
            return Err(CoresError::TooFew { shards, allowed });
        }
        let load = match wish.load {
            Some(named) => named.to_vec(),
            None => load_cores(&server, allowed, facts),
        };
        for core in server.iter().chain(&load) {
            if !allowed.contains(core) {
                let (core, allowed) = (*core, format!("{allowed:?}"));
                return Err(CoresError::NotAllowed { core, allowed });
            }
        }
        Ok(Self { server, load })
    }

    /// Whether a client's thread runs where a shard does.
    pub(crate) fn are_shared(&self) -> bool {
        self.load.iter().any(|core| self.server.contains(core))
    }
}

fn load_cores(server: &[usize], allowed: &BTreeSet<usize>, facts: &Facts) -> Vec<usize> {
    let others: Vec<usize> = allowed
        .iter()
        .copied()
        .filter(|core| !server.contains(core))
        .collect();
    let is_apart = |core: &usize| !server.iter().any(|shard| facts.are_siblings(*shard, *core));
    let apart: Vec<usize> = others.iter().copied().filter(is_apart).collect();
    let mut load = if apart.is_empty() { others } else { apart };
    if load.is_empty() {
        return vec![server[0]];
    }
    // One thread plays what one shard serves.
    load.truncate(server.len());
    load
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(siblings: &[&[usize]]) -> Facts {
        Facts {
            siblings: siblings.iter().map(|cores| cores.to_vec()).collect(),
            ..Facts::default()
        }
    }

    fn check(shards: usize, cores: usize, siblings: &[&[usize]], server: &[usize], load: &[usize]) {
        let wish = Wish {
            shards,
            server: None,
            load: None,
        };
        let chosen = Cores::choose(wish, &(0..cores).collect(), &facts(siblings)).unwrap();
        assert_eq!(
            (chosen.server.as_slice(), chosen.load.as_slice()),
            (server, load)
        );
    }

    #[test]
    fn clients_stay_away_from_the_shards_as_far_as_they_can() {
        check(1, 2, &[], &[0], &[1]);
        check(2, 8, &[], &[0, 1], &[2, 3]);
        check(1, 4, &[&[0, 1], &[2, 3]], &[0], &[2]);
        check(1, 2, &[&[0, 1]], &[0], &[1]);
        check(3, 4, &[], &[0, 1, 2], &[3]);
        check(1, 1, &[], &[0], &[0]);
    }

    #[test]
    fn what_cannot_be_had_is_said() {
        let allowed = BTreeSet::from([0, 1]);
        let choose = |wish| Cores::choose(wish, &allowed, &facts(&[]));
        let many = Wish {
            shards: 3,
            server: None,
            load: None,
        };
        let error = choose(many).unwrap_err().to_string();
        assert!(error.contains("lower --shards"), "{error}");
        let far = Wish {
            shards: 1,
            server: Some(&[1]),
            load: Some(&[7]),
        };
        let error = choose(far).unwrap_err().to_string();
        assert!(error.contains("core 7"), "{error}");
    }
}
