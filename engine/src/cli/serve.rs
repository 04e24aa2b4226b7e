//! `downbeat serve`: the server with the rooms that come with it.

use std::process::ExitCode;

use rustix::process::{Signal, getppid, set_parent_process_death_signal};

use super::args::ServeArgs;
use super::file;
use crate::rooms::{Arena, Chat, QueueRules, World};
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
    let server = match args.for_bench {
        Some(bench) => {
            end_with(bench)?;
            server.room::<Arena>("hall")
        }
        None => server,
    };
    server.settings(settings).run()?;
    Ok(())
}

/// Lets the kernel end this process with its parent, which may be gone already.
fn end_with(parent: u32) -> Result<(), Box<dyn std::error::Error>> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let found = getppid().map(|pid| pid.as_raw_nonzero().get().unsigned_abs());
    if found != Some(parent) {
        return Err(format!("the benchmark {parent} has ended").into());
    }
    Ok(())
}

/// The rooms that come with Downbeat, and the demo.
pub(crate) fn sample() -> ServerBuilder {
    Server::builder()
        .define(RoomDefinition::new::<Arena>("arena").filter_by(["seats"]))
        .define(RoomDefinition::new::<Chat>("chat").filter_by(["channel"]))
        .room::<World>("world")
        .define(RoomDefinition::lobby("lobby"))
        .define(RoomDefinition::queue("queue", duel()))
        .pages(pages())
}

/// Two players meet in an arena for two.
fn duel() -> QueueRules {
    QueueRules::new("arena", 2).room_options(serde_json::json!({ "seats": 2 }))
}

/// The demo: what `npm run build` makes of `clients/demo`.
fn pages() -> Pages {
    let files: &[(&str, &[u8])] = include!("../../pages/demo/list.rs");
    files.iter().fold(Pages::default(), |pages, (name, bytes)| {
        pages.file(name, bytes)
    })
}
