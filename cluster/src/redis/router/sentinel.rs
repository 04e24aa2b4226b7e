//! Looking at sentinels: whom do they call the master?

use std::collections::BTreeMap;
use std::rc::Rc;

use redis::{Pipeline, Value};
use tokio::task::JoinSet;

use super::Inner;
use crate::redis::error::RedisError;
use crate::redis::link::{Lane, Link};
use crate::redis::node::RedisNode;

/// What one sentinel says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    /// Rises with each failover: of two sentinels the one that knows of the later failover holds.
    epoch: u64,
    master: RedisNode,
}

impl Inner {
    /// Asks all sentinels at once, and then the server that they name whether it is one.
    pub(super) async fn look_at_sentinels(&self, master_name: &str) {
        let mut asked = JoinSet::new();
        for kept in &self.sentinels {
            asked.spawn_local(ask(kept.link.clone(), master_name.to_owned()));
        }
        let mut votes: BTreeMap<Named, usize> = BTreeMap::new();
        while let Some(answer) = asked.join_next().await {
            if let Ok(Some(named)) = answer {
                *votes.entry(named).or_default() += 1;
            }
        }
        let Some(named) = chosen(&votes) else {
            return;
        };
        let answered: usize = votes.values().sum();
        let is_majority = answered * 2 > self.sentinels.len();
        let known = self.topology.borrow().epoch();
        // A few sentinels that were cut off may still tell of what was before a failover.
        if is_majority || known.is_none_or(|known| named.epoch >= known) {
            self.look_at_only(named.epoch, &named.master).await;
        }
    }

    /// Whether a sentinel knows no master of this name, or none answers.
    pub(crate) async fn sentinels_know(&self, master_name: &str) -> bool {
        for kept in &self.sentinels {
            if ask(kept.link.clone(), master_name.to_owned())
                .await
                .is_some()
            {
                return true;
            }
        }
        false
    }

    /// The sentinels.
    pub(crate) fn sentinel_links(&self) -> Vec<Rc<Link>> {
        self.sentinels
            .iter()
            .map(|kept| kept.link.clone())
            .collect()
    }
}

/// The latest epoch; of two masters in it, the one whom more name.
fn chosen(votes: &BTreeMap<Named, usize>) -> Option<Named> {
    let latest = votes
        .iter()
        .max_by_key(|(named, votes)| (named.epoch, **votes));
    latest.map(|(named, _)| named.clone())
}

async fn ask(link: Rc<Link>, master_name: String) -> Option<Named> {
    let mut ask = Pipeline::new();
    // The first names the promoted server as soon as it is one, the second knows the epoch.
    ask.cmd("SENTINEL")
        .arg("GET-MASTER-ADDR-BY-NAME")
        .arg(&master_name);
    ask.cmd("SENTINEL").arg("MASTER").arg(&master_name);
    let answers = link.send(&ask, 0, Lane::Plain).await;
    if let Err(error @ RedisError::Timeout { .. }) = &answers {
        link.give_up(error);
    }
    let answers = answers.ok()?;
    let [Value::Array(address), Value::Array(fields)] = answers.as_slice() else {
        return None;
    };
    let [host, port] = address.as_slice() else {
        return None;
    };
    let host = text(host)?.to_owned();
    let port = text(port)?.parse().ok()?;
    let epoch = field(fields, "config-epoch")?.parse().ok()?;
    let master = RedisNode { host, port };
    Some(Named { epoch, master })
}

fn field<'a>(fields: &'a [Value], name: &str) -> Option<&'a str> {
    let mut pairs = fields.chunks_exact(2);
    let pair = pairs.find(|pair| pair.first().and_then(text) == Some(name))?;
    pair.get(1).and_then(text)
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Named, RedisNode, chosen};

    fn named(epoch: u64, node: &str) -> Named {
        let master = RedisNode::parse(node).unwrap();
        Named { epoch, master }
    }

    #[test]
    fn the_latest_failover_holds_then_the_most_votes() {
        let choose = |votes: &[(u64, &str, usize)]| {
            let votes = votes
                .iter()
                .map(|(epoch, node, votes)| (named(*epoch, node), *votes));
            chosen(&votes.collect::<BTreeMap<_, _>>())
        };
        assert_eq!(choose(&[]), None);
        assert_eq!(
            choose(&[(1, "a:1", 2), (2, "b:1", 1)]),
            Some(named(2, "b:1"))
        );
        assert_eq!(
            choose(&[(2, "a:1", 2), (2, "b:1", 1)]),
            Some(named(2, "a:1"))
        );
    }
}
