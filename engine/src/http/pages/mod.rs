//! A game's own pages: files that the node serves beside its rooms, from memory.

mod file;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use bytes::Bytes;
use downbeat_net::http::{Request, Response};

use file::File;

/// Files that a server answers with, so that a game and its rooms need one port only.
///
/// Where a file is served follows from its name: `index.html` at `/`, `world.html` and
/// `world/index.html` at `/world`, all others under their own name. A browser asks again for each
/// whether it changed, but for those below `assets/`: their names are taken to say what is in
/// them, as bundlers do it, and it keeps them for a year. The paths of the server itself
/// (`/rooms`, `/health`, `/metrics`, `/matchmake/…`, and `/monitor` where it is on) cannot be taken.
///
/// ```
/// use downbeat::{Pages, Server};
///
/// let pages = Pages::default()
///     .file("index.html", b"<!doctype html><script type=module src=/assets/game-1f3a.js></script>")
///     .file("assets/game-1f3a.js", b"console.log('play')");
/// let server = Server::builder().pages(pages);
/// # drop(server);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Pages {
    /// By the path of the URL, without its first slash.
    files: BTreeMap<String, File>,
}

impl Pages {
    /// Adds a file, or replaces the one of that name. `name` is its path with slashes.
    #[must_use]
    pub fn file(mut self, name: &str, bytes: &'static [u8]) -> Self {
        self.add(name, Bytes::from_static(bytes));
        self
    }

    /// All files below a folder, read now: what a bundler wrote into `dist/`.
    ///
    /// # Errors
    /// If the folder or a file in it cannot be read.
    pub fn folder(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut pages = Self::default();
        pages.add_folder(path.as_ref(), "")?;
        Ok(pages)
    }

    fn add_folder(&mut self, path: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(path)? {
            let path = entry?.path();
            let last = path.file_name().unwrap_or_default().to_string_lossy();
            let name = format!("{prefix}{last}");
            if path.is_dir() {
                self.add_folder(&path, &format!("{name}/"))?;
            } else {
                self.add(&name, fs::read(&path)?.into());
            }
        }
        Ok(())
    }

    fn add(&mut self, name: &str, bytes: Bytes) {
        self.files.insert(route(name), File::new(name, bytes));
    }

    /// The answer to a request for the file at this path, if there is one.
    pub(crate) fn answer(&self, segments: &[&str], request: &Request<'_>) -> Option<Response> {
        let file = self.files.get(&segments.join("/"))?;
        Some(file.answer(request.header("if-none-match")))
    }

    /// Whether there is a file at this path.
    pub(crate) fn has(&self, segments: &[&str]) -> bool {
        self.files.contains_key(&segments.join("/"))
    }
}

/// The path of the URL that shows a file.
fn route(name: &str) -> String {
    let Some(page) = name.strip_suffix(".html") else {
        return name.to_owned();
    };
    let page = page.strip_suffix("index").unwrap_or(page);
    page.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_found_without_its_suffix() {
        let check = |name: &str, expected: &str| assert_eq!(route(name), expected, "{name}");
        check("index.html", "");
        check("world.html", "world");
        check("world/index.html", "world");
        check("docs/a/index.html", "docs/a");
        check("favicon.svg", "favicon.svg");
        check("assets/game-1f3a.js", "assets/game-1f3a.js");
    }
}
