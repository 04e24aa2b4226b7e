//! The parts of the page: floor, scenarios, capacity, in process, self-test.

use std::fmt::Write;

use super::escape::escape;
use super::percentiles::{Row, percentile_table};
use super::plot::{Line, Mark, Plot};
use super::table::{has_joins_to_tell, limit, summary};
use crate::bench::figures::RunFigures;
use crate::bench::numbers::{ms, whole};
use crate::bench::outcome::{Curve, Outcome, ScenarioFigures};
use crate::load::Verdict;

pub(super) fn floors(html: &mut String, outcome: &Outcome) {
    if outcome.floors.is_empty() {
        return;
    }
    html.push_str(
        "<section>\n<h2>The floor</h2>\n<p>The best that this machine does: how late a thread \
         wakes on the server's core that sleeps until absolute times, idle, and busy half of the \
         time. No server is better than its machine.</p>\n<div class=\"plots\">",
    );
    let lines: Vec<_> = floor_lines(outcome).collect();
    figure(html, "Lateness of wake-ups", lines, Vec::new());
    let rows = outcome.floors.iter();
    let rows = rows.map(|floor| Row::of(format!("wakes late, {}", floor.name), &floor.lateness_ms));
    percentile_table(html, &rows.collect::<Vec<_>>());
    html.push_str("</div>\n</section>\n");
}

pub(super) fn scenario(html: &mut String, outcome: &Outcome, scenario: &ScenarioFigures) {
    let (name, title) = (escape(&scenario.name), escape(&scenario.title));
    let _ = write!(
        html,
        "<section id=\"{name}\">\n<div class=\"head\"><h2>{name}</h2>\
         <span class=\"title\">{title}</span>{}</div>\n<p class=\"about\">{}</p>\n",
        verdicts(scenario),
        escape(&scenario.about)
    );
    html.push_str("<div class=\"plots\">");
    let ticks = tick_lines(scenario).into_iter().chain(floor_lines(outcome));
    figure(
        html,
        "Ticks, on the server",
        ticks.collect(),
        tick_marks(scenario),
    );
    figure(html, "What clients see", client_lines(scenario), Vec::new());
    html.push_str("</div>\n");
    percentile_table(html, &rows(scenario));
    html.push_str("<ul class=\"facts\">\n");
    for (number, run) in (1..).zip(&scenario.runs) {
        let of = if scenario.runs.len() > 1 {
            format!("run {number}: ")
        } else {
            String::new()
        };
        let words = summary(run).into_iter().chain(run.missing.clone());
        for line in words.chain(run.verdict.reasons().iter().cloned()) {
            let _ = writeln!(html, "<li>{of}{}</li>", escape(&line));
        }
    }
    html.push_str("</ul>\n</section>\n");
}

pub(super) fn capacity(html: &mut String, outcome: &Outcome) {
    let Some(capacity) = &outcome.capacity else {
        return;
    };
    let players = whole(capacity.players_per_core.into());
    let _ = write!(
        html,
        "<section id=\"capacity\">\n<h2>{players} players per core</h2>\n<p>The most with {}. {}</p>\n\
         <div class=\"scroll\"><table><tr><th>players per core</th><th>p99.9 completion lateness, ms\
         </th><th>skipped</th><th>% of the core</th><th></th></tr>\n",
        escape(capacity.rule),
        limit(capacity.limit)
    );
    for step in &capacity.steps {
        let held = if step.is_punctual && step.verdict == Verdict::Valid {
            "held"
        } else {
            "did not hold"
        };
        let cpu = step
            .cpu_percent
            .map_or_else(|| "–".to_owned(), |cpu| format!("{cpu:.0}"));
        let _ = writeln!(
            html,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{cpu}</td><td>{held} {}</td></tr>",
            whole(step.players_per_core.into()),
            ms(step.completion_p999_ms),
            whole(step.skipped as f64),
            chip(&step.verdict),
        );
    }
    html.push_str("</table></div>\n</section>\n");
}

