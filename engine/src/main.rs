//! The `downbeat` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    downbeat::cli::main()
}
