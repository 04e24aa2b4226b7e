//! The page for the browser: one file, without a script, that needs nothing from outside.

use std::fmt::Write;

use super::escape::escape;
use super::machine;
use super::sections;
use crate::bench::numbers::{ms, one, whole};
use crate::bench::outcome::Outcome;

/// The whole page.
pub(super) fn page(outcome: &Outcome) -> String {
    let mut html = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n");
    head(&mut html, outcome);
    html.push_str("<main>\n");
    title(&mut html, outcome);
    cards(&mut html, outcome);
    warnings(&mut html, outcome);
    sections::floors(&mut html, outcome);
    for scenario in &outcome.scenarios {
        sections::scenario(&mut html, outcome, scenario);
    }
    sections::capacity(&mut html, outcome);
    sections::scaling(&mut html, outcome);
    sections::self_test(&mut html, outcome);
    machine::section(&mut html, outcome);
    footer(&mut html);
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

fn head(html: &mut String, outcome: &Outcome) {
    let cpu = escape(
        outcome
            .machine
            .cpu
            .as_deref()
            .unwrap_or("unknown processor"),
    );
    let css = include_str!("page.css");
    let _ = write!(
        html,
        "<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Downbeat bench, {cpu}</title>\n<style>\n{css}</style>\n</head>\n<body>\n"
    );
}

fn title(html: &mut String, outcome: &Outcome) {
    let facts = &outcome.machine;
    let cpu = escape(facts.cpu.as_deref().unwrap_or("unknown processor"));
    let kernel = escape(facts.kernel.as_deref().unwrap_or("unknown"));
    let (date, command) = (date(outcome.began_at_s), escape(&outcome.command));
    let minutes = outcome.took_s / 60.0;
    let version = escape(&build(outcome));
    let _ = write!(
        html,
        "<header>\n<h1>Downbeat <span>bench</span></h1>\n\
         <p class=\"lead\">{cpu} · Linux {kernel} · {date} · {minutes:.1} minutes · {version}</p>\n\
         <code class=\"command\">{command}</code>\n</header>\n"
    );
}

fn build(outcome: &Outcome) -> String {
    match &outcome.commit {
        Some(commit) => format!("downbeat {}, commit {commit}", outcome.version),
        None => format!("downbeat {}", outcome.version),
    }
}

/// The figures that one remembers.
fn cards(html: &mut String, outcome: &Outcome) {
    let mut cards: Vec<(String, &str, String)> = Vec::new();
    if let Some(capacity) = &outcome.capacity {
        let players = whole(capacity.players_per_core.into());
        cards.push((
            players,
            "",
            "players per core with punctual ticks".to_owned(),
        ));
    }
    let first = outcome.scenarios.first();
    if let Some((scenario, run)) = first.and_then(|first| Some((first, first.runs.first()?))) {
        let name = &scenario.name;
        if let Some(ticks) = run.ticks.values().next() {
            let late = ms(ticks.completion_lateness_ms.p999);
            cards.push((late, "ms", format!("p99.9 completion lateness, {name}")));
            let skipped = whole(ticks.skipped as f64);
            let count = whole(ticks.ticks as f64);
            cards.push((skipped, "", format!("of {count} ticks skipped")));
        }
        if let Some(party) = run.parties.first() {
            let p99 = ms(party.seen.input_to_state_ms.p99);
            cards.push((p99, "ms", "p99 from input to state".to_owned()));
        }
        if let Some(each) = run.cpu.and_then(|cpu| cpu.percent_per_1000_clients) {
            cards.push((one(each), "%", "of a core per 1,000 clients".to_owned()));
        }
        if let Some(memory) = run.memory {
            let each = one(memory.per_client_kib);
            cards.push((each, "KiB", "of memory per client".to_owned()));
        }
    }
    if cards.is_empty() {
        return;
    }
    html.push_str("<div class=\"cards\">\n");
    for (figure, unit, text) in cards {
        let text = escape(&text);
        let _ = writeln!(
            html,
            "<div class=\"card\"><b>{figure} <small>{unit}</small></b><span>{text}</span></div>"
        );
    }
    html.push_str("</div>\n");
}

fn warnings(html: &mut String, outcome: &Outcome) {
    let mut warnings = outcome.warnings.clone();
    if outcome.is_quick {
        warnings.insert(
            0,
            "A quick run: it shows that all works, and no more.".to_owned(),
        );
    }
    if outcome.is_cut_short {
        warnings.insert(0, "It was stopped before its end.".to_owned());
    }
    if warnings.is_empty() {
        return;
    }
    html.push_str("<section class=\"warnings\">\n<h2>What may spoil these figures</h2>\n<ul>\n");
    for warning in warnings {
        let _ = writeln!(html, "<li>{}</li>", escape(&warning));
    }
    html.push_str("</ul>\n</section>\n");
}

fn footer(html: &mut String) {
    html.push_str(
        "<footer>Percentiles are of all values in the window, against a schedule that is never \
         rebased; inputs count from when they should have been sent. On loopback the sender pays \
         for the receiving side's kernel work, so every processor time is high against a real \
         network. Raw figures: bench.json and the .hgrm and .hlog files beside this page.</footer>\n",
    );
}

/// `2026-03-01 12:34 UTC`. Days to a date: Howard Hinnant, "chrono-compatible low-level date
/// algorithms", `civil_from_days`.
fn date(unix_s: u64) -> String {
    let (days, second) = (unix_s / 86_400, unix_s % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_that_of_the_calendar() {
        for (unix_s, expected) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_400 + 3_660, "2000-02-29 01:01 UTC"),
            (1_772_368_440, "2026-03-01 12:34 UTC"),
            (1_798_761_599, "2026-12-31 23:59 UTC"),
        ] {
            assert_eq!(date(unix_s), expected);
        }
    }
}
