//! Where things are.

use std::env;
use std::path::{Path, PathBuf};

/// The folders of this checkout.
#[derive(Debug)]
pub(crate) struct Project {
    /// The workspace's top folder.
    pub(crate) root: PathBuf,
    /// Where the commands keep what they fetch and make: `xtask` in cargo's target folder.
    pub(crate) tools: PathBuf,
}

impl Project {
    pub(crate) fn new() -> Self {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = package.parent().unwrap_or(package).to_owned();
        let target = env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
        // Cargo takes a relative folder from where it was called; so do we.
        let tools = match env::current_dir() {
            Ok(here) if target != Path::new("target") => here.join(target),
            _ => root.join(target),
        };
        Self {
            root,
            tools: tools.join("xtask"),
        }
    }
}
