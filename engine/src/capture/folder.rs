//! A capture as files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::{RECORDING_FILE, SlowTick};
#[cfg(feature = "profile")]
use crate::profile::{Profile, StackSample};

/// A slow tick with what was kept of it.
#[derive(Debug)]
pub(crate) struct Capture {
    pub(crate) facts: SlowTick,
    /// The room before the step and the step itself, as a recording; or why there is none.
    pub(crate) recording: Result<Vec<u8>, String>,
    #[cfg(feature = "profile")]
    pub(crate) samples: Result<Vec<StackSample>, String>,
}

/// Writes a capture into a folder of its own below `parent`, whose name begins with the time.
///
/// # Errors
/// What the system says if a file cannot be written.
pub(crate) fn write_capture(parent: &Path, capture: &Capture) -> io::Result<PathBuf> {
    let facts = &capture.facts;
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    let unix_ms = since_epoch.map_or(0, |time| time.as_millis());
    let name = crate::scribe::file_name(&facts.name);
    let folder = parent.join(format!(
        "{unix_ms}-{name}-{}-tick-{}",
        facts.room, facts.tick
    ));
    crate::scribe::create_private_folder(&folder)?;
    let write = |file: &str, bytes: &[u8]| fs::write(folder.join(file), bytes);
    let flame_graph = write_flame_graph(&folder, capture)?;
    if let Ok(recording) = &capture.recording {
        write(RECORDING_FILE, recording)?;
    }
    let tick = json!({
        "tick": facts,
        "unix_ms": unix_ms as u64,
        "recording": file_or_why(RECORDING_FILE, capture.recording.as_ref().err()),
        "flame_graph": flame_graph,
    });
    // Last: a folder with it is whole.
    write("tick.json", format!("{tick:#}\n").as_bytes())?;
    Ok(folder)
}

fn file_or_why(file: &str, why: Option<&String>) -> serde_json::Value {
    match why {
        None => json!({ "file": file }),
        Some(why) => json!({ "missing": why }),
    }
}

#[cfg(feature = "profile")]
fn write_flame_graph(folder: &Path, capture: &Capture) -> io::Result<serde_json::Value> {
    let samples = match &capture.samples {
        Ok(samples) if samples.is_empty() => {
            return Ok(json!({ "missing": "the thread did not run: it waited for its core" }));
        }
        Ok(samples) => samples,
        Err(why) => return Ok(json!({ "missing": why })),
    };
    let mut profile = Profile::default();
    profile.add(samples);
    let facts = &capture.facts;
    let title = format!(
        "{} {}, tick {}: {:.1} ms",
        facts.name, facts.room, facts.tick, facts.took_ms
    );
    profile.write_svg(&title, fs::File::create(folder.join("flame.svg"))?)?;
    fs::write(folder.join("stacks.txt"), profile.to_text())?;
    Ok(json!({ "file": "flame.svg", "stacks": "stacks.txt", "samples": profile.samples() }))
}

#[cfg(not(feature = "profile"))]
fn write_flame_graph(_: &Path, _: &Capture) -> io::Result<serde_json::Value> {
    Ok(json!({ "missing": "this program was built without the feature `profile`" }))
}
