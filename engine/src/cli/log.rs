//! Where the log goes.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// The variable that says how to log.
pub(crate) const FORMAT: &str = "LOG_FORMAT";

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// For people; coloured on a terminal.
    #[default]
    Human,
    /// One JSON object per line, for what collects logs.
    Json,
}

impl LogFormat {
    /// What [`FORMAT`] says, for a program that has no command line of ours.
    pub(crate) fn of_environment() -> Self {
        match std::env::var(FORMAT) {
            Ok(format) if format.eq_ignore_ascii_case("json") => Self::Json,
            _ => Self::Human,
        }
    }
}

/// Logs to standard error what passes `filter`, unless the program logs elsewhere already.
pub(crate) fn to_stderr(filter: &str, format: LogFormat) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse_lossy(filter))
        .with_target(false)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    // Fails only if there is a subscriber: that one is the program's wish.
    let _ = match format {
        LogFormat::Human => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}
