//! What can be said to `downbeat bench`.

use std::path::PathBuf;

use super::scenario::Scenario;
use crate::{CpuChoice, parse_cpu_list};

/// Measure how late ticks are on this machine, and how many clients a core carries.
///
/// Without arguments: the floor of the machine, then all scenarios against a server that it starts
/// itself, over loopback, with clients on other cores. A table here, and a page for the browser,
/// JSON and histograms in --out.
///
/// Exit code 0: all was measured. 1: something was not. 2: a run is INVALID, because the clients'
/// own side was too slow.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct BenchArgs {
    /// The scenarios to run, in the order of this list [default: all].
    #[arg(value_name = "SCENARIO")]
    pub(super) scenarios: Vec<Scenario>,

    /// Clients in place of each scenario's own number, for each shard.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub(super) clients: Option<u32>,

    /// How long each scenario is measured [default: 15; with --quick 2].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) seconds: Option<f64>,

    /// How often each scenario is run, each time with a fresh server. All runs are shown.
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) runs: u32,

    /// Shards of the server, each on a core of its own.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "cpus")]
    pub(super) shards: usize,

    /// The cores of the server, one shard each, such as 2,3 [default: the first].
    #[arg(long, value_name = "LIST", value_parser = cpu_list)]
    pub(super) cpus: Option<CpuChoice>,

    /// The cores of the clients [default: others than the server's].
    #[arg(long, value_name = "LIST", value_parser = cpu_list)]
    pub(super) load_cpus: Option<CpuChoice>,

    /// Run the shards before everything else on their cores (SCHED_FIFO).
    #[arg(long)]
    pub(super) realtime: bool,

    /// Where the report, JSON and histograms go; made if it is missing.
    #[arg(long, value_name = "DIR", default_value = "downbeat-bench")]
    pub(super) out: PathBuf,

    /// Print the JSON instead of the table.
    #[arg(long)]
    pub(super) json: bool,

    /// Few clients and short windows: to see that it works. Its figures mean nothing.
    #[arg(long)]
    pub(super) quick: bool,

    /// Search the most players that a core carries with p99.9 completion lateness within 10 % of
    /// the period and no skipped tick.
    #[arg(long, conflicts_with_all = ["scenarios", "in_process", "self_test", "runs"])]
    pub(super) capacity: bool,

    /// Run rooms without sockets: the shards' own loop, with inputs made on the spot and patches
    /// that nobody gets. With two cores or more, once with one shard and once with two.
    #[arg(long, conflicts_with_all = ["scenarios", "self_test", "game_addr"])]
    pub(super) in_process: bool,

    /// Stop the server for 200 ms, and fail unless every meter shows it.
    #[arg(long, conflicts_with_all = ["scenarios", "game_addr"])]
    pub(super) self_test: bool,

    /// Measure the server at this URL instead of one of ours; http only.
    #[arg(long, value_name = "URL", requires = "room")]
    pub(super) game_addr: Option<String>,

    /// The room type that clients join there.
    #[arg(
        long,
        value_name = "NAME",
        requires = "game_addr",
        conflicts_with = "scenarios"
    )]
    pub(super) room: Option<String>,

    /// Its join options, a JSON object.
    #[arg(
        long,
        value_name = "JSON",
        requires = "game_addr",
        default_value = "{}"
    )]
    pub(super) options: String,

    /// The process of that server, if it is on this machine: its CPU and memory are reported too.
    #[arg(long, value_name = "PID", requires = "game_addr")]
    pub(super) server_pid: Option<u32>,
}

/// Long enough to see a p99.9, short enough for a coffee.
const SECONDS: f64 = 15.0;
const QUICK_SECONDS: f64 = 2.0;
/// The longest: intervals are kept until the end.
const SECONDS_MAX: f64 = 600.0;

impl BenchArgs {
    pub(super) fn window_seconds(&self) -> f64 {
        let default = if self.quick { QUICK_SECONDS } else { SECONDS };
        self.seconds.unwrap_or(default)
    }

    /// How many shards the server has.
    pub(super) fn shard_count(&self) -> usize {
        self.server_cores()
            .map_or(self.shards.max(1), <[usize]>::len)
    }

    pub(super) fn server_cores(&self) -> Option<&[usize]> {
        listed(self.cpus.as_ref())
    }

    pub(super) fn load_cores(&self) -> Option<&[usize]> {
        listed(self.load_cpus.as_ref())
    }
}

fn listed(choice: Option<&CpuChoice>) -> Option<&[usize]> {
    match choice {
        Some(CpuChoice::List(cores)) => Some(cores),
        _ => None,
    }
}

fn cpu_list(text: &str) -> Result<CpuChoice, String> {
    parse_cpu_list(text).map_err(|error| error.to_string())
}

fn seconds(text: &str) -> Result<f64, String> {
    let number: f64 = text
        .parse()
        .map_err(|_| "not a number; write one such as 30 or 2.5".to_owned())?;
    if !(1.0..=SECONDS_MAX).contains(&number) {
        return Err(format!("write a number from 1 to {SECONDS_MAX}"));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        bench: BenchArgs,
    }

    fn parse(line: &str) -> Result<BenchArgs, String> {
        let words = std::iter::once("bench").chain(line.split_whitespace());
        Line::try_parse_from(words)
            .map(|line| line.bench)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_command_line_is_read() {
        let args = parse("arena hot --clients 500 --cpus 2,4-5 --quick").unwrap();
        assert_eq!(args.scenarios, [Scenario::Arena, Scenario::Hot]);
        assert_eq!((args.shard_count(), args.window_seconds()), (3, 2.0));
        assert_eq!(parse("--shards 2 --seconds 30").unwrap().shard_count(), 2);
    }

    #[test]
    fn what_cannot_be_is_refused_with_a_hint() {
        for (line, hint) in [
            ("football", "arena"),
            ("--seconds 0", "from 1 to"),
            ("--clients 0", "1..=60000"),
            ("--cpus 0,,1", "0,2-5"),
            ("--game-addr http://a", "--room"),
            ("--capacity arena", "cannot be used with"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(hint), "{line}: {error}");
        }
    }
}