pub(super) fn scaling(html: &mut String, outcome: &Outcome) {
    let Some(scaling) = &outcome.in_process else {
        return;
    };
    let _ = write!(
        html,
        "<section id=\"in-process\">\n<h2>In process</h2>\n<p>{} rooms of {} on each shard, without \
         sockets: completion lateness of ticks.</p>\n",
        whole(scaling.rooms_per_shard.into()),
        scaling.clients_per_room
    );
    let rows = scaling.runs.iter().map(|run| {
        let name = format!("{} shards, {} rooms", run.shards, whole(run.rooms.into()));
        Row::of(name, &run.ticks.completion_lateness_ms)
    });
    percentile_table(html, &rows.collect::<Vec<_>>());
    if let Some(both) = scaling.comparison {
        let _ = writeln!(
            html,
            "<p>Two shards with twice the rooms, against one: p50 × {:.2}, p99 × {:.2}, duration of \
             ticks × {:.2}. Medians of all runs.</p>",
            both.p50_ratio, both.p99_ratio, both.duration_p50_ratio
        );
    }
    html.push_str("</section>\n");
}

pub(super) fn self_test(html: &mut String, outcome: &Outcome) {
    let Some(test) = &outcome.self_test else {
        return;
    };
    let (word, class) = if test.is_passed {
        ("PASSED", "valid")
    } else {
        ("FAILED", "invalid")
    };
    let _ = write!(
        html,
        "<section id=\"self-test\">\n<div class=\"head\"><h2>Self-test</h2><span class=\"title\">a \
         stall of {} ms</span><span class=\"verdict {class}\">{word}</span></div>\n\
         <div class=\"scroll\"><table><tr><th>meter</th><th>shows, ms</th></tr>\n",
        ms(test.stall_ms)
    );
    for meter in &test.meters {
        let (name, shows) = (escape(meter.name), ms(meter.shows_ms));
        let _ = writeln!(html, "<tr><td>{name}</td><td>{shows}</td></tr>");
    }
    html.push_str("</table></div>\n</section>\n");
}

fn figure(html: &mut String, title: &str, lines: Vec<Line<'_>>, marks: Vec<Mark>) {
    let mut legend = String::new();
    for line in &lines {
        let (class, name) = (escape(line.class), escape(line.name));
        let _ = write!(
            legend,
            "<span class=\"{class}\"><i></i><b>{name}</b></span>"
        );
    }
    let plot = Plot {
        title,
        lines,
        marks,
    };
    let Some(svg) = plot.svg() else { return };
    let title = escape(title);
    let _ = writeln!(
        html,
        "<figure><h3>{title}</h3>{svg}<figcaption class=\"legend\">{legend}</figcaption></figure>"
    );
}

fn floor_lines(outcome: &Outcome) -> impl Iterator<Item = Line<'_>> {
    outcome.floors.iter().map(|floor| {
        let (name, class) = match floor.load > 0.0 {
            true => ("floor, busy core", "line-busy"),
            false => ("floor, idle core", "line-floor"),
        };
        Line {
            name,
            class,
            curve: &floor.curve,
        }
    })
}

/// Of the first room type all three, of others when their ticks end.
fn tick_lines(scenario: &ScenarioFigures) -> Vec<Line<'_>> {
    let lines = [
        ("arena-start-lateness", "start lateness", "line-start"),
        ("arena-duration", "duration", "line-duration"),
        (
            "arena-completion-lateness",
            "completion lateness",
            "line-completion",
        ),
        (
            "hall-completion-lateness",
            "completion lateness of the large room",
            "line-completion-2",
        ),
    ];
    let known = |curve: &str| lines.iter().find(|(name, ..)| *name == curve);
    let named = scenario.curves.iter().filter_map(|curve| {
        let (_, name, class) = known(&curve.name).or_else(|| of_any_room(&curve.name))?;
        Some(Line { name, class, curve })
    });
    named.collect()
}

/// Rooms of a game have names of their own.
fn of_any_room(curve: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    const ENDS: [(&str, &str, &str); 3] = [
        ("-start-lateness", "start lateness", "line-start"),
        ("-duration", "duration", "line-duration"),
        (
            "-completion-lateness",
            "completion lateness",
            "line-completion",
        ),
    ];
    ENDS.iter().find(|(end, ..)| curve.ends_with(end))
}

