//! The most clients that a core serves: where the knee of the curve is.

use std::fmt;

use serde::Serialize;

use crate::table::whole;

/// What clients are owed at 20 Hz.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rule {
    /// The longest p99 of the time between two patches, milliseconds.
    pub p99_ms_max: f64,
    /// The fewest patches that each client gets per second, on average.
    pub hz_min: f64,
}

/// All runs with one number of clients.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// How many clients.
    pub clients: u32,
    /// One or more.
    pub runs: Vec<Run>,
}

/// What decides about a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Run {
    /// The p99 of the time between two patches of a client, milliseconds.
    pub p99_ms: f64,
    /// Patches per client and second.
    pub hz: f64,
    /// Whether all clients joined and stayed.
    pub is_complete: bool,
    /// Whether the generator kept up: if not, the run says nothing of the server.
    pub is_valid: bool,
}

/// What the steps say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "knee")]
pub enum Knee {
    /// Served, and the next step was not.
    Found {
        /// The most clients that were served in every run.
        clients: u32,
        /// The step that failed.
        not: u32,
    },
    /// All steps were served: there is more to be had.
    AtLeast {
        /// The last step.
        clients: u32,
    },
    /// The generator could not carry more.
    GeneratorLimit {
        /// The most clients that were served in every run.
        clients: u32,
        /// The step of which nothing is known.
        unknown: u32,
    },
}

impl Rule {
    /// p99 within one and a half periods, a twentieth of the
    /// patches missing at most.
    pub const AT_20_HZ: Self = Self {
        p99_ms_max: 75.0,
        hz_min: 19.0,
    };

    /// Whether the clients got what they are owed.
    pub fn holds(&self, run: &Run) -> bool {
        run.is_complete && run.p99_ms <= self.p99_ms_max && run.hz >= self.hz_min
    }

    /// The knee of steps in ascending order. A step is served if every valid run of it was, and
    /// none if one before was not: luck at a higher step does not count.
    pub fn knee(&self, steps: &[Step]) -> Knee {
        let mut clients = 0;
        for step in steps {
            let mut valid = step.runs.iter().filter(|run| run.is_valid).peekable();
            if valid.peek().is_none() {
                return Knee::GeneratorLimit {
                    clients,
                    unknown: step.clients,
                };
            }
            if !valid.all(|run| self.holds(run)) {
                return Knee::Found {
                    clients,
                    not: step.clients,
                };
            }
            clients = step.clients;
        }
        Knee::AtLeast { clients }
    }
}

impl fmt::Display for Knee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Found { clients: 0, not } => write!(f, "less than {} clients", whole(not)),
            Self::GeneratorLimit {
                clients: 0,
                unknown,
            } => {
                write!(
                    f,
                    "unknown: the generator could not carry {}",
                    whole(unknown)
                )
            }
            Self::Found { clients, not } => {
                write!(f, "{} clients; {} are too many", whole(clients), whole(not))
            }
            Self::AtLeast { clients } => write!(
                f,
                "{} clients or more: no step was too many",
                whole(clients)
            ),
            Self::GeneratorLimit { clients, unknown } => write!(
                f,
                "{} clients or more: the generator could not carry {}",
                whole(clients),
                whole(unknown)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Run = Run {
        p99_ms: 75.0,
        hz: 19.0,
        is_complete: true,
        is_valid: true,
    };
    const LATE: Run = Run {
        p99_ms: 75.1,
        ..GOOD
    };
    const SLOW: Run = Run { hz: 18.9, ..GOOD };
    const LOST: Run = Run {
        is_complete: false,
        ..GOOD
    };
    /// Not the server's fault.
    const BLIND: Run = Run {
        is_valid: false,
        ..LATE
    };

    fn check(steps: &[&[Run]], expected: Knee) {
        let steps: Vec<Step> = (1..)
            .zip(steps)
            .map(|(number, runs)| Step {
                clients: number * 100,
                runs: runs.to_vec(),
            })
            .collect();
        assert_eq!(Rule::AT_20_HZ.knee(&steps), expected, "{steps:?}");
    }

    #[test]
    fn the_first_bad_run_ends_it() {
        let found = |clients, not| Knee::Found { clients, not };
        check(&[&[GOOD], &[LATE]], found(100, 200));
        check(
            &[&[GOOD, GOOD], &[GOOD, SLOW], &[GOOD, GOOD]],
            found(100, 200),
        );
        check(&[&[LOST]], found(0, 100));
        check(&[&[GOOD], &[BLIND, LATE]], found(100, 200));
    }

    #[test]
    fn a_generator_that_is_late_says_nothing() {
        check(&[&[GOOD, BLIND], &[GOOD]], Knee::AtLeast { clients: 200 });
        let (clients, unknown) = (100, 200);
        check(
            &[&[GOOD], &[BLIND, BLIND], &[LATE]],
            Knee::GeneratorLimit { clients, unknown },
        );
    }

    #[test]
    fn without_steps_nothing_is_served() {
        check(&[], Knee::AtLeast { clients: 0 });
    }
}
