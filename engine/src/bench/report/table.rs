//! The outcome as people read it on a terminal.

use std::fmt::{self, Display, Formatter};

use crate::bench::capacity::{Capacity, Limit};
use crate::bench::figures::{PartyFigures, RunFigures};
use crate::bench::numbers::{ms, one, whole};
use crate::bench::outcome::{Outcome, ScenarioFigures};
use crate::bench::scaling::Scaling;
use crate::bench::self_test::SelfTest;
use crate::load::{Distribution, Verdict};

/// Shows an outcome as aligned lines, with colours or without.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table<'a> {
    pub(crate) outcome: &'a Outcome,
    pub(crate) is_coloured: bool,
}

const NAME: usize = 30;
const CELL: usize = 9;
const COLUMNS: [&str; 6] = ["p50", "p90", "p99", "p99.9", "p99.99", "max"];

impl Display for Table<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let outcome = self.outcome;
        self.machine(f)?;
        if !outcome.floors.is_empty() {
            self.title(
                f,
                "floor",
                "a thread that sleeps until absolute times, on the server's core",
                "",
            )?;
            for floor in &outcome.floors {
                let name = match floor.load > 0.0 {
                    true => format!("wakes late, {:.0} % busy", floor.load * 100.0),
                    false => "wakes late, idle".to_owned(),
                };
                row(f, &name, &floor.lateness_ms)?;
            }
        }
        for scenario in &outcome.scenarios {
            self.scenario(f, scenario)?;
        }
        if let Some(capacity) = &outcome.capacity {
            self.capacity(f, capacity)?;
        }
        if let Some(scaling) = &outcome.in_process {
            self.scaling(f, scaling)?;
        }
        if let Some(test) = &outcome.self_test {
            self.self_test(f, test)?;
        }
        if outcome.is_quick {
            writeln!(
                f,
                "\n{}",
                self.yellow("A quick run: it shows that all works, and no more.")
            )?;
        }
        Ok(())
    }
}

