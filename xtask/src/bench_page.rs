//! What `downbeat bench` says as JSON, as tables of a page.

use std::fmt::Write;

use serde_json::Value;

/// No table can be made, or there is no place for it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    #[error("bench.json is no JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("bench.json has no `{0}`: is it of another version?")]
    Missing(String),
    #[error("README.md has no line `{BEGIN}` and, after it, `{END}`: the table goes between them")]
    NoMarks,
}

/// Between these lines of README stands the table.
const BEGIN: &str = "<!-- bench -->";
const END: &str = "<!-- /bench -->";

/// README with this table in place of its former one.
pub(crate) fn with_table(readme: &str, table: &str) -> Result<String, PageError> {
    let begin = readme.find(BEGIN).ok_or(PageError::NoMarks)? + BEGIN.len();
    let end = readme[begin..].find(END).ok_or(PageError::NoMarks)? + begin;
    let (before, after) = (&readme[..begin], &readme[end..]);
    Ok(format!("{before}\n{}\n{after}", table.trim_end()))
}

/// README's table: each scenario with the span of its runs.
pub(crate) fn table(json: &str) -> Result<String, PageError> {
    let bench: Value = serde_json::from_str(json)?;
    let mut table = circumstances(&bench)?;
    table.push_str(
        "\n| | completion lateness of ticks, ms: p50 / p99 / p99.9 | skipped | input to state, ms: \
         p50 / p99 | % of a core per 1,000 | KiB per client | bytes/s down |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for scenario in list(&bench, "/scenarios")? {
        let name = text(scenario, "/name")?;
        let title = text(scenario, "/title")?;
        let runs = list(scenario, "/runs")?;
        let room = match name {
            "world" => "world",
            _ => "arena",
        };
        let late = |percentile: &str| {
            span(
                runs,
                &format!("/ticks/{room}/completion_lateness_ms/{percentile}"),
            )
        };
        let seen = |path: &str| span(runs, &format!("/parties/0/{path}"));
        let plays = runs
            .iter()
            .any(|run| run.pointer("/parties/0/inputs/sent") != Some(&0.into()));
        let answer = match plays {
            true => format!(
                "{} / {}",
                seen("input_to_state_ms/p50"),
                seen("input_to_state_ms/p99")
            ),
            false => "–".to_owned(),
        };
        let joins = joins(name, runs);
        let valid = validity(runs);
        let _ = writeln!(
            table,
            "| **{name}**: {title}{joins}{valid} | {} / {} / {} | {} | {answer} | {} | {} | {} |",
            late("p50"),
            late("p99"),
            late("p99.9"),
            span(runs, &format!("/ticks/{room}/skipped")),
            span(runs, "/cpu/percent_per_1000_clients"),
            span(runs, "/memory/per_client_kib"),
            seen("bytes/in_per_client_s"),
        );
    }
    floors(&mut table, &bench)?;
    Ok(table)
}

/// The section of the page of results: all runs.
pub(crate) fn section(json: &str) -> Result<String, PageError> {
    let bench: Value = serde_json::from_str(json)?;
    let mut page = String::from(
        "## bench\n\nHow late are ticks, how many clients does a core carry, and what do they feel?\n\n",
    );
    page.push_str(&circumstances(&bench)?);
    let command = text(&bench, "/command")?;
    let _ = write!(page, "\n    {command}\n");
    for warning in list(&bench, "/warnings")? {
        let _ = write!(page, "\n- {}", warning.as_str().unwrap_or_default());
    }
    page.push('\n');
    let heads = ["p50", "p90", "p99", "p99.9", "p99.99", "max"];
    let heading = format!(
        "| | run | {} | samples |\n|---|---|{}\n",
        heads.join(" | "),
        "---|".repeat(7)
    );
    let _ = write!(page, "\n### Floor, ms\n\n{heading}");
    for floor in list(&bench, "/floors")? {
        let name = text(floor, "/name")?;
        percentiles(&mut page, &format!("{name} core"), 1, &floor["lateness_ms"]);
    }
    for scenario in list(&bench, "/scenarios")? {
        let (name, title) = (text(scenario, "/name")?, text(scenario, "/title")?);
        let _ = write!(page, "\n### {name}: {title}, ms\n\n{heading}");
        for (number, run) in (1..).zip(list(scenario, "/runs")?) {
            run_rows(&mut page, number, run);
        }
    }
    Ok(page)
}

