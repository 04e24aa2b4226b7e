//! Looking at one server that owns all.

use redis::{Pipeline, Value};

use super::Inner;
use crate::redis::error::RedisError;
use crate::redis::link::Lane;
use crate::redis::node::RedisNode;

impl Inner {
    /// Makes a server the owner of all once it says that it is a master.
    pub(super) async fn look_at_only(&self, epoch: u64, node: &RedisNode) {
        let link = self.links.to(node);
        link.until_connected().await;
        let mut ask = Pipeline::new();
        ask.cmd("ROLE");
        let answers = link.send(&ask, 0, Lane::Plain).await;
        match &answers {
            Ok(answers) if is_master(answers) => self.change(|topology| {
                let is_new = topology.set_only(epoch, node);
                let has_other_nodes = topology.set_nodes([node.clone()].into());
                is_new || has_other_nodes
            }),
            Err(error @ RedisError::Timeout { .. }) => link.give_up(error),
            _ => {}
        }
    }
}

fn is_master(answers: &[Value]) -> bool {
    let [Value::Array(role)] = answers else {
        return false;
    };
    matches!(role.first(), Some(Value::BulkString(name)) if name == b"master")
}
