//! Clients that look for rooms, play for a while and leave, through all nodes in turn.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use downbeat::rooms::ArenaInput;
use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::SessionId;
use downbeat_schemas::server::ServerMessage;

use super::entry::Ns;
use super::sight::{Seen, Sight};
use super::wire::{self, Came, Dead, Wire};
use crate::player::encode_input;
use crate::random::Random;
use crate::seat::Seat;

/// Few, so that rooms are full often.
const OPTIONS: &str = r#"{"seats":4}"#;
/// Who knocks at a stopped node first still has time for others: the nodes keep a seat for twice as
/// long.
const TAKE_WITHIN: Duration = Duration::from_secs(30);
/// An owner that has the seat says so within this.
const WELCOME_MAX: Duration = Duration::from_secs(4);
/// Between two tries.
const BREATH: Duration = Duration::from_millis(50);
/// Between two inputs.
const INPUT_EVERY: Duration = Duration::from_millis(150);

/// What clients share with the harness.
#[derive(Debug, Default)]
pub struct Stage {
    addresses: Mutex<Vec<SocketAddr>>,
    sights: Mutex<Vec<Sight>>,
    is_over: AtomicBool,
    /// Requests that were not answered, or refused.
    pub unanswered: AtomicU64,
    /// Requests that were refused: no node could do better at the time.
    pub refused: AtomicU64,
    /// Messages that came while playing.
    pub messages: AtomicU64,
    /// Connections that ended while playing.
    pub cut_off: AtomicU64,
}

impl Stage {
    /// Where the nodes are now.
    pub fn set_addresses(&self, addresses: Vec<SocketAddr>) {
        *lock(&self.addresses) = addresses;
    }

    /// Notes what was done or seen just now.
    pub fn note(&self, what: Seen) {
        let at = now();
        lock(&self.sights).push(Sight { at, what });
    }

    /// All that was seen.
    pub fn sights(&self) -> Vec<Sight> {
        lock(&self.sights).clone()
    }

    /// Tells all clients to go.
    pub fn end(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    fn node(&self, random: &mut Random) -> Option<SocketAddr> {
        let addresses = lock(&self.addresses);
        (!addresses.is_empty()).then(|| *random.pick(&addresses))
    }
}

/// The time of the nodes' histories.
pub fn now() -> Ns {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    u64::try_from(time.tv_sec).unwrap() * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap()
}

/// Starts clients.
pub fn start(stage: &Arc<Stage>, clients: u64, seed: u64) -> Vec<JoinHandle<()>> {
    let start = |number| {
        let (stage, random) = (Arc::clone(stage), Random::new(seed ^ (number << 32)));
        std::thread::spawn(move || Client { stage, random }.run())
    };
    (1..=clients).map(start).collect()
}

struct Client {
    stage: Arc<Stage>,
    random: Random,
}

impl Client {
    fn run(mut self) {
        while !self.stage.is_over() {
            if let Some(seat) = self.look_for_seat()
                && let Some(wire) = self.take(&seat)
            {
                self.play(wire);
            }
            sleep(BREATH);
        }
    }

    fn look_for_seat(&mut self) -> Option<Seat> {
        let address = self.stage.node(&mut self.random)?;
        let method = if self.random.one_in(4) {
            "create"
        } else {
            "joinOrCreate"
        };
        match wire::seat(address, method, "arena", OPTIONS) {
            Ok(Ok(seat)) => {
                self.stage.note(Seen::Told {
                    room: seat.room_id.parse().unwrap(),
                    session: session(&seat),
                    owner: seat.process_id.parse().unwrap(),
                });
                return Some(seat);
            }
            Ok(Err(_)) => self.stage.refused.fetch_add(1, Ordering::Relaxed),
            Err(_) => self.stage.unanswered.fetch_add(1, Ordering::Relaxed),
        };
        None
    }

    /// Takes a seat, at whichever node answers.
    fn take(&mut self, seat: &Seat) -> Option<Wire> {
        let (until, session) = (Instant::now() + TAKE_WITHIN, session(seat));
        let (mut may_be_taken, mut why) = (false, String::new());
        while Instant::now() < until {
            let Some(address) = self.stage.node(&mut self.random) else {
                sleep(BREATH);
                continue;
            };
            match knock(address, seat) {
                Knocked::Welcome(wire) => {
                    self.stage.note(Seen::Taken(session));
                    return Some(wire);
                }
                Knocked::Refused(code, reason) => {
                    let by = address;
                    self.stage.note(Seen::Refused {
                        session,
                        by,
                        code,
                        reason,
                        may_be_taken,
                    });
                    return None;
                }
                Knocked::Nobody => {}
                Knocked::Lost(reason) => {
                    may_be_taken = true;
                    why = format!("{why}{address}: {reason}; ");
                }
            }
            sleep(BREATH);
        }
        self.stage.note(Seen::GaveUp { session, why });
        None
    }

    fn play(&mut self, mut wire: Wire) {
        let millis = 500 + self.random.below(6_000) as u64;
        let (until, mut seq) = (Instant::now() + Duration::from_millis(millis), 0);
        let mut input_at = Instant::now();
        while Instant::now() < until && !self.stage.is_over() {
            match wire.next(input_at.min(until)) {
                Ok(Some(Came::Message(_))) => {
                    self.stage.messages.fetch_add(1, Ordering::Relaxed);
                }
                Ok(None) => {
                    seq += 1;
                    input_at = Instant::now() + INPUT_EVERY;
                    let input = ArenaInput::Move { dx: 9.0, dy: -3.0 };
                    if wire.send(&encode_input(seq, &input)).is_err() {
                        return self.is_cut_off();
                    }
                }
                Ok(Some(Came::Close(..))) | Err(_) => return self.is_cut_off(),
            }
        }
        // One in three just goes.
        if !self.random.one_in(3) {
            wire.close();
        }
    }

    fn is_cut_off(&self) {
        self.stage.cut_off.fetch_add(1, Ordering::Relaxed);
    }
}

/// How it went to take a seat.
#[derive(Debug)]
pub enum Knocked {
    /// The room was seen.
    Welcome(Wire),
    /// There is no such seat.
    Refused(u16, String),
    /// Nobody was there.
    Nobody,
    /// Somebody was, and then no more.
    Lost(String),
}

/// Takes a seat at a node.
pub fn knock(address: SocketAddr, seat: &Seat) -> Knocked {
    let mut wire = match Wire::open(address, &seat.path()) {
        Ok(wire) => wire,
        Err(Dead::Unsent) => return Knocked::Nobody,
        Err(Dead::Broken) => return Knocked::Lost("the handshake broke off".to_owned()),
    };
    match wire.next(Instant::now() + WELCOME_MAX) {
        Ok(Some(Came::Message(bytes))) => match ServerMessage::decode(&bytes) {
            Ok(ServerMessage::Welcome(_)) => Knocked::Welcome(wire),
            _ => Knocked::Lost("something else than a welcome came".to_owned()),
        },
        Ok(Some(Came::Close(code, reason))) if says_no(code) => Knocked::Refused(code, reason),
        Ok(Some(Came::Close(code, reason))) => Knocked::Lost(format!("{code} {reason}")),
        Ok(None) => Knocked::Lost("no welcome came".to_owned()),
        Err(_) => Knocked::Lost("the connection broke".to_owned()),
    }
}

/// Whether a close code says that there is no such room or seat.
fn says_no(code: u16) -> bool {
    let codes = [CloseCode::UnknownRoom, CloseCode::SeatExpired];
    codes.iter().any(|known| known.code() == code)
}

fn session(seat: &Seat) -> SessionId {
    seat.session_id.parse().unwrap()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
