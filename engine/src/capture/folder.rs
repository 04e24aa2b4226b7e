//! A capture as files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::captured::{CapturedTick, Kept};
use super::{FACTS_FILE, RECORDING_FILE, SlowTick};
#[cfg(feature = "profile")]
use super::{FLAME_GRAPH_FILE, STACKS_FILE};
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

impl Capture {
    /// What it weighs while it waits to be written.
    pub(crate) fn bytes(&self) -> u64 {
        let recording = self.recording.as_ref().map_or(0, Vec::len);
        (recording + self.sample_bytes()) as u64
    }

    #[cfg(feature = "profile")]
    fn sample_bytes(&self) -> usize {
        let samples = self.samples.iter().flatten();
        samples.map(|sample| sample.stack.len()).sum()
    }

    #[cfg(not(feature = "profile"))]
    const fn sample_bytes(&self) -> usize {
        0
    }
}

/// Writes a capture into a folder of its own below `parent`, whose name begins with the time.
///
/// # Errors
/// What the system says if a file cannot be written.
pub(crate) fn write_capture(parent: &Path, capture: &Capture) -> io::Result<PathBuf> {
    let facts = &capture.facts;
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    let unix_ms = since_epoch.map_or(0, |time| time.as_millis() as u64);
    let room_type = crate::scribe::file_name(&facts.name);
    let (room, tick) = (&facts.room, facts.tick);
    let name = format!("{unix_ms}-{room_type}-{room}-tick-{tick}");
    let folder = parent.join(&name);
    crate::scribe::create_private_folder(&folder)?;
    let flame_graph = write_flame_graph(&folder, capture)?;
    let recording = match &capture.recording {
        Ok(recording) => {
            fs::write(folder.join(RECORDING_FILE), recording)?;
            Kept::file(RECORDING_FILE)
        }
        Err(why) => Kept::missing(why),
    };
    let captured = CapturedTick {
        name,
        tick: facts.clone(),
        unix_ms,
        recording,
        flame_graph,
    };
    let json = serde_json::to_string_pretty(&captured)?;
    // Last: a folder with it is whole.
    fs::write(folder.join(FACTS_FILE), json + "\n")?;
    Ok(folder)
}

#[cfg(feature = "profile")]
fn write_flame_graph(folder: &Path, capture: &Capture) -> io::Result<Kept> {
    let samples = match &capture.samples {
        Ok(samples) if samples.is_empty() => {
            return Ok(Kept::missing(
                "the thread did not run: it waited for its core",
            ));
        }
        Ok(samples) => samples,
        Err(why) => return Ok(Kept::missing(why)),
    };
    let mut profile = Profile::default();
    profile.add(samples);
    let facts = &capture.facts;
    let title = format!(
        "{} {}, tick {}: {:.1} ms",
        facts.name, facts.room, facts.tick, facts.took_ms
    );
    let svg = fs::File::create(folder.join(FLAME_GRAPH_FILE))?;
    profile.write_svg(&title, io::BufWriter::new(svg))?;
    fs::write(folder.join(STACKS_FILE), profile.to_text())?;
    Ok(Kept::file(FLAME_GRAPH_FILE))
}

#[cfg(not(feature = "profile"))]
fn write_flame_graph(_: &Path, _: &Capture) -> io::Result<Kept> {
    Ok(Kept::missing(
        "this program was built without the feature `profile`",
    ))
}
