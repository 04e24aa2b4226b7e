//! `downbeat serve`: the server with the rooms that come with it.

use std::process::ExitCode;

use super::args::ServeArgs;
use super::file;
use crate::rooms::{Arena, Chat, World};
use crate::{Pages, RoomDefinition, Server, ServerBuilder};

pub(super) fn run(args: &ServeArgs, server: ServerBuilder) -> ExitCode {
    super::log::to_stderr(&args.log, args.log_format);
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

/// The rooms that come with Downbeat, and the demo.
pub(super) fn sample() -> ServerBuilder {
    Server::builder()
        .room::<Arena>("arena")
        .define(RoomDefinition::new::<Chat>("chat").filter_by(["channel"]))
        .room::<World>("world")
        .pages(pages())
}

/// The demo: what `npm run build` makes of `clients/demo`.
fn pages() -> Pages {
    let files: &[(&str, &[u8])] = include!("../../pages/list.rs");
    files.iter().fold(Pages::default(), |pages, (name, bytes)| {
        pages.file(name, bytes)
    })
}
