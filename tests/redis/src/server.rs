//! One process of Redis.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{env, fs};

use crate::client::{Client, Reply};
use crate::config;
use crate::options::{Login, Options};
use crate::patience::eventually;
use crate::ports::free_port;
use crate::watchdog;

/// What is told if there is no Redis.
const INSTALL: &str = "the tests need redis-server and redis-sentinel: install them, on Debian \
    with `apt-get install --no-install-recommends redis-server redis-sentinel`";

/// How often another port is tried because somebody took the one that was free.
const ATTEMPTS: usize = 20;

/// A server, killed and its folder removed when it is dropped. All methods take `&self`, so that
/// tests can share it.
#[derive(Debug)]
pub struct Server {
    ports: Ports,
    program: &'static str,
    folder: PathBuf,
    login: Option<Login>,
    has_own_user: bool,
    process: Mutex<Option<Child>>,
}

/// Where a server listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) plain: u16,
    pub(crate) tls: u16,
    /// Of a cluster's own traffic.
    pub(crate) bus: u16,
}

impl Server {
    /// Starts a server, and returns once it answers. `lines` are of its kind, and come before those
    /// of the options.
    pub(crate) fn start(options: &Options, lines: impl Fn(Ports) -> String) -> Self {
        Self::start_program("redis-server", options, |ports| {
            config::text(options, ports, &lines(ports))
        })
    }

    pub(crate) fn start_program(
        program: &'static str,
        options: &Options,
        lines: impl Fn(Ports) -> String,
    ) -> Self {
        assert!(is_in_path(program), "{INSTALL}");
        for _ in 0..ATTEMPTS {
            let ports = Ports {
                plain: free_port(),
                tls: free_port(),
                bus: free_port(),
            };
            let server = Self {
                ports,
                program,
                folder: watchdog::folder(program),
                login: options.login.clone(),
                has_own_user: options.has_own_user,
                process: Mutex::new(None),
            };
            server.configure(&lines(ports), &options.acl);
            if server.run() {
                return server;
            }
        }
        panic!("{ATTEMPTS} times, somebody took the port first");
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.ports.plain
    }

    /// Where it listens with TLS, if its options say that it does.
    pub fn tls_port(&self) -> u16 {
        self.ports.tls
    }

