//! `downbeat serve`: the server with the rooms that come with it.

use std::process::ExitCode;

use super::args::ServeArgs;
use super::file;
use crate::rooms::{Arena, Chat, World};
use crate::{RoomDefinition, Server};

pub(super) fn run(args: &ServeArgs) -> ExitCode {
    super::log::to_stderr(&args.log, args.log_format);
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
