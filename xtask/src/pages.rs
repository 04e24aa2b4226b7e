//! The pages that the binary serves: `engine/pages`, as Vite makes them of `clients/demo` and
//! `clients/monitor`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::process::{self, ProcessError};
use crate::project::Project;
use crate::tools::{self, ToolError};

/// Why the pages could not be written, or are not what they should be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PagesError {
    #[error(
        "{} in engine/pages: not what Vite makes of clients/demo and clients/monitor; \
         run `cargo xtask pages` and commit what it writes",
        files.join(", ")
    )]
    Stale { files: Vec<String> },
    #[error("could not use {path}: {source}", path = path.display())]
    File { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Tool(#[from] ToolError),
    #[error(transparent)]
    Process(#[from] ProcessError),
}

/// Files by their path within a folder.
type Files = BTreeMap<String, Vec<u8>>;

/// Writes the pages.
pub(crate) fn write(project: &Project) -> Result<(), PagesError> {
    build(project, &committed(project))?;
    println!("engine/pages is written");
    Ok(())
}

/// Fails if writing them would change something; changes nothing.
pub(crate) fn check(project: &Project) -> Result<(), PagesError> {
    let folder = project.tools.join("pages");
    if folder.exists() {
        // What an earlier version built there is not of this one.
        fs::remove_dir_all(&folder).map_err(failed(&folder))?;
    }
    build(project, &folder)?;
    let (fresh, found) = (read(&folder)?, read(&committed(project))?);
    let files = stale(&fresh, &found);
    if !files.is_empty() {
        return Err(PagesError::Stale { files });
    }
    println!("engine/pages is fresh");
    Ok(())
}

fn committed(project: &Project) -> PathBuf {
    project.root.join("engine/pages")
}

/// What is built, each into a folder of its own.
pub(crate) const PROJECTS: [&str; 2] = ["demo", "monitor"];

/// Replaces all that is in the folders of the projects.
fn build(project: &Project, folder: &Path) -> Result<(), PagesError> {
    let clients = project.root.join("clients");
    tools::npm_ci(project, &clients)?;
    // The pages take the client as it was built last: that must be as it is now.
    let mut client = tools::npm(project)?;
    client.args(["run", "build", "--workspace", "typescript"]);
    process::run(client.current_dir(&clients))?;
    for name in PROJECTS {
        let mut pages = tools::npm(project)?;
        pages.args(["run", "build", "--workspace", name, "--", "--outDir"]);
        process::run(pages.arg(folder.join(name)).current_dir(&clients))?;
    }
    Ok(())
}

fn read(folder: &Path) -> Result<Files, PagesError> {
    let mut files = Files::new();
    add(folder, "", &mut files).map_err(failed(folder))?;
    Ok(files)
}

fn failed(folder: &Path) -> impl FnOnce(io::Error) -> PagesError {
    let path = folder.to_owned();
    |source| PagesError::File { path, source }
}

fn add(folder: &Path, prefix: &str, files: &mut Files) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let last = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{prefix}{last}");
        if path.is_dir() {
            add(&path, &format!("{name}/"), files)?;
        } else {
            files.insert(name, fs::read(&path)?);
        }
    }
    Ok(())
}

/// What differs, and what only one side has.
fn stale(fresh: &Files, found: &Files) -> Vec<String> {
    let mut names: Vec<&String> = fresh.keys().chain(found.keys()).collect();
    names.sort();
    names.dedup();
    names.retain(|name| fresh.get(*name) != found.get(*name));
    names.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named_on_whichever_side_it_is() {
        let files = |pairs: &[(&str, &str)]| -> Files {
            let owned = pairs.iter();
            owned
                .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
                .collect()
        };
        let fresh = files(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let found = files(&[("a", "1"), ("b", "x"), ("d", "4")]);
        assert_eq!(stale(&fresh, &found), ["b", "c", "d"]);
        assert!(stale(&fresh, &fresh).is_empty());
    }
}