impl Table<'_> {
    fn machine(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (facts, cores) = (&self.outcome.machine, &self.outcome.cores);
        let cpu = facts.cpu.as_deref().unwrap_or("unknown processor");
        let kernel = facts.kernel.as_deref().unwrap_or("unknown");
        writeln!(f, "{}", self.bold(&format!("{cpu}, Linux {kernel}")))?;
        let (server, load) = (list(&cores.server), list(&cores.load));
        writeln!(
            f,
            "server on core {server}, clients on core {load}; times in milliseconds"
        )?;
        for warning in &self.outcome.warnings {
            writeln!(f, "{} {warning}", self.yellow("!"))?;
        }
        Ok(())
    }

    fn title(&self, f: &mut Formatter<'_>, name: &str, text: &str, verdict: &str) -> fmt::Result {
        let gap = if verdict.is_empty() { "" } else { "  " };
        writeln!(f, "\n{}  {text}{gap}{verdict}", self.bold(name))?;
        write!(f, "{:NAME$}", "")?;
        for column in COLUMNS {
            write!(f, "{column:>CELL$}")?;
        }
        writeln!(f)
    }

    fn scenario(&self, f: &mut Formatter<'_>, scenario: &ScenarioFigures) -> fmt::Result {
        let runs = scenario.runs.len();
        for (number, run) in (1..).zip(&scenario.runs) {
            let name = match runs {
                1 => scenario.name.clone(),
                _ => format!("{} {number}/{runs}", scenario.name),
            };
            self.title(f, &name, &scenario.title, &self.verdict(&run.verdict))?;
            self.run(f, run)?;
        }
        Ok(())
    }

    fn run(&self, f: &mut Formatter<'_>, run: &RunFigures) -> fmt::Result {
        for (room, ticks) in &run.ticks {
            let of = if run.ticks.len() > 1 {
                format!(" {room}")
            } else {
                String::new()
            };
            row(
                f,
                &format!("tick start lateness{of}"),
                &ticks.start_lateness_ms,
            )?;
            row(f, &format!("tick duration{of}"), &ticks.duration_ms)?;
            row(
                f,
                &format!("tick completion lateness{of}"),
                &ticks.completion_lateness_ms,
            )?;
        }
        for party in &run.parties {
            let of = if run.parties.len() > 1 {
                format!(" {}", party.name)
            } else {
                String::new()
            };
            let seen = &party.seen;
            row_if_any(f, &format!("input to state{of}"), &seen.input_to_state_ms)?;
            row_if_any(f, &format!("age of newest patch{of}"), &seen.patch_age_ms)?;
            if has_joins_to_tell(party) {
                row_if_any(f, &format!("join to snapshot{of}"), &seen.join_ms)?;
            }
            row_if_any(
                f,
                &format!("clients' own lateness{of}"),
                &seen.own_send_lateness_ms,
            )?;
        }
        for line in summary(run) {
            writeln!(f, "  {line}")?;
        }
        for reason in run.verdict.reasons() {
            writeln!(f, "  {} {reason}", self.yellow("!"))?;
        }
        for missing in &run.missing {
            writeln!(f, "  {} {missing}", self.yellow("!"))?;
        }
        Ok(())
    }

    fn capacity(&self, f: &mut Formatter<'_>, capacity: &Capacity) -> fmt::Result {
        let players = whole(capacity.players_per_core.into());
        writeln!(
            f,
            "\n{}  {players} players per core ({})",
            self.bold("capacity"),
            capacity.rule
        )?;
        writeln!(f, "  {}", limit(capacity.limit))?;
        for step in &capacity.steps {
            let (players, late) = (
                whole(step.players_per_core.into()),
                ms(step.completion_p999_ms),
            );
            let is_held = step.is_punctual && step.verdict == Verdict::Valid;
            let mark = if is_held { "held" } else { "did not hold" };
            let cpu = step
                .cpu_percent
                .map_or_else(String::new, |cpu| format!(", {cpu:.0} % of the core"));
            let skipped = step.skipped;
            let verdict = match &step.verdict {
                Verdict::Valid => String::new(),
                other => format!("  {}", self.verdict(other)),
            };
            writeln!(
                f,
                "  {players:>7} players: p99.9 {late:>5} ms, {skipped} skipped{cpu}: {mark}{verdict}"
            )?;
        }
        Ok(())
    }

    fn scaling(&self, f: &mut Formatter<'_>, scaling: &Scaling) -> fmt::Result {
        let text = format!(
            "{} rooms of {} on each shard, without sockets; completion lateness",
            whole(scaling.rooms_per_shard.into()),
            scaling.clients_per_room
        );
        self.title(f, "in process", &text, "")?;
        for run in &scaling.runs {
            let name = format!(
                "{} shards, {} rooms, {:.0} % CPU",
                run.shards, run.rooms, run.cpu_percent_per_shard
            );
            row(f, &name, &run.ticks.completion_lateness_ms)?;
        }
        let Some(both) = scaling.comparison else {
            return writeln!(
                f,
                "  One shard only: with a second core it is compared with two."
            );
        };
        let same = |is: bool| if is { "within 10 %" } else { "not within 10 %" };
        writeln!(
            f,
            "  two shards with twice the rooms against one, medians: p50 {} to {} ms (× {:.2}, {}), \
             p99 {} to {} ms (× {:.2}, {}), duration p50 × {:.2}",
            ms(both.one_shard_p50_ms),
            ms(both.two_shards_p50_ms),
            both.p50_ratio,
            same(both.is_p50_within_10_percent),
            ms(both.one_shard_p99_ms),
            ms(both.two_shards_p99_ms),
            both.p99_ratio,
            same(both.is_p99_within_10_percent),
            both.duration_p50_ratio,
        )
    }

    fn self_test(&self, f: &mut Formatter<'_>, test: &SelfTest) -> fmt::Result {
        let verdict = match test.is_passed {
            true => self.green("PASSED"),
            false => self.red("FAILED"),
        };
        let stall = ms(test.stall_ms);
        writeln!(
            f,
            "\n{}  a stall of {stall} ms  {verdict}",
            self.bold("self-test")
        )?;
        for meter in &test.meters {
            let mark = if meter.is_right {
                ""
            } else {
                "  off by more than 10 %"
            };
            writeln!(
                f,
                "  {:NAME$}{:>CELL$}{mark}",
                meter.name,
                ms(meter.shows_ms)
            )?;
        }
        Ok(())
    }

    fn verdict(&self, verdict: &Verdict) -> String {
        match verdict {
            Verdict::Valid => self.green("VALID"),
            Verdict::Incomplete(_) => self.yellow("INCOMPLETE"),
            Verdict::Invalid(_) => self.red("INVALID"),
        }
    }

    fn bold(&self, text: &str) -> String {
        self.painted("1", text)
    }

    fn green(&self, text: &str) -> String {
        self.painted("32", text)
    }

    fn yellow(&self, text: &str) -> String {
        self.painted("33", text)
    }

    fn red(&self, text: &str) -> String {
        self.painted("1;31", text)
    }

    fn painted(&self, code: &str, text: &str) -> String {
        match self.is_coloured {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

fn row(f: &mut Formatter<'_>, name: &str, of: &Distribution) -> fmt::Result {
    write!(f, "  {name:width$}", width = NAME - 2)?;
    for value in [of.p50, of.p90, of.p99, of.p999, of.p9999, of.max] {
        write!(f, "{:>CELL$}", ms(value))?;
    }
    writeln!(f)
}

fn row_if_any(f: &mut Formatter<'_>, name: &str, of: &Distribution) -> fmt::Result {
    if of.samples == 0 {
        Ok(())
    } else {
        row(f, name, of)
    }
}

/// Joining at the pace of the ramp says little; in a crowd, or again and again, it does.
pub(super) fn has_joins_to_tell(party: &PartyFigures) -> bool {
    party.name == "joiners" || party.seen.clients.rejoined > 0
}

/// What is no percentile, in sentences.
pub(super) fn summary(run: &RunFigures) -> Vec<String> {
    let mut lines = Vec::new();
    for (room, ticks) in &run.ticks {
        let (skipped, count) = (whole(ticks.skipped as f64), whole(ticks.ticks as f64));
        let of = if run.ticks.len() > 1 {
            format!("{room}: ")
        } else {
            String::new()
        };
        lines.push(format!("{of}{skipped} of {count} ticks skipped"));
    }
    if let Some(cpu) = run.cpu {
        let all = one(cpu.percent);
        lines.push(match cpu.percent_per_1000_clients {
            Some(each) => {
                let each = one(each);
                format!("{each} % of a core per 1,000 clients ({all} % in all)")
            }
            None => format!("{all} % of a core"),
        });
    }
    if let Some(memory) = run.memory {
        let (each, all) = (
            one(memory.per_client_kib),
            one(memory.after_kib as f64 / 1_024.0),
        );
        lines.push(format!("{each} KiB RSS per client ({all} MiB in all)"));
    }
    if let Some(quiet) = run.quiet {
        lines.push(format!(
            "alone: {} % of a core, {} MiB; with {} empty rooms: {} % of a core, {} KiB per room",
            ms(quiet.alone.cpu_percent),
            one(quiet.alone.rss_kib as f64 / 1_024.0),
            whole(quiet.empty_rooms.into()),
            ms(quiet.with_rooms.cpu_percent),
            one(quiet.per_room_kib),
        ));
    }
    for party in &run.parties {
        lines.push(party_summary(party, run.parties.len() > 1));
    }
    lines
}

fn party_summary(party: &PartyFigures, is_named: bool) -> String {
    let (seen, clients) = (&party.seen, &party.seen.clients);
    let of = if is_named {
        format!("{}: ", party.name)
    } else {
        String::new()
    };
    let (joined, wanted) = (whole(clients.joined.into()), whole(clients.wanted.into()));
    let mut text = format!(
        "{of}{joined} of {wanted} clients, {} bytes/s down and {} up for each",
        whole(seen.bytes.in_per_client_s),
        whole(seen.bytes.out_per_client_s),
    );
    if seen.bytes.per_patch > 0.0 {
        text.push_str(&format!(
            ", {} patches/s of {} bytes",
            one(seen.patches_per_client_s.mean),
            whole(seen.bytes.per_patch)
        ));
    }
    if clients.left > 0 {
        let (left, rejoined) = (whole(clients.left.into()), whole(clients.rejoined.into()));
        text.push_str(&format!("; {left} left, {rejoined} came again"));
    }
    text
}

pub(super) const fn limit(limit: Limit) -> &'static str {
    match limit {
        Limit::Server => "The server was the limit.",
        Limit::Machine => {
            "The machine was the limit: a thread that is busy half of the time already wakes later \
             than the rule allows (p99.9 of the busy floor)."
        }
        Limit::Generator => {
            "The clients' own side was the limit: the server may carry more. Give them more cores \
             with --load-cpus."
        }
        Limit::Size => "No limit was met: there is no room for more clients to try.",
        Limit::CutShort => "It was stopped before the limit was found.",
    }
}

pub(super) fn list(cores: &[usize]) -> String {
    let cores: Vec<_> = cores.iter().map(ToString::to_string).collect();
    cores.join(", ")
}
