//! What a folder of captures tells.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{FACTS_FILE, FLAME_GRAPH_FILE, SlowTick};

/// A slow tick that was captured: what its `tick.json` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CapturedTick {
    /// The name of its folder, by which it is asked for.
    pub name: String,
    /// What is known of the tick.
    pub tick: SlowTick,
    /// Milliseconds from 1970 to its capture.
    pub unix_ms: u64,
    /// The room before the tick and the tick itself, for `downbeat replay`.
    pub recording: Kept,
    /// Where its time went, as SVG.
    pub flame_graph: Kept,
}

/// A file of a capture, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kept {
    /// Its name in the folder.
    File(String),
    /// Why there is none.
    Missing(String),
}

impl Kept {
    pub(super) fn file(name: &str) -> Self {
        Self::File(name.to_owned())
    }

    pub(super) fn missing(why: &str) -> Self {
        Self::Missing(why.to_owned())
    }
}

impl CapturedTick {
    pub(crate) fn read_flame_graph(&self, parent: &Path) -> Option<String> {
        let file = parent.join(&self.name).join(FLAME_GRAPH_FILE);
        fs::read_to_string(file).ok()
    }
}

/// Whether a folder is a capture, whole or not: nothing else is ever deleted.
pub(crate) fn is_capture(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let time = name.and_then(|name| name.split_once('-'));
    let is_named = time.is_some_and(|(time, rest)| {
        time.bytes().all(|byte| byte.is_ascii_digit()) && rest.contains("-tick-")
    });
    is_named && path.is_dir()
}

/// The captures in a folder that are whole, the newest first. A folder that cannot be read has
/// none.
pub(crate) fn list(parent: &Path) -> Vec<CapturedTick> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let folders = entries.map(|entry| entry.path());
    let folders = folders.filter(|path| is_capture(path));
    let mut captured: Vec<_> = folders.filter_map(|folder| read(&folder)).collect();
    captured.sort_by(|a, b| b.unix_ms.cmp(&a.unix_ms).then_with(|| b.name.cmp(&a.name)));
    captured
}

fn read(folder: &Path) -> Option<CapturedTick> {
    let json = fs::read(folder.join(FACTS_FILE)).ok()?;
    let captured = serde_json::from_slice(&json).ok()?;
    // Whoever renamed the folder must find it.
    let name = folder.file_name()?.to_str()?.to_owned();
    Some(CapturedTick { name, ..captured })
}