fn run_rows(page: &mut String, number: u32, run: &Value) {
    let rooms = run["ticks"].as_object().into_iter().flatten();
    for (room, ticks) in rooms {
        for (name, key) in [
            ("start lateness", "start_lateness_ms"),
            ("duration", "duration_ms"),
            ("completion lateness", "completion_lateness_ms"),
        ] {
            percentiles(page, &format!("{name}, {room}"), number, &ticks[key]);
        }
    }
    let parties = run["parties"].as_array().into_iter().flatten();
    for party in parties {
        let who = party["name"].as_str().unwrap_or_default();
        for (name, key) in [
            ("input to state", "input_to_state_ms"),
            ("join to snapshot", "join_ms"),
        ] {
            percentiles(page, &format!("{name}, {who}"), number, &party[key]);
        }
    }
}

fn percentiles(page: &mut String, name: &str, run: u32, of: &Value) {
    let samples = of["samples"].as_u64().unwrap_or(0);
    if samples == 0 {
        return;
    }
    let _ = write!(page, "| {name} | {run} |");
    for percentile in ["p50", "p90", "p99", "p99.9", "p99.99", "max"] {
        let _ = write!(page, " {} |", figure(of[percentile].as_f64()));
    }
    let _ = writeln!(page, " {samples} |");
}

fn circumstances(bench: &Value) -> Result<String, PageError> {
    let cpu = text(bench, "/machine/cpu").unwrap_or("unknown processor");
    let cores = text(bench, "/machine/cores_online").unwrap_or("?");
    let kernel = text(bench, "/machine/kernel").unwrap_or("unknown");
    let version = text(bench, "/version")?;
    let commit = text(bench, "/commit").unwrap_or("unknown");
    let is_virtual = bench["machine"]["is_virtual"].as_bool().unwrap_or(false);
    let kind = if is_virtual {
        ", a virtual machine"
    } else {
        ""
    };
    Ok(format!(
        "{cpu}, cores {cores}{kind}; Linux {kernel}; downbeat {version}, commit {commit}.\n"
    ))
}

fn floors(table: &mut String, bench: &Value) -> Result<(), PageError> {
    for floor in list(bench, "/floors")? {
        let name = text(floor, "/name")?;
        let at = |percentile: &str| figure(floor["lateness_ms"][percentile].as_f64());
        let _ = writeln!(
            table,
            "| the machine itself: a sleeping loop, {name} core | {} / {} / {} | | | | | |",
            at("p50"),
            at("p99"),
            at("p99.9")
        );
    }
    Ok(())
}

/// How long it takes to join in a crowd.
fn joins(scenario: &str, runs: &[Value]) -> String {
    if scenario != "burst" {
        return String::new();
    }
    let join = |percentile: &str| span(runs, &format!("/parties/1/join_ms/{percentile}"));
    let (p50, p99) = (join("p50"), join("p99"));
    format!("; to their first snapshot p50 {p50}, p99 {p99} ms")
}

fn validity(runs: &[Value]) -> String {
    let is_valid = |run: &&Value| run["verdict"] == "valid";
    let (valid, all) = (runs.iter().filter(is_valid).count(), runs.len());
    match valid == all {
        true => String::new(),
        false => format!(" ({valid} of {all} runs valid)"),
    }
}

/// From the smallest to the largest of all runs.
fn span(runs: &[Value], path: &str) -> String {
    let found = runs.iter().filter_map(|run| run.pointer(path)?.as_f64());
    let found: Vec<f64> = found.collect();
    let Some(least) = found.iter().copied().reduce(f64::min) else {
        return "–".to_owned();
    };
    let most = found.iter().copied().fold(least, f64::max);
    let (least, most) = (figure(Some(least)), figure(Some(most)));
    if least == most {
        least
    } else {
        format!("{least}–{most}")
    }
}

