//! Topics that nodes share.

use downbeat_presence::{PresenceError, Subscription};
use downbeat_schemas::limits::Limits;

use futures_executor::block_on;

use crate::node::Node;
use crate::redis::{Client, Redis, eventually};

fn next(subscription: &mut Subscription) -> String {
    let message = block_on(subscription.next()).unwrap();
    String::from_utf8(message.payload.to_vec()).unwrap()
}

#[test]
fn a_message_reaches_each_subscription_of_all_nodes_once() {
    let redis = Redis::start();
    let nodes = [0; 3].map(|_| Node::start(&redis, &Limits::default()));
    // Two on each node, and one node's third for another topic.
    let subscribe = |node: &Node| block_on(node.presence.subscribe("news")).unwrap();
    let mut subscriptions: Vec<_> = nodes.iter().chain(&nodes).map(subscribe).collect();
    let mut other = block_on(nodes[0].presence.subscribe("other")).unwrap();
    for (number, node) in nodes.iter().enumerate() {
        for part in 0..50 {
            let words = format!("{number} {part}");
            block_on(node.presence.publish("news", words.as_bytes())).unwrap();
        }
    }
    nodes[2].presence.tell("other", b"the end").unwrap();
    for subscription in &mut subscriptions {
        for number in 0..3 {
            for part in 0..50 {
                assert_eq!(next(subscription), format!("{number} {part}"));
            }
        }
        assert_eq!(subscription.try_next(), None);
    }
    assert_eq!(next(&mut other), "the end");
}

#[test]
fn what_is_told_at_once_arrives_in_its_order() {
    let redis = Redis::start();
    let (one, other) = (
        Node::start(&redis, &Limits::default()),
        Node::start(&redis, &Limits::default()),
    );
    let mut subscription = block_on(other.presence.subscribe("news")).unwrap();
    for number in 0..1_000 {
        let words = number.to_string();
        one.presence.tell("news", words.as_bytes()).unwrap();
    }
    for number in 0..1_000 {
        assert_eq!(next(&mut subscription), number.to_string());
    }
}

#[test]
fn a_topic_that_nobody_hears_is_not_listened_to() {
    let redis = Redis::start();
    let node = Node::start(&redis, &Limits::default());
    let mut client = Client::of(&redis);
    let mut listeners = |expected: i64| {
        eventually("Redis knows who listens", || {
            let channel = b"test:{t:news}";
            let listeners = client.command(&[b"PUBSUB", b"SHARDNUMSUB", channel]);
            format!("{:?}", listeners.unwrap()).ends_with(&format!("Number({expected})])"))
        });
    };
    let one = block_on(node.presence.subscribe("news")).unwrap();
    let two = block_on(node.presence.subscribe("news")).unwrap();
    listeners(1);
    drop(one);
    // There and away again, faster than anybody looks.
    for _ in 0..20 {
        drop(node.presence.subscribe("news"));
        drop(block_on(node.presence.subscribe("news")).unwrap());
    }
    listeners(1);
    drop(two);
    listeners(0);
    let mut again = block_on(node.presence.subscribe("news")).unwrap();
    node.presence.tell("news", b"again").unwrap();
    assert_eq!(next(&mut again), "again");
}

#[test]
fn without_redis_requests_fail_and_with_the_node_subscriptions_end() {
    let redis = Redis::start();
    let node = Node::start(&redis, &Limits::default());
    let mut subscription = block_on(node.presence.subscribe("news")).unwrap();
    drop(redis);
    let error = block_on(node.presence.counter("wins").value()).unwrap_err();
    assert!(matches!(error, PresenceError::Unavailable(_)), "{error}");
    let error = block_on(node.presence.publish("news", b"")).unwrap_err();
    assert!(matches!(error, PresenceError::Unavailable(_)), "{error}");
    let presence = node.presence.clone();
    drop(node);
    assert_eq!(block_on(subscription.next()), None);
    let error = block_on(presence.subscribe("news")).unwrap_err();
    assert!(error.to_string().contains("stopped"), "{error}");
}
