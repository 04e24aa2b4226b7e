//! The report as people read it.

use std::fmt::{self, Display, Formatter};

use super::report::{Clients, Distribution, Report, Server};
use super::verdict::Verdict;

/// Shows a report as aligned lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'a>(pub(super) &'a Report);

impl Display for Table<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let report = self.0;
        head(report, f)?;
        distributions(report, f)?;
        volumes(report, f)?;
        if let Some(server) = &report.server {
            server_lines(server, f)?;
        }
        errors(report, f)?;
        verdict(&report.verdict, f)
    }
}

/// A name and what is to be said of it.
fn line(f: &mut Formatter<'_>, name: &str, text: impl Display) -> fmt::Result {
    writeln!(f, "{name:22}{text}")
}

fn head(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let (machine, clients) = (&report.machine, &report.clients);
    line(f, "command", &report.command)?;
    let (cpu, cores, kernel) = (&machine.cpu, machine.cores, &machine.kernel);
    line(
        f,
        "machine",
        format_args!("{cpu}, {cores} cores, Linux {kernel}"),
    )?;
    let cut = if report.is_cut_short {
        ", cut short"
    } else {
        ""
    };
    let (room, rate_hz, seconds) = (&report.room, report.rate_hz, report.measured_s);
    line(
        f,
        "measured",
        format_args!("{room}, {rate_hz} inputs/s per client, {seconds:.1} s{cut}"),
    )?;
    line(f, "clients", client_counts(clients))
}

fn client_counts(clients: &Clients) -> String {
    let Clients {
        wanted,
        joined,
        failed,
        left,
        rejoined,
        closed_by_code,
    } = clients;
    let mut text = format!("{joined} of {wanted} joined, {failed} failed");
    if *left > 0 {
        text.push_str(&format!(", {left} left and {rejoined} came again"));
    }
    for (code, count) in closed_by_code {
        text.push_str(&format!(", {count} closed with {code}"));
    }
    text
}

fn distributions(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let columns = ["p50", "p90", "p99", "p99.9", "p99.99", "max"];
    write!(f, "\n{:22}", "ms")?;
    for column in columns {
        write!(f, "{column:>9}")?;
    }
    writeln!(f, "{:>12}", "samples")?;
    distribution(f, "patch inter-arrival", &report.patch_inter_arrival_ms)?;
    distribution(f, "input to state", &report.input_to_state_ms)?;
    distribution(f, "age of newest patch", &report.patch_age_ms)?;
    distribution(f, "join", &report.join_ms)?;
    distribution(f, "own send lateness", &report.generator.send_lateness_ms)?;
    distribution(f, "own read lateness", &report.generator.read_lateness_ms)?;
    writeln!(f)
}

fn distribution(f: &mut Formatter<'_>, name: &str, of: &Distribution) -> fmt::Result {
    write!(f, "{name:22}")?;
    for value in [of.p50, of.p90, of.p99, of.p999, of.p9999, of.max] {
        write!(f, "{value:9.2}")?;
    }
    writeln!(f, "{:12}", of.samples)
}

fn volumes(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let patches = report.patches_per_client_s;
    let (mean, min) = (patches.mean, patches.min);
    line(
        f,
        "patches per client",
        format_args!("{mean:.2}/s mean, {min:.2}/s least"),
    )?;
    let (bytes, snapshots, events) = (report.bytes, report.snapshots, report.events);
    let (input, output) = (bytes.in_per_client_s, bytes.out_per_client_s);
    line(
        f,
        "bytes per client",
        format_args!("{input:.0}/s in, {output:.0}/s out"),
    )?;
    line(f, "bytes per patch", format_args!("{:.1}", bytes.per_patch))?;
    line(
        f,
        "inputs",
        format_args!(
            "{} sent, {} without an answer at the end, {} blocked, {} too late to send",
            report.inputs.sent,
            report.inputs.unanswered,
            report.inputs.blocked,
            report.inputs.unsent
        ),
    )?;
    line(
        f,
        "also received",
        format_args!("{snapshots} snapshots, {events} events"),
    )?;
    match report.generator.cpu_percent {
        Some(percent) => line(f, "generator CPU", format_args!("{percent:.1} % of a core")),
        None => Ok(()),
    }
}

fn server_lines(server: &Server, f: &mut Formatter<'_>) -> fmt::Result {
    match &server.cpu {
        None => line(f, "server CPU", "not to be read: is --server-pid right?")?,
        Some(cpu) => {
            let (user, system) = (cpu.user_percent, cpu.system_percent);
            let (all, each) = (cpu.percent, cpu.percent_per_1000_clients);
            line(
                f,
                "server CPU",
                format_args!(
                    "{all:.1} % of a core ({user:.1} user, {system:.1} system), \
                     {each:.1} % per 1,000 clients"
                ),
            )?;
            for thread in &cpu.threads {
                let (name, id, percent) = (&thread.name, thread.id, thread.percent);
                line(f, "", format_args!("{percent:5.1} % {name} ({id})"))?;
            }
        }
    }
    let Some(memory) = server.memory else {
        return Ok(());
    };
    let (before, after, each) = (memory.before_kib, memory.after_kib, memory.per_client_kib);
    line(
        f,
        "server memory",
        format_args!("{before} KiB before, {after} KiB with all clients, {each:.2} KiB per client"),
    )
}

fn errors(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    for (number, (text, count)) in report.errors.iter().enumerate() {
        let name = if number == 0 { "errors" } else { "" };
        line(f, name, format_args!("{count} × {text}"))?;
    }
    Ok(())
}

fn verdict(verdict: &Verdict, f: &mut Formatter<'_>) -> fmt::Result {
    match verdict {
        Verdict::Valid => Ok(()),
        Verdict::Incomplete(reasons) => {
            writeln!(f, "\nINCOMPLETE: {}.", reasons.join("; "))
        }
        Verdict::Invalid(reasons) => writeln!(
            f,
            "\nINVALID: {}.\nThe generator, not the server, was the limit: give it a core of its \
             own (--cpu), or take fewer --clients.",
            reasons.join("; ")
        ),
    }
}
