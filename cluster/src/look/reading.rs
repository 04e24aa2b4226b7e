//! Asking the servers what there is to see.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use downbeat_schemas::id::NodeId;
use redis::{Pipeline, Value};

use super::{ClusterLook, CopyLook, EntryLook, NameLook, NodeLook, state};
use crate::driver::{RedisStore, raw_reply};
use crate::lease::{Entry, Incarnation, Member, ReplyError, copy_keys, entries};
use crate::redis::{MasterId, RedisError, Router};
use crate::shared::call::Calls;
use crate::shared::keys::Keys;
use crate::shared::loads::{self, NodeLoad};
use crate::shared::reply;
use crate::shared::store::Store;
use crate::{About, RedisSettings, StartError};

/// Names of rooms that are looked at, as in `names.lua`.
const NAMES_MAX: u64 = 4_096;

/// Why a part of it cannot be seen.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error(transparent)]
    Redis(#[from] RedisError),
    #[error(transparent)]
    Lease(#[from] ReplyError),
    #[error(transparent)]
    Store(#[from] crate::shared::store::StoreError),
    #[error(transparent)]
    Registry(#[from] crate::shared::ReplyError),
    #[error("Redis says what this version does not know")]
    Unknown,
}

pub(super) async fn read(settings: RedisSettings) -> Result<ClusterLook, StartError> {
    let (router, problems) = Router::reach(settings).await?;
    let mut reader = Reader {
        calls: Calls {
            keys: Keys::new(router.settings().prefix()),
            // Nobody: what is read is not in anyone's name.
            owner: Member {
                node: NodeId(0),
                incarnation: Incarnation(0),
            },
        },
        store: RedisStore::new(router.clone()),
        router,
        problems: problems.iter().map(StartError::to_string).collect(),
    };
    let (copies, abouts) = reader.copies().await;
    let loads = reader.loads().await;
    let rooms = reader.rooms().await;
    Ok(ClusterLook {
        nodes: nodes(&copies, &abouts, &loads),
        copies,
        rooms,
        servers: reader.router.figures(),
        problems: reader.problems,
    })
}

/// What nodes tell of themselves.
type Abouts = BTreeMap<Member, Arc<str>>;

fn nodes(copies: &[CopyLook], abouts: &Abouts, loads: &[NodeLoad]) -> Vec<NodeLook> {
    let states = state::states(copies).into_iter();
    let nodes = states.map(|(member, state)| NodeLook {
        member,
        state,
        about: abouts
            .get(&member)
            .map(|about| About::of(about))
            .unwrap_or_default(),
        shards: {
            let told = loads.iter().find(|load| load.owner == member);
            told.map(|load| load.shards.clone()).unwrap_or_default()
        },
    });
    nodes.collect()
}

struct Reader {
    router: Router,
    store: RedisStore,
    calls: Calls,
    problems: Vec<String>,
}

impl Reader {
    async fn copies(&mut self) -> (Vec<CopyLook>, Abouts) {
        let (mut copies, mut abouts) = (Vec::new(), Abouts::new());
        for copy in 0..self.router.copy_tags().len() {
            let [nodes, clock] = copy_keys(self.router.settings().prefix(), copy);
            let read = read_copy(&self.router, &nodes, &clock).await;
            if let Ok((_, entries)) = &read {
                let told = entries.iter().filter(|entry| !entry.about.is_empty());
                abouts.extend(told.map(|entry| (entry.member, Arc::clone(&entry.about))));
            }
            let master = self.router.master_of(&nodes);
            copies.push(CopyLook {
                master: master.map(|MasterId(node)| node),
                entries: match read {
                    Ok((now_ms, entries)) => {
                        Ok(entries.iter().map(|entry| look_at(entry, now_ms)).collect())
                    }
                    Err(error) => Err(error.to_string()),
                },
            });
        }
        (copies, abouts)
    }

    async fn loads(&mut self) -> Vec<NodeLoad> {
        let read = read_loads(&self.router, &self.calls.keys.loads()).await;
        self.note("the loads of shards", read)
    }

    async fn rooms(&mut self) -> Vec<NameLook> {
        let names = read_names(&self.router, &self.calls.keys.names()).await;
        let names = self.note("the names of rooms", names);
        let mut looks = Vec::new();
        for name in names {
            let what = format!("the rooms called `{name}`");
            let read = read_rooms(&self.store, &self.calls, &name).await;
            let look = self.note(&what, read);
            // The last one may have ended since.
            if look.rooms > 0 {
                looks.push(look);
            }
        }
        looks
    }

    /// What was read; nothing, and a problem, if it was not.
    fn note<T: Default>(&mut self, what: &str, read: Result<T, Unread>) -> T {
        read.unwrap_or_else(|error| {
            self.problems
                .push(format!("{what} cannot be read: {error}"));
            T::default()
        })
    }
}

/// The copy's time, and what is in it. Plain reads: the lease's own script would begin a table where
/// there is none.
async fn read_copy(
    router: &Router,
    nodes: &[u8],
    clock: &[u8],
) -> Result<(u64, Vec<Entry>), Unread> {
    let mut ask = Pipeline::new();
    ask.cmd("HGETALL").arg(nodes);
    ask.cmd("HMGET").arg(clock).arg("clk").arg("off");
    ask.cmd("TIME");
    let answers: [Value; 3] = ask_all(router, nodes, ask).await?;
    let [members, clock, time] = answers;
    let time_ms = time_ms(&time)?;
    let [clk, off] = numbers(&clock)?;
    // As in `lease.lua`: TIME with what the table is ahead of it, and never back.
    let now_ms = (time_ms + off).max(clk);
    Ok((now_ms, entries(&raw_reply::of(members))?))
}

fn look_at(entry: &Entry, now_ms: u64) -> EntryLook {
    let left_ms = entry.expires.0.checked_sub(now_ms);
    EntryLook {
        member: entry.member,
        standing: entry.standing,
        left: left_ms.map(Duration::from_millis),
    }
}

async fn read_loads(router: &Router, key: &[u8]) -> Result<Vec<NodeLoad>, Unread> {
    let mut ask = Pipeline::new();
    ask.cmd("HGETALL").arg(key);
    ask.cmd("TIME");
    let [told, time]: [Value; 2] = ask_all(router, key, ask).await?;
    let (now_ms, told) = (time_ms(&time)?, texts(&told)?);
    let (pairs, _) = told.as_chunks::<2>();
    let nodes = pairs
        .iter()
        .map(|[owner, load]| loads::read(owner, load, now_ms));
    // Redis forgets the loads of a node that is gone when another tells its own.
    let is_fresh = |node: &NodeLoad| node.age <= Duration::from_secs(10);
    Ok(nodes.flatten().filter(is_fresh).collect())
}

async fn read_names(router: &Router, key: &[u8]) -> Result<Vec<String>, Unread> {
    let mut ask = redis::cmd("ZRANGE");
    ask.arg(key).arg(0).arg(NAMES_MAX - 1);
    let names = router.query(key, ask).await?;
    Ok(texts(&names)?.into_iter().map(str::to_owned).collect())
}

async fn read_rooms(store: &RedisStore, calls: &Calls, name: &str) -> Result<NameLook, Unread> {
    let mut look = NameLook {
        name: name.to_owned(),
        ..NameLook::default()
    };
    let mut after = Some(Vec::new());
    while let Some(place) = after {
        let answer = store.call(calls.list(name, place)).await?;
        let page = reply::page(&answer)?;
        look.rooms += page.records.len() as u64;
        let clients = page.records.iter().map(|record| u64::from(record.clients));
        look.clients += clients.sum::<u64>();
        after = page.next;
    }
    Ok(look)
}

/// Answers to commands on one key; the first refusal is an error.
async fn ask_all<const N: usize>(
    router: &Router,
    key: &[u8],
    ask: Pipeline,
) -> Result<[Value; N], Unread> {
    let answers = router.pipeline(key, ask).await?;
    let refusal = answers.iter().find_map(|answer| match answer {
        Value::ServerError(error) => Some(RedisError::Refused {
            node: router.master_of(key)?.0,
            code: error.code().to_owned(),
            details: error.details().unwrap_or_default().to_owned(),
        }),
        _ => None,
    });
    match refusal {
        Some(refusal) => Err(refusal.into()),
        None => answers.try_into().map_err(|_| Unread::Unknown),
    }
}

fn time_ms(time: &Value) -> Result<u64, Unread> {
    let [seconds, micros] = numbers(time)?;
    Ok(seconds * 1_000 + micros / 1_000)
}

/// Numbers as text; 0 for what is not there.
fn numbers(value: &Value) -> Result<[u64; 2], Unread> {
    let Value::Array(parts) = value else {
        return Err(Unread::Unknown);
    };
    let numbers = parts.iter().map(|part| match part {
        Value::Nil => Some(0),
        part => text(part)?.parse().ok(),
    });
    let numbers: Option<Vec<u64>> = numbers.collect();
    let numbers = numbers.and_then(|numbers| numbers.try_into().ok());
    numbers.ok_or(Unread::Unknown)
}

fn texts(value: &Value) -> Result<Vec<&str>, Unread> {
    let Value::Array(parts) = value else {
        return Err(Unread::Unknown);
    };
    let texts: Option<_> = parts.iter().map(text).collect();
    texts.ok_or(Unread::Unknown)
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
}
