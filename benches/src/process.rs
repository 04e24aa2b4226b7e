//! What the kernel knows of a process.

use std::fs;
use std::io;

use rustix::param::page_size;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// A process and what it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    id: u32,
}

/// Why nothing is known of a process.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It is gone, or somebody else's.
    #[error("could not read {path}: {source}; has the process ended?")]
    Unreadable {
        /// The file in /proc.
        path: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// The kernel writes it in another way than expected.
    #[error("{path} does not say what was expected: {found}")]
    Unexpected {
        /// The file in /proc.
        path: String,
        /// What it says.
        found: String,
    },
}

impl Process {
    /// The process of this id.
    pub const fn new(id: u32) -> Self {
        Self { id }
    }

    /// Its id.
    pub const fn id(self) -> u32 {
        self.id
    }

    /// Memory that is its own and in use now, bytes. What the kernel keeps for its sockets is not
    /// in it.
    ///
    /// # Errors
    /// [`ProcessError`] if the process is gone.
    pub fn rss_bytes(self) -> Result<u64, ProcessError> {
        let (path, statm) = self.read("statm")?;
        let pages = statm.split_whitespace().nth(1);
        let pages: Option<u64> = pages.and_then(|pages| pages.parse().ok());
        let rss_bytes = pages.map(|pages| pages * page_size() as u64);
        rss_bytes.ok_or(ProcessError::Unexpected { path, found: statm })
    }

    /// How many files, sockets included, it has open.
    ///
    /// # Errors
    /// [`ProcessError`] if the process is gone.
    pub fn open_files(self) -> Result<u64, ProcessError> {
        let path = self.path("fd");
        match fs::read_dir(&path) {
            Ok(files) => Ok(files.count() as u64),
            Err(source) => Err(ProcessError::Unreadable { path, source }),
        }
    }

    fn read(self, file: &str) -> Result<(String, String), ProcessError> {
        let path = self.path(file);
        match fs::read_to_string(&path) {
            Ok(text) => Ok((path, text)),
            Err(source) => Err(ProcessError::Unreadable { path, source }),
        }
    }

    fn path(self, file: &str) -> String {
        format!("/proc/{}/{file}", self.id)
    }
}

/// Fewer open files are allowed than are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{wanted} open files are needed and {allowed} allowed: raise the hard limit, as root with `ulimit -Hn {wanted}`"
)]
pub struct FilesError {
    wanted: u64,
    allowed: u64,
}

/// Allows this process, and those that it starts from now on, `wanted` open files each.
///
/// # Errors
/// [`FilesError`] if that is over the hard limit.
pub fn allow_files(wanted: u64) -> Result<(), FilesError> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    let raised = Rlimit {
        current: Some(wanted),
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised).map_err(|_| FilesError {
        wanted,
        allowed: limit.maximum.unwrap_or(u64::MAX),
    })
}
