//! `downbeat replay`: a recording, run without sockets as fast as it can.
//!
//! | file | what |
//! |---|---|
//! | `report` | what is told of it |

mod report;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use downbeat_core::record::{Recording, RecordingError, Replay, StartReplayError};

use crate::capture::{Part, RECORDING_FILE, StepTimes};
use crate::clock::Clock;
#[cfg(feature = "profile")]
use crate::profile::{Profile, Sampler, SamplerError};
use crate::server::definition::RoomDefinition;
pub(crate) use report::Report;

/// Samples per second of a replay: nobody plays on it, so it may pay for a sharp picture.
#[cfg(feature = "profile")]
const SAMPLES_HZ: u32 = 2_000;
/// Ticks between two looks at the samples: the kernel keeps an eighth of a second of them.
#[cfg(feature = "profile")]
const SAMPLES_TAKEN_EVERY: Duration = Duration::from_millis(20);

/// What is to be replayed, and what is to be shown of it.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// A recording, or the folder of a capture.
    pub(crate) path: PathBuf,
    /// The tick to stop after.
    pub(crate) until: Option<u64>,
    /// Whether the room's state at the end is to be shown.
    pub(crate) state: bool,
    /// Where a flame graph is to be written.
    pub(crate) profile: Option<PathBuf>,
}

/// Why nothing was replayed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrderError {
    #[error("{path}: {error}")]
    Unreadable {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("{path}: {error}")]
    Recording {
        path: PathBuf,
        error: RecordingError,
    },
    #[error("{path}: {error}")]
    Start {
        path: PathBuf,
        error: StartReplayError,
    },
    #[error(
        "a recording of a room of type `{name}`, which is none of this program ({there}): replay it with the \
         program of the game"
    )]
    NoSuchRoom { name: String, there: String },
    #[cfg(feature = "profile")]
    #[error(transparent)]
    Sampler(#[from] SamplerError),
    #[cfg(not(feature = "profile"))]
    #[error("this program was built without the feature `profile`: leave --profile out")]
    NoProfile,
}

/// Replays as ordered, up to the end or the first difference.
///
/// # Errors
/// [`OrderError`] if not even a start can be made.
pub(crate) fn run(order: &Order, definitions: &[RoomDefinition]) -> Result<Report, OrderError> {
    let path = recording_in(&order.path);
    let bytes = std::fs::read(&path).map_err(|error| OrderError::Unreadable {
        path: path.clone(),
        error,
    })?;
    let recording = Recording::read(&bytes).map_err(|error| OrderError::Recording {
        path: path.clone(),
        error,
    })?;
    let definition = definition_of(&recording, definitions)?;
    let mut replay = Replay::new(&recording, definition.room_type())
        .map_err(|error| OrderError::Start { path, error })?;
    let mut eye = Eye::new(order)?;
    let mut report = Report::new(recording.label());
    let began = Instant::now();
    loop {
        let clock = Clock::start();
        let mut times = StepTimes::new(clock, clock.now(), Duration::MAX);
        let replayed = replay.next(&mut times);
        times.end(Part::Flush);
        eye.look();
        match replayed {
            Ok(Some(replayed)) => report.add(&replayed, &times.slowest()),
            Ok(None) => break,
            Err(error) => {
                report.error = Some(error);
                break;
            }
        }
        if order.until.is_some_and(|until| report.last.0 >= until) {
            break;
        }
    }
    report.took = began.elapsed();
    report.ending = replay.ending();
    report.room_state = replay.room().state().clone();
    report.state = order.state.then(|| replay.room().to_json());
    report.profile = eye.close(order);
    Ok(report)
}

/// A capture is a folder with a recording in it.
fn recording_in(path: &Path) -> PathBuf {
    if path.is_dir() {
        path.join(RECORDING_FILE)
    } else {
        path.to_owned()
    }
}

fn definition_of<'a>(
    recording: &Recording<'_>,
    definitions: &'a [RoomDefinition],
) -> Result<&'a RoomDefinition, OrderError> {
    let name = &recording.label().room_name;
    let mut all = definitions.iter();
    let found = all.find(|definition| *definition.name() == **name);
    found.ok_or_else(|| {
        let there: Vec<_> = definitions.iter().map(RoomDefinition::name).collect();
        OrderError::NoSuchRoom {
            name: name.clone(),
            there: there.join(", "),
        }
    })
}

/// Watches where the time of a replay goes, if that was ordered.
struct Eye {
    #[cfg(feature = "profile")]
    sampler: Option<(Sampler, Vec<crate::profile::StackSample>, Instant)>,
}

#[cfg(feature = "profile")]
impl Eye {
    fn new(order: &Order) -> Result<Self, OrderError> {
        let sampler = match order.profile {
            None => None,
            Some(_) => Some((
                Sampler::of_this_thread(SAMPLES_HZ)?,
                Vec::new(),
                Instant::now(),
            )),
        };
        Ok(Self { sampler })
    }

    fn look(&mut self) {
        if let Some((sampler, samples, last)) = &mut self.sampler
            && last.elapsed() >= SAMPLES_TAKEN_EVERY
        {
            samples.append(&mut sampler.take());
            *last = Instant::now();
        }
    }

    /// Writes the flame graph; returns how many samples it has, or why it is not there.
    fn close(self, order: &Order) -> Option<Result<u64, String>> {
        let (mut sampler, mut samples, _) = self.sampler?;
        samples.append(&mut sampler.take());
        drop(sampler);
        let path = order.profile.as_ref()?;
        let mut profile = Profile::default();
        profile.add(&samples);
        let title = format!("replay of {}", order.path.display());
        let written = std::fs::File::create(path).and_then(|file| profile.write_svg(&title, file));
        Some(match written {
            Ok(()) => Ok(profile.samples()),
            Err(error) => Err(format!("{}: {error}", path.display())),
        })
    }
}

#[cfg(not(feature = "profile"))]
impl Eye {
    fn new(order: &Order) -> Result<Self, OrderError> {
        match order.profile {
            None => Ok(Self {}),
            Some(_) => Err(OrderError::NoProfile),
        }
    }

    fn look(&mut self) {}

    fn close(self, _: &Order) -> Option<Result<u64, String>> {
        None
    }
}
