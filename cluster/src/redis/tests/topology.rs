//! Rounds of views, and who owns what then.

use super::{Round, Topology};
use crate::redis::node::RedisNode;
use crate::redis::slot::Slot;
use crate::redis::view::ClusterView;

fn node(text: &str) -> RedisNode {
    RedisNode::parse(text).unwrap()
}

/// `ADDRESS FLAGS EPOCH SLOTS` by lines.
fn view(lines: &str) -> ClusterView {
    let full = lines.lines().map(|line| {
        let (address, rest) = line.trim().split_once(' ').unwrap();
        let (flags, rest) = rest.split_once(' ').unwrap();
        let (epoch, slots) = rest.split_once(' ').unwrap_or((rest, ""));
        format!("id {address}@1 {flags} - 0 0 {epoch} connected {slots}\n")
    });
    ClusterView::parse(&full.collect::<String>(), &node("x:1")).unwrap()
}

fn round(views: &[(&str, &str)], is_complete: bool) -> Round {
    let views = views
        .iter()
        .map(|(asked, lines)| (node(asked), view(lines)));
    let views = views.collect();
    Round { views, is_complete }
}

fn owner(topology: &Topology, slot: u16) -> String {
    let owner = topology.owner(Slot(slot));
    owner.map_or("-".to_owned(), ToString::to_string)
}

const AGREED: &str = "a:1 master 1 0-99\nb:1 master 2 100-199\nc:1 slave 1";

#[test]
fn the_highest_epoch_holds_whoever_answers_first() {
    let mut topology = Topology::new(false);
    assert!(topology.learn(round(&[("a:1", AGREED), ("b:1", AGREED)], true)));
    assert_eq!(
        [owner(&topology, 99), owner(&topology, 100)],
        ["a:1", "b:1"]
    );
    assert_eq!(owner(&topology, 200), "-");
    assert_eq!(topology.nodes().len(), 3);
    assert_eq!(topology.masters().len(), 2);

    // The replica c has taken over; a was paused and knows nothing of it.
    let stale = ("a:1", AGREED);
    let promoted = "a:1 master 1\nb:1 master 2 100-199\nc:1 master 3 0-99";
    for views in [[stale, ("c:1", promoted)], [("b:1", promoted), stale]] {
        topology.learn(round(&views, false));
        assert_eq!(owner(&topology, 0), "c:1");
    }
    // Even if a alone answers.
    topology.learn(round(&[stale], false));
    assert_eq!(owner(&topology, 0), "c:1");
}

#[test]
fn a_failed_master_keeps_its_slots_until_somebody_else_claims_them() {
    let mut topology = Topology::new(false);
    topology.learn(round(&[("b:1", AGREED)], true));
    let failed = "a:1 master,fail 1 0-99\nb:1 master 2 100-199\nc:1 slave 1";
    topology.learn(round(&[("b:1", failed)], false));
    assert_eq!(owner(&topology, 0), "a:1");
    // Which nobody does if all are asked and answer.
    topology.learn(round(&[("b:1", failed)], true));
    assert_eq!(owner(&topology, 0), "-");
}

#[test]
fn epochs_that_begin_anew_are_believed_once_all_answer() {
    let mut topology = Topology::new(false);
    topology.learn(round(
        &[("a:1", "a:1 master 9 0-99\nb:1 master 8 100")],
        true,
    ));
    let anew = "a:1 master 0 100\nb:1 master 1 0-99";
    topology.learn(round(&[("a:1", anew)], false));
    assert_eq!(owner(&topology, 0), "a:1");
    topology.learn(round(&[("a:1", anew), ("b:1", anew)], true));
    assert_eq!([owner(&topology, 0), owner(&topology, 100)], ["b:1", "a:1"]);
}

#[test]
fn only_what_is_different_is_told() {
    let mut topology = Topology::new(false);
    assert!(!topology.learn(Round::default()));
    assert!(topology.learn(round(&[("a:1", AGREED)], true)));
    assert!(!topology.learn(round(&[("a:1", AGREED)], true)));
    assert!(!topology.learn(round(&[("a:1", AGREED), ("b:1", AGREED)], true)));
    let more = format!("{AGREED}\nd:1 slave 2");
    assert!(topology.learn(round(&[("a:1", &more)], true)));
    assert!(topology.learn(round(&[("a:1", AGREED)], true)));
    assert!(!topology.nodes().contains(&node("d:1")));
}

#[test]
fn a_redirection_holds_until_a_view_knows_better() {
    let mut topology = Topology::new(false);
    topology.learn(round(&[("a:1", AGREED)], true));
    topology.moved(Slot(7), node("b:1"));
    assert_eq!([owner(&topology, 7), owner(&topology, 8)], ["b:1", "a:1"]);
    topology.learn(round(&[("a:1", AGREED)], false));
    assert_eq!(owner(&topology, 7), "b:1");
    topology.learn(round(&[("a:1", AGREED)], true));
    assert_eq!(owner(&topology, 7), "a:1");
}

#[test]
fn one_server_may_own_all() {
    let mut topology = Topology::new(false);
    assert!(topology.set_only(0, &node("a:1")));
    assert!(!topology.set_only(0, &node("a:1")));
    assert!(!topology.set_only(1, &node("a:1")));
    assert!(topology.set_only(2, &node("b:1")));
    assert_eq!(
        [owner(&topology, 0), owner(&topology, 16_383)],
        ["b:1", "b:1"]
    );
}

#[test]
fn servers_are_called_by_their_names_where_certificates_do() {
    let text = "id 10.0.0.1:1@2,one.example.com master - 0 0 1 connected 0-5";
    let round = Round {
        views: [(node("x:1"), ClusterView::parse(text, &node("x:1")).unwrap())].into(),
        is_complete: true,
    };
    for (uses_hostnames, name) in [(true, "one.example.com:1"), (false, "10.0.0.1:1")] {
        let mut topology = Topology::new(uses_hostnames);
        topology.learn(round.clone());
        assert_eq!(owner(&topology, 0), name);
        for alias in ["one.example.com:1", "10.0.0.1:1"] {
            assert_eq!(topology.known(node(alias)), node(name));
        }
    }
}
