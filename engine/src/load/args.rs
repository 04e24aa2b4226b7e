//! What can be said to `downbeat load`.

use std::path::PathBuf;

/// Put playing WebSocket clients on a server and measure what they see.
///
/// Exit code 0: all clients joined and stayed. 1: some did not, or nothing could be measured.
/// 2: the run is INVALID, because the generator itself was too slow.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct LoadArgs {
    /// Where the server listens; http only.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:2567")]
    pub(crate) url: String,

    /// The room type to join; joinOrCreate fills room after room.
    #[arg(long, value_name = "NAME", default_value = "arena")]
    pub(crate) room: String,

    /// How many clients play.
    #[arg(long, value_name = "N", default_value_t = 1_000,
          value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub(crate) clients: u32,

    /// Inputs that each client sends per second.
    #[arg(long, value_name = "HZ", default_value_t = 20.0, value_parser = rate)]
    pub(crate) rate: f64,

    /// How long to measure.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    pub(crate) seconds: f64,

    /// How long all clients play before the measurement begins.
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = seconds)]
    pub(crate) warmup: f64,

    /// Clients that begin to join per second.
    #[arg(long, value_name = "CLIENTS", default_value_t = 500.0, value_parser = rate)]
    pub(crate) ramp: f64,

    /// The core to run on; another one than the server's.
    #[arg(long, value_name = "CORE")]
    pub(crate) cpu: Option<usize>,

    /// Join options, a JSON object.
    #[arg(long, value_name = "JSON", default_value = "{}", value_parser = json_object)]
    pub(crate) options: String,

    /// Of the clients, so many percent leave and join again each second.
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0, value_parser = percent)]
    pub(crate) churn: f64,

    /// How many may be between their seat and their snapshot at once. A seat lives 15 s: where
    /// joining is not what is measured, none should wait for long.
    #[arg(skip = JOINING_MAX)]
    pub(crate) joining_max: u32,

    /// Send no inputs: only connect, read and answer pings.
    #[arg(long)]
    pub(crate) idle: bool,

    /// Seed of directions and send times: the same seed plays the same game.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Decode every row that each K-th client is sent and count what is wrong.
    #[arg(long, value_name = "K", num_args = 0..=1, default_missing_value = "50",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) verify: Option<u32>,

    /// The server's process on this machine: report its CPU and memory too.
    #[arg(long, value_name = "PID")]
    pub(crate) server_pid: Option<u32>,

    /// Write one JSON object instead of a table.
    #[arg(long)]
    pub(crate) json: bool,

    /// Write each histogram as a percentile file (.hgrm) into this directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) hgrm: Option<PathBuf>,
}

/// Clients that join at once, unless a crowd is what is measured.
const JOINING_MAX: u32 = 256;

fn rate(text: &str) -> Result<f64, String> {
    between(text, 0.01, 100_000.0)
}

fn percent(text: &str) -> Result<f64, String> {
    between(text, 0.0, 100.0)
}

fn seconds(text: &str) -> Result<f64, String> {
    between(text, 0.0, 86_400.0)
}

fn between(text: &str, min: f64, max: f64) -> Result<f64, String> {
    let number: f64 = text
        .parse()
        .map_err(|_| "not a number; write one such as 20 or 0.5".to_owned())?;
    if !(min..=max).contains(&number) {
        return Err(format!("write a number from {min} to {max}"));
    }
    Ok(number)
}

fn json_object(text: &str) -> Result<String, String> {
    match serde_json::from_str(text) {
        Ok(serde_json::Value::Object(_)) => Ok(text.to_owned()),
        Ok(_) => Err("not an object; write one such as {\"mode\": \"duel\"}".to_owned()),
        Err(error) => Err(format!("not JSON: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        load: LoadArgs,
    }

    fn parse(line: &str) -> Result<LoadArgs, String> {
        let words = std::iter::once("load").chain(line.split_whitespace());
        Line::try_parse_from(words)
            .map(|line| line.load)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_command_line_is_read() {
        let args = parse("--clients 2000 --rate 0.5 --seconds 30 --verify --options {\"a\":1}");
        let args = args.unwrap();
        assert_eq!((args.clients, args.rate, args.seconds), (2_000, 0.5, 30.0));
        assert_eq!(
            (args.verify, args.options.as_str()),
            (Some(50), "{\"a\":1}")
        );
    }

    #[test]
    fn what_cannot_be_is_refused_with_a_hint() {
        for (line, hint) in [
            ("--clients 0", "1..=60000"),
            ("--rate 0", "from 0.01"),
            ("--rate NaN", "from 0.01"),
            ("--seconds x", "not a number"),
            ("--options []", "not an object"),
            ("--options {", "not JSON"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(hint), "{line}: {error}");
        }
    }
}
