//! A folder with so many things in it and no more.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Deletes the oldest of what is `ours` until there is room for one more.
pub(super) fn make_room(folder: &Path, max: u64, ours: impl Fn(&Path) -> bool) {
    let mut there = match list(folder, ours) {
        Ok(there) => there,
        Err(error) => {
            tracing::error!(folder = %folder.display(), %error, "the folder cannot be read");
            return;
        }
    };
    there.sort();
    let excess = (there.len() as u64 + 1).saturating_sub(max);
    for (_, path) in there.into_iter().take(excess as usize) {
        if let Err(error) = delete(&path) {
            tracing::error!(path = %path.display(), %error, "the oldest cannot be deleted");
        }
    }
}

fn list(folder: &Path, ours: impl Fn(&Path) -> bool) -> io::Result<Vec<(SystemTime, PathBuf)>> {
    let mut there = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if ours(&path) {
            there.push((entry.metadata()?.modified()?, path));
        }
    }
    Ok(there)
}

fn delete(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}
