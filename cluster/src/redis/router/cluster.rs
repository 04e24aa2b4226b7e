//! Looking at a Redis Cluster: what do all of its servers say?

use std::collections::BTreeMap;
use std::rc::Rc;

use redis::{Pipeline, Value};
use tokio::task::JoinSet;

use super::Inner;
use crate::redis::error::RedisError;
use crate::redis::link::{Lane, Link};
use crate::redis::topology::Round;
use crate::redis::view::ClusterView;

impl Inner {
    /// Asks all servers at once. Who does not answer in time is given up: its next connection shows
    /// whether it is back.
    pub(super) async fn look_at_cluster(&self) {
        let links = self.links.all();
        let mut asked = JoinSet::new();
        for link in &links {
            asked.spawn_local(ask(link.clone()));
        }
        let mut views = BTreeMap::new();
        while let Some(answer) = asked.join_next().await {
            if let Ok((link, Some(view))) = answer {
                views.insert(link.node.clone(), view);
            }
        }
        let known = self.topology.borrow().nodes().clone();
        let is_complete = known.iter().all(|node| views.contains_key(node));
        let round = Round { views, is_complete };
        self.change(|topology| topology.learn(round));
    }
}

async fn ask(link: Rc<Link>) -> (Rc<Link>, Option<ClusterView>) {
    let view = ask_for_view(&link).await;
    if let Err(error @ RedisError::Timeout { .. }) = &view {
        link.give_up(error);
    }
    (link, view.unwrap_or_default())
}

async fn ask_for_view(link: &Link) -> Result<Option<ClusterView>, RedisError> {
    let mut ask = Pipeline::new();
    ask.cmd("CLUSTER").arg("NODES");
    let answers = link.send(&ask, 0, Lane::Plain).await?;
    let Some(Value::BulkString(text)) = answers.first() else {
        tracing::warn!(node = %link.node, ?answers, "redis: no answer to CLUSTER NODES");
        return Ok(None);
    };
    let view = ClusterView::parse(&String::from_utf8_lossy(text), &link.node);
    if let Err(error) = &view {
        tracing::warn!(node = %link.node, %error, "redis: CLUSTER NODES is not understood");
    }
    Ok(view.ok())
}
