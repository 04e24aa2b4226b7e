//! Other programs, run with a plain error when they fail.

use std::fmt;
use std::io;
use std::process::{Command, ExitStatus, Stdio};

/// A program that did not do what it was run for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProcessError {
    #[error("could not start `{command}`: {source}")]
    Start { command: String, source: io::Error },
    #[error("`{command}` failed: {status}")]
    Failed { command: String, status: ExitStatus },
}

/// Runs a program that speaks to the terminal itself.
pub(crate) fn run(command: &mut Command) -> Result<(), ProcessError> {
    let status = command.status().map_err(|source| ProcessError::Start {
        command: shown(command),
        source,
    })?;
    succeeded(command, status)
}

/// What a program writes to its output; its errors go to the terminal.
pub(crate) fn output(command: &mut Command) -> Result<String, ProcessError> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|source| ProcessError::Start {
        command: shown(command),
        source,
    })?;
    succeeded(command, output.status)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a program is there and ends well, silently.
pub(crate) fn works(command: &mut Command) -> bool {
    let silent = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

/// The command line as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let quoted = |word: &dyn fmt::Display| {
        let word = word.to_string();
        let is_plain = !word.is_empty() && !word.contains([' ', '"', '\'', '$', '*']);
        if is_plain { word } else { format!("'{word}'") }
    };
    let mut words = Vec::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            words.push(format!("{}={}", name.display(), quoted(&value.display())));
        }
    }
    words.push(quoted(&command.get_program().display()));
    let arguments = command.get_args();
    words.extend(arguments.map(|argument| quoted(&argument.display())));
    words.join(" ")
}

fn succeeded(command: &Command, status: ExitStatus) -> Result<(), ProcessError> {
    if status.success() {
        return Ok(());
    }
    Err(ProcessError::Failed {
        command: shown(command),
        status,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_types_it() {
        let mut command = Command::new("flatc");
        command
            .args(["--filename-suffix", "", "a b"])
            .env("X", "-D y");
        assert_eq!(shown(&command), "X='-D y' flatc --filename-suffix '' 'a b'");
    }

    #[test]
    fn failures_name_the_command() {
        let failed = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        assert_eq!(
            failed.to_string(),
            "`sh -c 'exit 3'` failed: exit status: 3"
        );
        let missing = run(&mut Command::new("no-such-program")).unwrap_err();
        assert!(
            missing
                .to_string()
                .contains("could not start `no-such-program`")
        );
        assert!(!works(&mut Command::new("no-such-program")));
    }

    #[test]
    fn output_is_trimmed() {
        let output = output(Command::new("echo").arg("flatc version 1")).unwrap();
        assert_eq!(output, "flatc version 1");
    }
}
