//! Where the log goes.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// Logs to standard error what passes `filter`, unless the program logs elsewhere already.
pub(crate) fn to_stderr(filter: &str) {
    let filter = EnvFilter::builder().parse_lossy(filter);
    // Fails only if there is a subscriber: that one is the program's wish.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .try_init();
}
