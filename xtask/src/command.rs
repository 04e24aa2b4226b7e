//! What was asked for on the command line.

pub(crate) const USAGE: &str = "\
usage: cargo xtask <command>

  test [--quick]                what CI runs: format, lints, generated code, tests, examples, docs;
                                sets up what the tests need. --quick: format, lints and unit tests
  schemas [--check]             writes schemas/src/generated from schemas/fbs;
                                --check only fails if that would change something
  pages [--check]               writes engine/pages, which the binary serves, from clients/demo
                                and clients/monitor; --check only fails if that would change something
  fuzz [target] [--seconds N]   fuzzes one target of tests/fuzz, or each in turn, N seconds (60)
  chaos [--minutes N] [--seed S]
                                kills, stops and cuts off nodes of a Redis Cluster and its servers
                                for N minutes (10), as the seed says; a checker reads what the
                                nodes wrote down
  bench-report [--quick] [name…]
                                runs the benchmarks, or those named, on a machine that should do
                                nothing else, keeps their figures in benches/results and writes
                                benches/RESULTS.md and README's table; --quick: only shows
                                that they work
  help                          this text";

/// How long each fuzz target runs unless it is said.
const FUZZ_SECONDS: u64 = 60;
/// How long there is chaos unless it is said.
const CHAOS_MINUTES: u64 = 10;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Schemas {
        check: bool,
    },
    Pages {
        check: bool,
    },
    Test {
        quick: bool,
    },
    Fuzz {
        target: Option<String>,
        seconds: u64,
    },
    Chaos {
        minutes: u64,
        /// None: another one each time.
        seed: Option<u64>,
    },
    BenchReport {
        quick: bool,
        names: Vec<String>,
    },
}

/// A command line that is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UsageError {
    #[error("there is no command `{0}`")]
    UnknownCommand(String),
    #[error("`{command}` takes no `{argument}`")]
    Unexpected { command: String, argument: String },
    #[error("`--seconds` takes a number of seconds, not `{0}`")]
    Seconds(String),
    #[error("`{option}` takes a whole number, not `{found}`")]
    Number { option: String, found: String },
}

impl Command {
    /// Takes the arguments after the program's name.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, UsageError> {
        let mut arguments = arguments.into_iter();
        let name = arguments.next().unwrap_or_else(|| "help".to_owned());
        match name.as_str() {
            "help" | "--help" | "-h" => Ok(Self::Help),
            "schemas" => {
                let check = flag(&name, "--check", arguments)?;
                Ok(Self::Schemas { check })
            }
            "pages" => {
                let check = flag(&name, "--check", arguments)?;
                Ok(Self::Pages { check })
            }
            "test" => {
                let quick = flag(&name, "--quick", arguments)?;
                Ok(Self::Test { quick })
            }
            "fuzz" => fuzz(arguments),
            "chaos" => chaos(arguments),
            "bench-report" => bench_report(arguments),
            _ => Err(UsageError::UnknownCommand(name)),
        }
    }
}

/// Whether the one flag of a command is there.
fn flag(
    command: &str,
    flag: &str,
    arguments: impl Iterator<Item = String>,
) -> Result<bool, UsageError> {
    let mut is_there = false;
    for argument in arguments {
        if argument != flag {
            return Err(unexpected(command, argument));
        }
        is_there = true;
    }
    Ok(is_there)
}

fn fuzz(mut arguments: impl Iterator<Item = String>) -> Result<Command, UsageError> {
    let (mut target, mut seconds) = (None, FUZZ_SECONDS);
    while let Some(argument) = arguments.next() {
        if argument == "--seconds" {
            let number = arguments.next().unwrap_or_default();
            seconds = number.parse().map_err(|_| UsageError::Seconds(number))?;
        } else if argument.starts_with('-') || target.is_some() {
            return Err(unexpected("fuzz", argument));
        } else {
            target = Some(argument);
        }
    }
    Ok(Command::Fuzz { target, seconds })
}

fn chaos(mut arguments: impl Iterator<Item = String>) -> Result<Command, UsageError> {
    let (mut minutes, mut seed) = (CHAOS_MINUTES, None);
    while let Some(option) = arguments.next() {
        if option != "--minutes" && option != "--seed" {
            return Err(unexpected("chaos", option));
        }
        let found = arguments.next().unwrap_or_default();
        let Ok(number) = found.parse() else {
            return Err(UsageError::Number { option, found });
        };
        match option.as_str() {
            "--minutes" => minutes = number,
            _ => seed = Some(number),
        }
    }
    Ok(Command::Chaos { minutes, seed })
}

fn bench_report(arguments: impl Iterator<Item = String>) -> Result<Command, UsageError> {
    let (mut quick, mut names) = (false, Vec::new());
    for argument in arguments {
        match argument.as_str() {
            "--quick" => quick = true,
            _ if argument.starts_with('-') => return Err(unexpected("bench-report", argument)),
            _ => names.push(argument),
        }
    }
    Ok(Command::BenchReport { quick, names })
}

fn unexpected(command: &str, argument: String) -> UsageError {
    UsageError::Unexpected {
        command: command.to_owned(),
        argument,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, UsageError> {
        Command::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn commands_are_read_with_their_arguments() {
        let fuzz = |target: Option<&str>, seconds| {
            let target = target.map(str::to_owned);
            Ok(Command::Fuzz { target, seconds })
        };
        assert_eq!(parse(""), Ok(Command::Help));
        assert_eq!(parse("schemas"), Ok(Command::Schemas { check: false }));
        assert_eq!(
            parse("schemas --check"),
            Ok(Command::Schemas { check: true })
        );
        assert_eq!(parse("pages --check"), Ok(Command::Pages { check: true }));
        assert_eq!(parse("test --quick"), Ok(Command::Test { quick: true }));
        assert_eq!(parse("fuzz"), fuzz(None, FUZZ_SECONDS));
        assert_eq!(parse("fuzz frames --seconds 5"), fuzz(Some("frames"), 5));
        assert_eq!(parse("fuzz --seconds 5 frames"), fuzz(Some("frames"), 5));
        let chaos = |minutes, seed| Ok(Command::Chaos { minutes, seed });
        assert_eq!(parse("chaos"), chaos(CHAOS_MINUTES, None));
        assert_eq!(parse("chaos --seed 7 --minutes 2"), chaos(2, Some(7)));
        let names = vec!["knee".to_owned(), "floor".to_owned()];
        assert_eq!(
            parse("bench-report knee --quick floor"),
            Ok(Command::BenchReport { quick: true, names })
        );
    }

    #[test]
    fn what_is_no_command_is_named() {
        let refused = |line| parse(line).unwrap_err().to_string();
        assert_eq!(refused("tset"), "there is no command `tset`");
        assert_eq!(refused("test --check"), "`test` takes no `--check`");
        assert_eq!(
            refused("bench-report --all"),
            "`bench-report` takes no `--all`"
        );
        assert_eq!(refused("fuzz a b"), "`fuzz` takes no `b`");
        assert!(refused("chaos --seed x").contains("`--seed` takes a whole number, not `x`"));
        assert!(refused("fuzz --seconds").contains("not ``"));
        assert!(refused("fuzz --seconds soon").contains("not `soon`"));
    }
}
