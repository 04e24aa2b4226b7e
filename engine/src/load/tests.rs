//! Whole runs over loopback, against a fake server in a thread.

mod fake;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use downbeat_net::http::Response;
use downbeat_schemas::close::CloseCode;

use self::fake::{FakeServer, Script};
use super::args::LoadArgs;
use super::machine::Machine;
use super::report::Report;
use super::run::{Harvest, Run, Ties};
use super::table::Table;
use super::target::Target;

const CLIENTS: u32 = 24;

fn play(script: impl Script, stop: &Arc<AtomicBool>, seconds: f64) -> (Harvest, Report) {
    play_with_churn(script, stop, seconds, 0.0)
}

fn play_with_churn(
    script: impl Script,
    stop: &Arc<AtomicBool>,
    seconds: f64,
    churn: f64,
) -> (Harvest, Report) {
    let server = FakeServer::start(script);
    let args = LoadArgs {
        url: server.url.clone(),
        room: "arena".into(),
        clients: CLIENTS,
        rate: 20.0,
        seconds,
        warmup: 0.05,
        ramp: 1_000.0,
        cpu: None,
        options: r#"{"mode":1}"#.into(),
        churn,
        joining_max: 256,
        idle: false,
        seed: 1,
        verify: Some(1),
        server_pid: Some(std::process::id()),
        json: true,
        hgrm: None,
    };
    let target = Target::find(&args.url).unwrap();
    let run = Run::new(&args, target, Ties::none(Arc::clone(stop))).unwrap();
    let harvest = run.play().unwrap();
    let report = Report::new(&args, Machine::this(), "downbeat load".into(), &harvest);
    (harvest, report)
}

fn never() -> Arc<AtomicBool> {
    Arc::default()
}

/// Plays on.
struct Plays;

impl Script for Plays {
    fn on_tick(&mut self, _: usize) -> Option<CloseCode> {
        None
    }
}

#[test]
fn clients_join_play_and_are_measured() {
    let (harvest, report) = play(Plays, &never(), 0.5);
    assert_eq!(harvest.census.joined, CLIENTS);
    assert!(harvest.census.closed.is_empty());
    assert_eq!(report.errors.len(), 0, "{:?}", report.errors);
    assert_eq!(harvest.patches.len(), CLIENTS as usize);
    let counts = harvest.meter.counts;
    assert_eq!(
        u64::from(harvest.patches.iter().sum::<u32>()),
        counts.patches
    );
    assert!(counts.patches > 0 && counts.inputs > 0 && counts.bytes_in > counts.patch_bytes);
    assert!(report.input_to_state_ms.samples > 0);
    assert!(report.server.unwrap().memory.is_some());
}

/// Refuses every seat.
struct Refuses;

impl Script for Refuses {
    fn answer(&mut self) -> Response {
        Response::json(521, r#"{"code":521,"error":"no room fits"}"#)
    }

    fn on_tick(&mut self, _: usize) -> Option<CloseCode> {
        None
    }
}

#[test]
fn refusals_end_the_run_and_are_told_once() {
    let (harvest, report) = play(Refuses, &never(), 600.0);
    assert_eq!(harvest.census.failed, CLIENTS);
    let error = "matchmaking answered 521: no room fits";
    assert_eq!(report.errors[error], u64::from(CLIENTS));
    let table = Table(&report).to_string();
    assert!(
        table.contains("24 × matchmaking answered 521: no room fits"),
        "{table}"
    );
    assert!(
        table.contains("INCOMPLETE: 0 of 24 clients got to play"),
        "{table}"
    );
}

/// Shuts down once all have come.
struct ShutsDown {
    full_ticks: u32,
}

impl Script for ShutsDown {
    fn on_tick(&mut self, players: usize) -> Option<CloseCode> {
        self.full_ticks += u32::from(players == CLIENTS as usize);
        (self.full_ticks == 4).then_some(CloseCode::ServerShutdown)
    }
}

#[test]
fn a_server_that_shuts_down_ends_the_run() {
    let (harvest, report) = play(ShutsDown { full_ticks: 0 }, &never(), 600.0);
    assert_eq!(harvest.census.closed, [(4001, CLIENTS)].into());
    assert!(report.is_cut_short && report.measured_s < 600.0);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["clients"]["closed_by_code"]["4001"], CLIENTS);
    let errors = json["errors"].as_object().unwrap();
    assert!(
        errors.contains_key("closed by the server, 4001: by the script"),
        "{errors:?}"
    );
}

/// Presses Ctrl-C some ticks after all have come.
struct Interrupts {
    full_ticks: u32,
    stop: Arc<AtomicBool>,
}

impl Script for Interrupts {
    fn on_tick(&mut self, players: usize) -> Option<CloseCode> {
        self.full_ticks += u32::from(players == CLIENTS as usize);
        if self.full_ticks == 10 {
            self.stop.store(true, Ordering::Relaxed);
        }
        None
    }
}

#[test]
fn ctrl_c_ends_the_run_with_the_report_so_far() {
    let stop = never();
    let script = Interrupts {
        full_ticks: 0,
        stop: Arc::clone(&stop),
    };
    let (harvest, report) = play(script, &stop, 600.0);
    assert!(report.is_cut_short && report.measured_s < 600.0);
    assert!(harvest.census.closed.is_empty());
    assert!(harvest.meter.counts.patches > 0);
}

/// Ends once so many more have asked for a seat than there are clients.
struct Revolves {
    answers: u32,
    stop: Arc<AtomicBool>,
}

const REVOLUTIONS: u32 = 10;

impl Script for Revolves {
    fn answer(&mut self) -> Response {
        self.answers += 1;
        if self.answers == CLIENTS + REVOLUTIONS {
            self.stop.store(true, Ordering::Relaxed);
        }
        Plays.answer()
    }

    fn on_tick(&mut self, _: usize) -> Option<CloseCode> {
        None
    }
}

#[test]
fn clients_leave_and_come_again() {
    let stop = never();
    let script = Revolves {
        answers: 0,
        stop: Arc::clone(&stop),
    };
    let (harvest, report) = play_with_churn(script, &stop, 600.0, 100.0);
    let census = &harvest.census;
    assert_eq!((census.joined, census.failed), (CLIENTS, 0));
    assert!(census.left >= REVOLUTIONS, "{census:?}");
    assert!(census.rejoined + 2 >= REVOLUTIONS, "{census:?}");
    assert!(
        census.closed.is_empty() && report.errors.is_empty(),
        "{:?}",
        report.errors
    );
    // Who comes again after the window is not measured any more.
    let (measured, joins) = (harvest.meter.joins.len(), census.joined + census.rejoined);
    assert!(u64::from(CLIENTS) < measured && measured <= u64::from(joins));
    assert_eq!(harvest.patches.len(), CLIENTS as usize);
}
