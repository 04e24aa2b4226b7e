//! The names are those of docs/metrics.md, and so is all that is said of them.

use std::collections::{BTreeMap, BTreeSet};

use downbeat_tests::metrics::Family;
use downbeat_tests::player::Player;
use downbeat_tests::server::TestServer;
use downbeat_tests_redis::Standalone;
use serde_json::json;

const PAGE: &str = include_str!("../../../docs/metrics.md");

/// The rows ``| `name` | type | `label`, … | help |`` of the page.
fn documented(page: &str) -> BTreeMap<String, Family> {
    let mut families = BTreeMap::new();
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, kind, labels, help] = cells[..] else {
            continue;
        };
        let labels = labels.split(',').map(unquoted);
        let family = Family {
            kind: kind.to_owned(),
            help: help.to_owned(),
            labels: labels.filter(|label| !label.is_empty()).collect(),
        };
        let former = families.insert(unquoted(name), family);
        assert!(former.is_none(), "{name} is there twice");
    }
    families
}

fn unquoted(text: &str) -> String {
    text.trim().trim_matches('`').to_owned()
}

fn names(families: &BTreeMap<String, Family>) -> BTreeSet<String> {
    families.keys().cloned().collect()
}

#[test]
fn the_page_and_a_node_with_redis_say_the_same() {
    let redis = Standalone::start();
    let server = TestServer::with_redis(&format!("redis://{}", redis.address()));
    let _player = Player::join(&server, "arena", &json!({}));
    server.wait_for_metrics("each family has a sample", |metrics| {
        metrics.sum("downbeat_clients", &[]) == 1.0
            && metrics.sum("downbeat_patch_bytes_count", &[]) > 0.0
            && metrics.sum("downbeat_lease_margin_min_seconds", &[]) > 0.0
            && metrics.sum("downbeat_redis_hit_ratio", &[]) > 0.0
    });
    let (documented, served) = (documented(PAGE), server.metrics());
    let served = served.families();
    assert_eq!(names(&documented), names(served));
    for (name, family) in served {
        assert_eq!(documented.get(name), Some(family), "{name}");
    }
}

#[test]
fn a_node_on_its_own_says_all_but_what_is_of_the_cluster() {
    let (before, rest) = PAGE.split_once("\n## The cluster\n").unwrap();
    let (_, after) = rest.split_once("\n## ").unwrap();
    let documented = documented(&format!("{before}\n{after}"));
    let server = TestServer::new();
    assert_eq!(names(&documented), names(server.metrics().families()));
}
