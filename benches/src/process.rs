//! What the kernel knows of a process.

use std::fs;
use std::io;
use std::time::Duration;

use rustix::io::Errno;
use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};

/// A process and what it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    id: u32,
}

/// Processor time since the start of a process, all its threads together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTime {
    /// In its own code.
    pub user: Duration,
    /// In the kernel.
    pub system: Duration,
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

    /// The processor time it used so far.
    ///
    /// # Errors
    /// [`ProcessError`] if the process is gone.
    pub fn cpu_time(self) -> Result<CpuTime, ProcessError> {
        // From the end of the name on, which alone may hold spaces, the fields are numbered from 3.
        let (path, stat) = self.read("stat")?;
        let fields: Vec<&str> = match stat.rsplit_once(')') {
            Some((_, fields)) => fields.split_whitespace().collect(),
            None => Vec::new(),
        };
        let field = |number: usize| {
            let ticks: Option<u64> = fields.get(number - 3).and_then(|text| text.parse().ok());
            ticks.map(|ticks| Duration::from_secs_f64(ticks as f64 / clock_ticks()))
        };
        match (field(14), field(15)) {
            (Some(user), Some(system)) => Ok(CpuTime { user, system }),
            _ => Err(ProcessError::Unexpected { path, found: stat }),
        }
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

    /// Stops it until it may go on.
    ///
    /// # Errors
    /// [`ProcessError`] if the process is gone.
    pub fn stop(self) -> Result<(), ProcessError> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// [`ProcessError`] if the process is gone.
    pub fn go_on(self) -> Result<(), ProcessError> {
        self.signal(Signal::CONT)
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

    fn signal(self, signal: Signal) -> Result<(), ProcessError> {
        let id = i32::try_from(self.id).ok().and_then(Pid::from_raw);
        let sent = id
            .ok_or(Errno::SRCH)
            .and_then(|id| kill_process(id, signal));
        sent.map_err(|error| ProcessError::Unreadable {
            path: self.path(""),
            source: error.into(),
        })
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

impl CpuTime {
    /// In its own code and in the kernel.
    pub fn total(self) -> Duration {
        self.user + self.system
    }

    /// Percent of a core that were used since `earlier`, over `wall` time.
    pub fn percent_since(self, earlier: Self, wall: Duration) -> f64 {
        let used = self.total().saturating_sub(earlier.total());
        used.as_secs_f64() / wall.as_secs_f64() * 100.0
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

fn clock_ticks() -> f64 {
    clock_ticks_per_second() as f64
}
