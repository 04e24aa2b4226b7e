//! A folder that is gone with the test.

use std::fs;
use std::path::{Path, PathBuf};

/// A folder of its own for each test, empty at first.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes one below `parent`, with a name that no other test has.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn new(parent: &str, name: &str) -> Self {
        let path = Path::new(parent).join(format!("{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where it is, as an argument of a command.
    ///
    /// # Panics
    /// If the path is no UTF-8.
    pub fn arg(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// What is in it, by name.
    ///
    /// # Panics
    /// If it is gone.
    pub fn entries(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing depends on it.
        let _ = fs::remove_dir_all(&self.0);
    }
}