fn client_lines(scenario: &ScenarioFigures) -> Vec<Line<'_>> {
    let has_joins = scenario
        .runs
        .iter()
        .any(|run| run.parties.iter().any(has_joins_to_tell));
    let line = |curve: &'_ Curve| -> Option<(&'static str, &'static str)> {
        match curve.name.as_str() {
            "crowd-input-to-state" => Some(("input to state in the large room", "line-state-2")),
            "crowd-patch-age" | "crowd-own-send-lateness" | "crowd-join" => None,
            "players-join" if scenario.name == "burst" => None,
            name if name.ends_with("-input-to-state") => Some(("input to state", "line-state")),
            name if name.ends_with("-patch-age") => Some(("age of the newest patch", "line-age")),
            name if name.ends_with("-join") && has_joins => Some(("join to snapshot", "line-join")),
            name if name.ends_with("-own-send-lateness") => {
                Some(("the clients' own lateness", "line-own"))
            }
            _ => None,
        }
    };
    let lines = scenario.curves.iter().filter_map(|curve| {
        let (name, class) = line(curve)?;
        Some(Line { name, class, curve })
    });
    lines.collect()
}

/// The period and a tenth of it.
fn tick_marks(scenario: &ScenarioFigures) -> Vec<Mark> {
    let run = scenario.runs.first();
    let Some(ticks) = run.and_then(|run| run.ticks.values().next()) else {
        return Vec::new();
    };
    let period_ms = ticks.period_ms();
    let mark = |name: &str, at_ms| Mark {
        name: name.to_owned(),
        at_ms,
    };
    vec![
        mark("10 % of the period", period_ms / 10.0),
        mark("the period", period_ms),
    ]
}

fn rows(scenario: &ScenarioFigures) -> Vec<Row> {
    let mut rows = Vec::new();
    for (number, run) in (1..).zip(&scenario.runs) {
        if scenario.runs.len() > 1 {
            rows.push(Row::head(format!("run {number}")));
        }
        run_rows(&mut rows, run);
    }
    rows
}

fn run_rows(rows: &mut Vec<Row>, run: &RunFigures) {
    for (room, ticks) in &run.ticks {
        let of = if run.ticks.len() > 1 {
            format!(", {room}")
        } else {
            String::new()
        };
        rows.push(Row::of(
            format!("tick start lateness{of}"),
            &ticks.start_lateness_ms,
        ));
        rows.push(Row::of(format!("tick duration{of}"), &ticks.duration_ms));
        let name = format!("tick completion lateness{of}");
        rows.push(Row::of(name, &ticks.completion_lateness_ms));
    }
    for party in &run.parties {
        let of = if run.parties.len() > 1 {
            format!(", {}", party.name)
        } else {
            String::new()
        };
        let seen = &party.seen;
        let mut parts = vec![
            ("input to state", &seen.input_to_state_ms),
            ("age of the newest patch", &seen.patch_age_ms),
            ("between two patches", &seen.patch_inter_arrival_ms),
        ];
        if has_joins_to_tell(party) {
            parts.push(("join to snapshot", &seen.join_ms));
        }
        parts.push(("the clients' own sends", &seen.own_send_lateness_ms));
        parts.push(("the clients' own reads", &seen.own_read_lateness_ms));
        let some = parts.into_iter().filter(|(_, figures)| figures.samples > 0);
        rows.extend(some.map(|(name, figures)| Row::of(format!("{name}{of}"), figures)));
    }
}

/// The worst of all runs.
fn verdicts(scenario: &ScenarioFigures) -> String {
    let runs = || scenario.runs.iter().map(|run| &run.verdict);
    let worst = runs()
        .find(|verdict| matches!(verdict, Verdict::Invalid(_)))
        .or_else(|| runs().find(|verdict| matches!(verdict, Verdict::Incomplete(_))))
        .or_else(|| runs().next());
    worst.map_or_else(String::new, chip)
}

fn chip(verdict: &Verdict) -> String {
    let (word, class) = match verdict {
        Verdict::Valid => ("VALID", "valid"),
        Verdict::Incomplete(_) => ("INCOMPLETE", "incomplete"),
        Verdict::Invalid(_) => ("INVALID", "invalid"),
    };
    format!("<span class=\"verdict {class}\">{word}</span>")
}
