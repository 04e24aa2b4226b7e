//! A game of its own with the command line of Downbeat.

use std::process::ExitCode;

use downbeat::Server;
use downbeat_tests::burner::Burner;

fn main() -> ExitCode {
    Server::builder().room::<Burner>("burner").command_line()
}