fn figure(number: Option<f64>) -> String {
    let Some(number) = number else {
        return "–".to_owned();
    };
    match number.abs() {
        0.0 => "0".to_owned(),
        size if size < 9.95 => format!("{number:.2}"),
        size if size < 99.5 => format!("{number:.1}"),
        _ => grouped(number.round() as i64),
    }
}

fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn list<'a>(value: &'a Value, path: &str) -> Result<&'a [Value], PageError> {
    let found = value.pointer(path).and_then(Value::as_array);
    let missing = || PageError::Missing(path.to_owned());
    Ok(found.ok_or_else(missing)?.as_slice())
}

fn text<'a>(value: &'a Value, path: &str) -> Result<&'a str, PageError> {
    let found = value.pointer(path).and_then(Value::as_str);
    found.ok_or_else(|| PageError::Missing(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BENCH: &str = r#"{
        "version": "0.1.0", "commit": "abc", "command": "downbeat bench --runs 2",
        "machine": {"cpu": "Fast", "cores_online": "0-1", "kernel": "6.1", "is_virtual": false},
        "warnings": ["Stop the others."],
        "floors": [{"name": "idle", "lateness_ms": {"samples": 5, "p50": 0.05, "p99": 0.5, "p99.9": 1.5}}],
        "scenarios": [{"name": "arena", "title": "100 players", "runs": [
            {"verdict": "valid", "cpu": {"percent_per_1000_clients": 25.12},
             "memory": {"per_client_kib": 1.9},
             "ticks": {"arena": {"skipped": 0, "completion_lateness_ms":
                {"samples": 10, "p50": 1.0, "p99": 2.0, "p99.9": 3.0}}},
             "parties": [{"name": "players", "input_to_state_ms": {"samples": 9, "p50": 26.0, "p99": 51.0},
                "bytes": {"in_per_client_s": 10123.4}}]},
            {"verdict": "invalid", "cpu": null, "memory": null,
             "ticks": {"arena": {"skipped": 0, "completion_lateness_ms":
                {"samples": 10, "p50": 1.5, "p99": 2.0, "p99.9": 30.0}}},
             "parties": []}
        ]}]
    }"#;

    #[test]
    fn a_row_spans_all_runs() {
        let table = table(BENCH).unwrap();
        let expected = "| **arena**: 100 players (1 of 2 runs valid) | 1.00–1.50 / 2.00 / \
                        3.00–30.0 | 0 | 26.0 / 51.0 | 25.1 | 1.90 | 10,123 |\n";
        assert!(table.contains(expected), "{table}");
        assert!(
            table.contains("idle core | 0.05 / 0.50 / 1.50 |"),
            "{table}"
        );
        assert!(table.starts_with("Fast, cores 0-1; Linux 6.1; downbeat 0.1.0, commit abc."));
    }

    #[test]
    fn the_page_has_all_runs_and_how_to_do_them_again() {
        let page = section(BENCH).unwrap();
        for expected in [
            "## bench\n",
            "    downbeat bench --runs 2\n",
            "- Stop the others.",
            "| completion lateness, arena | 2 | 1.50 |",
            "| input to state, players | 1 | 26.0 |",
        ] {
            assert!(page.contains(expected), "`{expected}` is not in {page}");
        }
        assert!(matches!(section("{}"), Err(PageError::Missing(_))));
    }

    #[test]
    fn a_table_takes_the_place_of_its_former_one() {
        let readme = format!("# A\n{BEGIN}\nold\n{END}\nrest\n");
        let new = with_table(&readme, "| new |\n").unwrap();
        assert_eq!(new, format!("# A\n{BEGIN}\n| new |\n{END}\nrest\n"));
        assert!(matches!(with_table("# A", ""), Err(PageError::NoMarks)));
    }
}
