//! What the fuzzer feeds the readers of Redis' texts.

use super::info::Info;
use super::node::RedisNode;
use super::redirect::Redirect;
use super::topology::{Round, Topology};
use super::view::ClusterView;

/// Reads a text in all ways, and checks what must hold of the outcome.
pub(crate) fn text(text: &str) {
    let asked = RedisNode {
        host: "asked".to_owned(),
        port: 1,
    };
    let info = Info(text);
    let _ = (info.version(), info.number("used_memory"));
    let _ = Redirect::parse("MOVED", Some(text), &asked);
    if let Ok(view) = ClusterView::parse(text, &asked) {
        check_view(&view, &asked);
    }
}

fn check_view(view: &ClusterView, asked: &RedisNode) {
    let claimed: usize = view.nodes.iter().map(|node| node.slots.len()).sum();
    for uses_hostnames in [false, true] {
        let mut topology = Topology::new(uses_hostnames);
        let round = Round {
            views: [(asked.clone(), view.clone())].into(),
            is_complete: true,
        };
        topology.learn(round.clone());
        assert!(!topology.learn(round), "the same again is nothing new");
        let masters = topology.masters();
        assert!(masters.is_subset(topology.nodes()));
        assert!(claimed > 0 || masters.is_empty());
    }
}
