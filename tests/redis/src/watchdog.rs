//! Who ends the servers when the test cannot.
//!
//! A `static` is never dropped, and a killed process drops nothing. So a shell waits for the end of
//! a pipe whose other end only this process holds, and then kills the servers which it was told of.
//! A server is written into that pipe by the process that becomes it, before it does: there is no
//! moment at which it runs and the watchdog could miss it. It is struck off while it is still a
//! zombie: nobody else can have its id by then.

use std::fs;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// Reads `+PID` and `-PID`; its argument is the folder to remove. Ctrl-C is not for it.
const SCRIPT: &str = r#"
    trap '' INT TERM HUP
    pids=' '
    while read -r line; do
        pid=${line#?}
        case $line in
            +*) pids="$pids$pid " ;;
            -*) pids="${pids%% $pid *} ${pids#* $pid }" ;;
        esac
    done
    for pid in $pids; do kill -KILL "$pid"; done
    # Who is being killed may still write.
    for try in 1 2 3 4 5; do rm -rf "$1" && break; sleep 0.1; done
"#;

/// What a process that is to become a server does first.
const BECOME: &str = r#"echo "+$$"; exec "$@" >>log 2>&1"#;

/// A command that starts a program of which the watchdog knows. Its output goes to the file `log`
/// in the folder in which it runs.
pub(crate) fn watched(program: &str) -> Command {
    let pipe = pipe().as_fd().try_clone_to_owned().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", BECOME, "sh", program]);
    command.stdin(Stdio::null()).stdout(pipe);
    command.stderr(Stdio::null());
    // Ctrl-C is for the test, which then ends: that ends the servers.
    command.process_group(0);
    command
}

/// Strikes off a program that has ended and was not waited for.
pub(crate) fn ended(pid: u32) {
    let line = format!("-{pid}\n");
    // In one write, as those of the servers are: lines do not mix.
    pipe().write_all(line.as_bytes()).unwrap();
}

/// A new folder for one server, gone with this process if not before.
pub(crate) fn folder(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = watchdog().folder.join(format!("{number}-{name}"));
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[derive(Debug)]
struct Watchdog {
    /// Never waited for: it ends after this process.
    _shell: Child,
    pipe: Mutex<ChildStdin>,
    folder: PathBuf,
}

/// Also after a panic of who held it: a line is written whole or not at all.
fn pipe() -> MutexGuard<'static, ChildStdin> {
    let pipe = watchdog().pipe.lock();
    pipe.unwrap_or_else(PoisonError::into_inner)
}

fn watchdog() -> &'static Watchdog {
    static WATCHDOG: OnceLock<Watchdog> = OnceLock::new();
    WATCHDOG.get_or_init(start)
}

fn start() -> Watchdog {
    let folder = format!("downbeat-redis-{}", std::process::id());
    let folder = std::env::temp_dir().join(folder);
    // Left by another process of this id whose watchdog was killed, or not there.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT, "sh"]).arg(&folder);
    command.stdin(Stdio::piped());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    // Who ends the group of the test does not end it.
    command.process_group(0);
    let mut shell = command.spawn().expect("there is a shell");
    let stdin = shell.stdin.take().expect("it is a pipe");
    Watchdog {
        pipe: Mutex::new(stdin),
        folder,
        _shell: shell,
    }
}
