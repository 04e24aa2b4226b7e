//! `downbeat serve`: the server with the rooms that come with it.

use std::process::ExitCode;

use rustix::process::{Signal, set_parent_process_death_signal};

use super::args::ServeArgs;
use super::file;
use crate::rooms::{Arena, Chat, World};
use crate::{Pages, RoomDefinition, Server, ServerBuilder};

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
    let mut server = rooms();
    if args.for_bench {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        server = server.room::<Arena>("hall");
    }
    server.settings(settings).pages(pages()).run()?;
    Ok(())
}

/// The rooms that come with Downbeat.
pub(crate) fn rooms() -> ServerBuilder {
    Server::builder()
        .define(RoomDefinition::new::<Arena>("arena").filter_by(["seats"]))
        .define(RoomDefinition::new::<Chat>("chat").filter_by(["channel"]))
        .room::<World>("world")
}

/// The demo: what `npm run build` makes of `clients/demo`.
fn pages() -> Pages {
    let files: &[(&str, &[u8])] = include!("../../pages/demo/list.rs");
    files.iter().fold(Pages::default(), |pages, (name, bytes)| {
        pages.file(name, bytes)
    })
}
