//! The server as a process, and processes that must end.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use crate::patience::{PATIENCE, eventually};

/// A process that is killed, by its id, if it is still there when it is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts a program.
    ///
    /// # Panics
    /// If there is none.
    pub fn start(command: &mut Command) -> Self {
        let child = command.spawn().unwrap_or_else(|error| {
            panic!("{:?} did not start: {error}", command.get_program());
        });
        Self { child }
    }

    /// Runs a program to its end and returns what it wrote.
    ///
    /// # Panics
    /// If it does not end.
    pub fn run(command: &mut Command) -> Output {
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = Self::start(command);
        let stdout = read_in_background(process.child.stdout.take());
        let stderr = read_in_background(process.child.stderr.take());
        let status = process.wait();
        Output {
            status,
            stdout: stdout.join().unwrap(),
            stderr: stderr.join().unwrap(),
        }
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    ///
    /// # Panics
    /// If it is gone.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it does not end.
    pub fn wait(&mut self) -> ExitStatus {
        let mut ended = None;
        eventually("a process ends", || {
            ended = self.child.try_wait().unwrap();
            ended.is_some()
        });
        ended.unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail if it has ended and was waited for: then all is well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The `downbeat` binary as a server.
#[derive(Debug)]
pub struct ServerProcess {
    /// The process.
    pub process: Process,
    /// Where it listens.
    pub address: SocketAddr,
    /// The lines of its log that nobody read yet.
    log: Receiver<String>,
}

impl ServerProcess {
    /// Starts `binary` on a free port of loopback, and returns once it serves.
    ///
    /// # Panics
    /// If it does not.
    pub fn start(binary: &str, args: &[&str]) -> Self {
        Self::start_with(binary, args, &[])
    }

    /// Starts `binary` with variables of its own.
    ///
    /// # Panics
    /// If it does not serve.
    pub fn start_with(binary: &str, args: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::start_as(binary, "serve", args, variables)
    }

    /// Starts `binary` with another command that serves.
    ///
    /// # Panics
    /// If it does not serve.
    pub fn start_as(
        binary: &str,
        command_name: &str,
        args: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let mut command = Command::new(binary);
        command.envs(variables.iter().copied());
        command
            .args([command_name, "--listen", "127.0.0.1:0"])
            .args(args);
        Self::try_start(&mut command).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Starts a command that serves somewhere.
    ///
    /// # Errors
    /// What it said, if it does not serve.
    ///
    /// # Panics
    /// If there is no such program.
    pub fn try_start(command: &mut Command) -> Result<Self, String> {
        // Settings of whoever runs the tests are not those of the server, unless the test says so.
        for variable in ["PORT", "LOG_FORMAT"] {
            if !command.get_envs().any(|(name, _)| name == variable) {
                command.env_remove(variable);
            }
        }
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let mut process = Process::start(command);
        let log = lines_in_background(process.child.stderr.take());
        let start = Instant::now();
        let mut seen = String::new();
        loop {
            let rest = PATIENCE.saturating_sub(start.elapsed());
            let line = match log.recv_timeout(rest) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => {
                    return Err(format!("it does not serve:\n{seen}"));
                }
                Err(RecvTimeoutError::Disconnected) => return Err(format!("it ended:\n{seen}")),
            };
            if let Some(address) = address_in(&line) {
                return Ok(Self {
                    process,
                    address,
                    log,
                });
            }
            seen.push_str(&line);
            seen.push('\n');
        }
    }

    /// What it logged since it served, up to its end.
    pub fn rest_of_log(&self) -> Vec<String> {
        self.log.iter().collect()
    }
}

/// The address in the line that says that a server serves.
fn address_in(line: &str) -> Option<SocketAddr> {
    if let Ok(line) = serde_json::from_str::<serde_json::Value>(line) {
        return line["address"].as_str()?.parse().ok();
    }
    let (_, rest) = line.split_once("serving address=")?;
    rest.split(' ').next()?.parse().ok()
}

fn read_in_background(from: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    let mut from = from.expect("the output is a pipe");
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

fn lines_in_background(from: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let lines = BufReader::new(from.expect("the output is a pipe")).lines();
    let (tell, hear) = channel();
    std::thread::spawn(move || {
        // The test may have ended before the process.
        lines
            .map_while(Result::ok)
            .try_for_each(|line| tell.send(line))
    });
    hear
}
