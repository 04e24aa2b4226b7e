//! `downbeat serve`: the server with the rooms that come with it.

use std::process::ExitCode;

use super::args::ServeArgs;
use super::file;
use crate::rooms::{Arena, Chat, World};
use crate::{RoomDefinition, Server, ServerBuilder};

pub(super) fn run(args: &ServeArgs, server: ServerBuilder) -> ExitCode {
    super::log::to_stderr(&args.log);
    match serve(args, server) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(args: &ServeArgs, server: ServerBuilder) -> Result<(), Box<dyn std::error::Error>> {
    let settings = file::settings(args)?;
    server.settings(settings).run()?;
    Ok(())
}

pub(super) fn sample_rooms() -> ServerBuilder {
    Server::builder()
        .room::<Arena>("arena")
        .define(RoomDefinition::new::<Chat>("chat").filter_by(["channel"]))
        .room::<World>("world")
}
