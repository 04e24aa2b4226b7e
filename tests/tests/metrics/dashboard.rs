//! The dashboard is one that Grafana can show.

use std::collections::BTreeSet;

use downbeat_tests::prometheus;
use serde_json::Value;

/// A query of the dashboard, and the panel that it is from.
pub(crate) struct Query {
    pub(crate) panel: String,
    pub(crate) expression: String,
}

pub(crate) fn dashboard() -> Value {
    serde_json::from_str(&prometheus::read("grafana/downbeat.json")).unwrap()
}

fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    let panels = dashboard["panels"].as_array().unwrap().iter();
    panels.filter(|panel| panel["type"] != "row")
}

/// All queries, with values in place of Grafana's variables.
pub(crate) fn queries(dashboard: &Value) -> Vec<Query> {
    let mut queries = Vec::new();
    for panel in panels(dashboard) {
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            let expression = expression
                .replace("$__rate_interval", "1m")
                .replace("$__range", "5m")
                .replace("$instance", ".+")
                .replace("$room", ".+");
            assert!(
                !expression.contains('$'),
                "an unknown variable: {expression}"
            );
            queries.push(Query {
                panel: panel["title"].as_str().unwrap().to_owned(),
                expression,
            });
        }
    }
    queries
}

#[test]
fn panels_have_their_places_and_words() {
    let dashboard = dashboard();
    let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        assert!(!title.is_empty() && ids.insert(panel["id"].as_u64().unwrap()));
        let side = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        assert!(side("x") + side("w") <= 24, "{title} is too wide");
        for x in side("x")..side("x") + side("w") {
            for y in side("y")..side("y") + side("h") {
                assert!(cells.insert((x, y)), "{title} lies over another panel");
            }
        }
    }
    let kinds: BTreeSet<_> = panels(&dashboard)
        .map(|panel| &panel["type"])
        .collect::<Vec<_>>()
        .iter()
        .map(|kind| kind.as_str().unwrap())
        .collect();
    assert!(kinds.contains("heatmap"), "{kinds:?}");
    for word in [
        "Completion lateness",
        "Rooms",
        "Clients",
        "Utilisation",
        "Lease margin",
    ] {
        assert!(
            panels(&dashboard).any(|panel| panel["title"] == word),
            "{word}"
        );
    }
}

#[test]
fn what_is_asked_for_is_documented() {
    let page = include_str!("../../../docs/metrics.md");
    for Query { panel, expression } in queries(&dashboard()) {
        let words =
            expression.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let names =
            words.filter(|word| word.starts_with("downbeat_") || word.starts_with("process_"));
        for name in names {
            let family = name.trim_end_matches("_bucket");
            assert!(
                page.contains(&format!("| `{family}` |")),
                "{panel}: {family}"
            );
        }
    }
}
