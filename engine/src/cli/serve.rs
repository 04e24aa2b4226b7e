//! `downbeat serve`: the server with the rooms that come with it.

use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use super::args::ServeArgs;
use super::file;
use crate::rooms::{Arena, Chat, World};
use crate::{RoomDefinition, Server};

pub(super) fn run(args: &ServeArgs) -> ExitCode {
    let filter = EnvFilter::builder().parse_lossy(&args.log);
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_writer(std::io::stderr)
        .init();
    match serve(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(args: &ServeArgs) -> Result<(), Box<dyn std::error::Error>> {
    let settings = file::settings(args)?;
    Server::builder()
        .settings(settings)
        .room::<Arena>("arena")
        .define(RoomDefinition::new::<Chat>("chat").filter_by(["channel"]))
        .room::<World>("world")
        .run()?;
    Ok(())
}