    /// Where it listens to its cluster.
    pub fn bus_port(&self) -> u16 {
        self.ports.bus
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.ports.plain).into()
    }

    /// Its process, if it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process().as_ref().map(Child::id)
    }

    /// Whether it was started and not killed since.
    pub fn is_running(&self) -> bool {
        self.pid().is_some()
    }

    /// Ends it by SIGKILL, and returns once it has ended. What it had in memory is lost.
    pub fn kill(&self) {
        let Some(mut child) = self.process().take() else {
            return;
        };
        child.kill().unwrap();
        wait_for(child);
    }

    /// Stops it by SIGSTOP: its connections stay, and nothing answers.
    ///
    /// # Panics
    /// If it does not run.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    ///
    /// # Panics
    /// If it does not run.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Kills it if it runs, and starts it again: same port, same configuration, empty.
    ///
    /// # Panics
    /// If somebody has its port.
    pub fn restart(&self) {
        self.kill();
        assert!(self.run(), "it starts again:\n{}", self.log());
    }

    /// Its answer to a command, over a connection of its own.
    ///
    /// # Panics
    /// If there is no answer.
    pub fn command(&self, words: &[&str]) -> Reply {
        let reply = self.try_command(words);
        reply.unwrap_or_else(|error| panic!("{words:?}: {error}\n{}", self.log()))
    }

    /// Its answer to a command.
    ///
    /// # Errors
    /// If it has none.
    pub fn try_command(&self, words: &[&str]) -> io::Result<Reply> {
        self.connect()?.command(words)
    }

    /// A connection that is set up.
    ///
    /// # Errors
    /// If it does not answer.
    pub fn connect(&self) -> io::Result<Client> {
        Client::connect(self.address(), self.login.as_ref())
    }

    /// A value of what INFO tells, empty if it tells no such thing.
    ///
    /// # Panics
    /// If there is no answer.
    pub fn info(&self, section: &str, name: &str) -> String {
        value_in(self.command(&["INFO", section]).text(), name)
    }

    /// What it has written.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Who sets it up.
    pub(crate) fn login(&self) -> Option<&Login> {
        self.login.as_ref()
    }

    fn configure(&self, lines: &str, acl: &[String]) {
        let config = format!("bind 127.0.0.1\nport {}\ndir .\n{lines}", self.ports.plain);
        fs::write(self.folder.join(CONFIG), config).unwrap();
        fs::write(self.folder.join("users.acl"), acl.join("\n")).unwrap();
    }

    /// False if somebody has its port.
    fn run(&self) -> bool {
        // Of the life before.
        let _ = fs::remove_file(self.folder.join("log"));
        let mut command = watchdog::watched(self.program);
        command.arg(CONFIG).current_dir(&self.folder);
        if self.has_own_user {
            self.give_to_user(&mut command);
        }
        let child = command.spawn().expect("there is a shell");
        let pid = child.id();
        *self.process() = Some(child);
        let mut is_taken = false;
        eventually("a server answers", || {
            is_taken = self.is_over();
            is_taken || self.is_serving(pid)
        });
        if is_taken {
            self.kill();
        }
        !is_taken
    }

    fn give_to_user(&self, command: &mut Command) {
        let user = u32::from(self.ports.plain);
        command.uid(user).gid(user);
        let files = fs::read_dir(&self.folder).unwrap();
        let files = files.map(|file| file.unwrap().path());
        for path in files.chain([self.folder.clone()]) {
            chown(path, Some(user), Some(user)).expect("this is root");
        }
    }

    /// Whether it ended because of its port.
    ///
    /// # Panics
    /// If it ended because of something else.
    fn is_over(&self) -> bool {
        let mut process = self.process();
        let is_over = process.as_mut().is_some_and(has_ended);
        let log = self.log();
        let is_taken = log.contains("Address already in use");
        assert!(!is_over || is_taken, "the server ended:\n{log}");
        is_over
    }

    /// Another process' Redis on this port does not count.
    fn is_serving(&self, pid: u32) -> bool {
        let info = self.try_command(&["INFO", "server"]);
        matches!(info, Ok(Reply::Text(text))
            if value_in(&String::from_utf8_lossy(&text), "process_id") == pid.to_string())
    }

    fn signal(&self, name: &str) {
        let process = self.process();
        let pid = process.as_ref().expect("it runs").id();
        let mut kill = Command::new("sh");
        kill.args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &pid.to_string()]);
        assert!(kill.stdin(Stdio::null()).status().unwrap().success());
    }

    /// Also after a panic of who held it: what is in it is whole.
    fn process(&self) -> MutexGuard<'_, Option<Child>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        // Nothing depends on it.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

const CONFIG: &str = "redis.conf";

/// The value of a line `NAME:VALUE`.
pub(crate) fn value_in(info: &str, name: &str) -> String {
    let mut pairs = info.lines().filter_map(|line| line.split_once(':'));
    let value = pairs.find_map(|(found, value)| (found == name).then_some(value));
    value.unwrap_or_default().to_owned()
}

fn has_ended(child: &mut Child) -> bool {
    // Not waited for: the watchdog has to forget it first.
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id()));
    let state = stat.unwrap_or_default();
    let state = state
        .rsplit_once(") ")
        .map(|(_, rest)| rest.starts_with('Z'));
    state.unwrap_or(true)
}

fn wait_for(mut child: Child) {
    eventually("a killed server ends", || has_ended(&mut child));
    watchdog::ended(child.id());
    // It has ended.
    let _ = child.wait();
}

fn is_in_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder: PathBuf| Path::is_file(&folder.join(program)))
}
