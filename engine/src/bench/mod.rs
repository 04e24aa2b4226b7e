//! `downbeat bench`: how late ticks are on this machine, and how many clients a core carries.
//!
//! | module | what |
//! |---|---|
//! | `args`, `session` | what is wanted, and what all parts of a benchmark share |
//! | `machine/` | the machine: its facts, its cores, its floor, and what would spoil the figures |
//! | `server/`, `subject` | the server under test: a process of ours, or anybody's |
//! | `scenario`, `play`, `idle` | who plays what, and one run of it |
//! | `take`, `intervals` | what a run has brought |
//! | `figures`, `outcome` | the same as percentiles, ready to be shown: the JSON |
//! | `capacity`, `search` | the most players per core |
//! | `scaling` | rooms without sockets, on one shard and on two |
//! | `self_test` | a stall that must show in every meter |
//! | `report/`, `numbers`, `progress` | tables, the page, files |
//!
//! The server is a process of its own on cores of its own. The clients are threads of this one: the
//! open loop of `downbeat load`.

mod args;
mod capacity;
mod figures;
mod idle;
mod intervals;
mod machine;
mod numbers;
mod outcome;
mod play;
mod progress;
mod report;
mod scaling;
mod scenario;
mod search;
mod self_test;
mod server;
mod session;
mod subject;
mod take;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

pub(crate) use args::BenchArgs;
use outcome::{Outcome, ScenarioFigures};
use play::JustWatch;
use report::{FilesError, Table, write_all};
use scenario::{Plan, Scenario, Size};
use session::{Session, SessionError, floor_s};
use subject::Subject;

use crate::load::stop_flag;

/// Runs `downbeat bench` to its report: on stdout, what else is to be said on stderr.
pub(crate) fn run(args: &BenchArgs) -> ExitCode {
    match measure(args).and_then(|outcome| Ok((show(args, &outcome)?, outcome))) {
        Ok(((), outcome)) => ExitCode::from(outcome.exit_code()),
        Err(error) => {
            say(&mut io::stderr(), format_args!("error: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
enum BenchError {
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error("SIGTERM and SIGINT cannot be caught: {0}")]
    Signals(io::Error),
    #[error(transparent)]
    Files(#[from] FilesError),
}

fn measure(args: &BenchArgs) -> Result<Outcome, BenchError> {
    let stop = stop_flag().map_err(BenchError::Signals)?;
    let mut session = Session::new(args, stop, expected_s(args))?;
    if args.self_test {
        let test = self_test::run(&mut session)?;
        let mut outcome = session.outcome();
        outcome.self_test = Some(test);
        return Ok(outcome);
    }
    if args.in_process {
        let scaling = scaling::run(&mut session)?;
        let mut outcome = session.outcome();
        outcome.in_process = Some(scaling);
        return Ok(outcome);
    }
    if let (Some(url), Some(room)) = (&args.game_addr, &args.room) {
        let figures = measure_game(&mut session, url, room)?;
        let mut outcome = session.outcome();
        outcome.scenarios.push(figures);
        return Ok(outcome);
    }
    let floors = session.floors()?;
    let (mut scenarios, mut capacity) = (Vec::new(), None);
    if args.capacity {
        capacity = Some(capacity::search(&mut session, &floors)?);
    } else {
        for plan in plans(args, session.size()) {
            if !session.is_stopped() {
                scenarios.push(session.scenario(&plan)?);
            }
        }
    }
    let mut outcome = session.outcome();
    (outcome.floors, outcome.scenarios, outcome.capacity) = (floors, scenarios, capacity);
    Ok(outcome)
}

/// Somebody's server: nothing of it is started or stopped, only played on.
fn measure_game(
    session: &mut Session<'_>,
    url: &str,
    room: &str,
) -> Result<ScenarioFigures, SessionError> {
    let args = session.args();
    let subject = Subject::theirs(url, args.server_pid)?;
    let plan = Plan::of_game(room, &args.options, session.size());
    let mut figures = ScenarioFigures::new(&plan);
    for _ in 0..args.runs {
        if session.is_stopped() {
            break;
        }
        session.progress().step(&plan.title, plan.expected_s());
        let mut take = session.play_on(&subject, &plan, &mut JustWatch)?;
        if args.server_pid.is_none() {
            let missing =
                "its processor time and memory are not known: name its process with --server-pid";
            take.missing.push(missing.to_owned());
        }
        figures.add(&plan, take);
    }
    Ok(figures)
}

fn plans(args: &BenchArgs, size: Size) -> Vec<Plan> {
    let is_wanted = |one: &Scenario| args.scenarios.is_empty() || args.scenarios.contains(one);
    let wanted = Scenario::ALL.into_iter().filter(is_wanted);
    wanted.map(|scenario| scenario.plan(size)).collect()
}

/// About how long all of it takes.
fn expected_s(args: &BenchArgs) -> f64 {
    let size = Size {
        clients: args.clients,
        shards: args.shard_count() as u32,
        seconds: args.window_seconds(),
        is_quick: args.quick,
    };
    let arena_s = Scenario::Arena.plan(size).expected_s();
    let floors_s = 2.0 * floor_s(args);
    match args {
        BenchArgs {
            self_test: true, ..
        } => arena_s.min(15.0),
        BenchArgs {
            in_process: true, ..
        } => scaling::expected_s(args),
        BenchArgs { capacity: true, .. } => floors_s + 8.0 * arena_s,
        BenchArgs {
            game_addr: Some(_), ..
        } => f64::from(args.runs) * arena_s,
        _ => {
            let plans = plans(args, size);
            let all_s: f64 = plans.iter().map(Plan::expected_s).sum();
            floors_s + f64::from(args.runs) * all_s
        }
    }
}

fn show(args: &BenchArgs, outcome: &Outcome) -> Result<(), BenchError> {
    let mut out = io::stdout();
    if args.json {
        let json = serde_json::to_string_pretty(outcome).expect("an outcome has string keys only");
        say(&mut out, format_args!("{json}\n"));
    } else {
        let is_coloured = out.is_terminal();
        let table = Table {
            outcome,
            is_coloured,
        };
        say(&mut out, format_args!("{table}"));
    }
    write_all(&args.out, outcome)?;
    let out = args.out.display();
    say(
        &mut io::stderr(),
        format_args!("\nreport: {out}/report.html\n"),
    );
    Ok(())
}

/// The one way from here to a terminal. A reader that is gone, as after `| head`, is no error.
fn say(out: &mut impl Write, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text).and_then(|()| out.flush());
}
