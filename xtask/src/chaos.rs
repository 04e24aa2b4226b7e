//! Nodes of a real cluster under faults, at length.

use std::error::Error;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::project::Project;
use crate::{process, tools};

/// The test that it is.
const TEST: &str = "whatever_happens_no_room_has_two_nodes_and_no_seat_is_lost";

/// Runs for so long; says with which seed.
pub(crate) fn run(
    project: &Project,
    minutes: u64,
    seed: Option<u64>,
) -> Result<(), Box<dyn Error>> {
    tools::redis()?;
    let any = || SystemTime::now().duration_since(UNIX_EPOCH);
    let seed = match seed {
        Some(seed) => seed,
        None => any()?.as_secs(),
    };
    println!("{minutes} minutes of chaos with --seed {seed}");
    let mut test = Command::new("cargo");
    test.args(["test", "--package", "downbeat-tests", "--test", "chaos"]);
    test.args(["--", "--exact", TEST, "--nocapture"]);
    test.env("DOWNBEAT_CHAOS_SECONDS", (minutes * 60).to_string());
    test.env("DOWNBEAT_CHAOS_SEED", seed.to_string());
    test.current_dir(&project.root);
    Ok(process::run(&mut test)?)
}
