//! The machine, as the page shows it.

use std::fmt::Write;

use super::escape::escape;
use super::table::list;
use crate::bench::machine::Facts;
use crate::bench::outcome::Outcome;

pub(super) fn section(html: &mut String, outcome: &Outcome) {
    html.push_str("<section>\n<h2>The machine</h2>\n<dl>\n");
    for (name, text) in facts(outcome) {
        let _ = writeln!(html, "<dt>{name}</dt><dd>{}</dd>", escape(&text));
    }
    html.push_str("</dl>\n</section>\n");
}

fn facts(outcome: &Outcome) -> Vec<(&'static str, String)> {
    let (facts, cores) = (&outcome.machine, &outcome.cores);
    let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "not said".to_owned());
    vec![
        ("processor", said(&facts.cpu)),
        ("cores", said(&facts.cores_online)),
        ("server on", format!("core {}", list(&cores.server))),
        ("clients on", format!("core {}", list(&cores.load))),
        (
            "memory",
            facts
                .memory_mib
                .map_or_else(unknown, |mib| format!("{mib} MiB")),
        ),
        ("kernel", said(&facts.kernel)),
        (
            "virtual machine",
            if facts.is_virtual { "yes" } else { "no" }.to_owned(),
        ),
        (
            "steal meanwhile",
            outcome
                .steal_percent
                .map_or_else(unknown, |part| format!("{part:.2} %")),
        ),
        ("governor", joined(facts.governors.iter())),
        ("isolated cores", none_if_empty(&facts.isolated)),
        ("nohz_full", none_if_empty(&facts.nohz_full)),
        ("mitigations", mitigations(facts)),
        ("clock source", said(&facts.clock_source)),
        ("idle states", idle_states(facts)),
        ("huge pages", said(&facts.huge_pages)),
        (
            "load average before",
            facts
                .load_average
                .map_or_else(unknown, |load| format!("{load:.2}")),
        ),
    ]
}

fn unknown() -> String {
    "not said".to_owned()
}

fn none_if_empty(text: &Option<String>) -> String {
    text.clone().unwrap_or_else(|| "none".to_owned())
}

fn joined<'a>(texts: impl Iterator<Item = &'a String>) -> String {
    let all: Vec<_> = texts.map(String::as_str).collect();
    if all.is_empty() {
        unknown()
    } else {
        all.join(", ")
    }
}

fn mitigations(facts: &Facts) -> String {
    let told = facts
        .mitigations
        .as_deref()
        .unwrap_or("the kernel's defaults");
    let part = |name: &str, faults: &[String]| match faults {
        [] => String::new(),
        faults => format!("; {name}: {}", faults.join(", ")),
    };
    format!(
        "{told}{}{}",
        part("worked around", &facts.mitigated),
        part("open", &facts.vulnerable)
    )
}

fn idle_states(facts: &Facts) -> String {
    let driver = facts.idle_driver.as_deref().unwrap_or("no driver");
    let states = facts.idle_states.iter().map(|state| {
        let off = if state.is_disabled { ", off" } else { "" };
        format!("{} ({} µs{off})", state.name, state.exit_us)
    });
    let states: Vec<_> = states.collect();
    if states.is_empty() {
        driver.to_owned()
    } else {
        format!("{driver}: {}", states.join(", "))
    }
}
