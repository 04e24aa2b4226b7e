//! The fields of the JSON, as `docs/bench.md` lists them.

use std::collections::BTreeSet;

use serde_json::Value;

const DOCS: &str = include_str!("../../../docs/bench.md");

/// Objects that are described once, or whose keys are data.
const LEAVES: [&str; 3] = ["closed_by_code", "errors", "reasons"];

/// The fields that the page lists: the first cell of each row, where it is code.
pub(crate) fn documented() -> BTreeSet<String> {
    let (_, fields) = DOCS.split_once("## The JSON").unwrap();
    let cells = fields.lines().filter_map(|line| {
        let cell = line.strip_prefix("| `")?.split_once("` |")?.0;
        Some(cell.to_owned())
    });
    cells.collect()
}

/// The fields of a report, such as `scenarios[].runs[].ticks.*.hz`. What is null is not there.
pub(crate) fn found(report: &Value) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    walk("", report, &mut fields);
    fields
}

fn walk(path: &str, value: &Value, fields: &mut BTreeSet<String>) {
    let name = path.rsplit('.').next().unwrap_or_default();
    match value {
        Value::Null => {}
        // A distribution, whatever it is of.
        Value::Object(object) if !object.contains_key("p99.9") && !LEAVES.contains(&name) => {
            for (key, value) in object {
                let is_by_room = name == "ticks" && value.get("hz").is_some();
                let key = if is_by_room { "*" } else { key };
                let path = if path.is_empty() {
                    key.to_owned()
                } else {
                    format!("{path}.{key}")
                };
                walk(&path, value, fields);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for item in items {
                walk(&format!("{path}[]"), item, fields);
            }
        }
        _ => {
            fields.insert(path.to_owned());
        }
    }
}

/// All that is found is documented.
pub(crate) fn assert_documented(report: &Value) {
    let unknown: Vec<_> = found(report).difference(&documented()).cloned().collect();
    assert!(unknown.is_empty(), "not in docs/bench.md: {unknown:#?}");
}

/// All that is documented under `prefix` is found.
pub(crate) fn assert_complete(report: &Value, prefix: &str) {
    let found = found(report);
    let documented = documented();
    let promised = documented.iter().filter(|field| field.starts_with(prefix));
    let missing: Vec<_> = promised.filter(|field| !found.contains(*field)).collect();
    assert!(
        missing.is_empty(),
        "promised by docs/bench.md: {missing:#?}"
    );
}

#[test]
fn fields_are_paths() {
    let report = serde_json::json!({
        "a": [{"b": 1, "ticks": {"arena": {"hz": 20}, "hall": {"hz": 20}}}],
        "c": {"p50": 1.0, "p99.9": 2.0},
        "d": null,
        "e": ["text"],
    });
    let expected = ["a[].b", "a[].ticks.*.hz", "c", "e"].map(str::to_owned);
    assert_eq!(found(&report), BTreeSet::from(expected));
}
