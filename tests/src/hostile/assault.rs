//! Sends attacks, from many connections at once.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::{Attack, Census, Ending, Stage};
use crate::http::{HttpClient, request};
use crate::patience::PATIENCE;
use crate::random::Random;
use crate::seat;
use crate::websocket::upgrade_request;

/// Connections that are open at once, of each attacker.
const AT_ONCE: usize = 64;
/// Addresses of loopback that connections come from: one has too few ports for a minute.
const ADDRESSES: usize = 100;

/// A thread's worth of attacks on a server.
#[derive(Debug)]
pub struct Attacker {
    server: SocketAddr,
    random: Random,
    /// Asks for the seats that are misused.
    lobby: HttpClient,
}

impl Attacker {
    /// An attacker with attacks of its own.
    pub fn new(server: SocketAddr, seed: u64) -> Self {
        Self {
            server,
            random: Random::new(seed),
            lobby: HttpClient::connect(server),
        }
    }

    /// Carries out so many attacks, and says which.
    pub fn attack(&mut self, attacks: usize) -> Census {
        let mut census = Census::new();
        let mut rest = attacks;
        while rest > 0 {
            let wave = rest.min(AT_ONCE);
            let attacks: Vec<Attack> = (0..wave).map(|_| Attack::draw(&mut self.random)).collect();
            for attack in &attacks {
                *census.entry(attack.kind).or_default() += 1;
            }
            self.wave(attacks);
            rest -= wave;
        }
        census
    }

    /// Carries out some attacks side by side.
    fn wave(&mut self, attacks: Vec<Attack>) {
        let seated = attacks.iter().filter(|it| it.stage == Stage::Seated);
        let mut seats = self.reserve(seated.count()).into_iter();
        let mut open = Vec::new();
        for attack in attacks {
            let path = match attack.stage {
                Stage::Connected => None,
                Stage::Upgraded => Some("/0123456789abc/0123456789abc".to_owned()),
                Stage::Seated => seats.next(),
            };
            let mut stream = self.connect();
            let mut bytes = path.map_or(Vec::new(), |path| upgrade_request(&path));
            bytes.extend_from_slice(&attack.bytes);
            // The server may have seen enough before it has seen all.
            let _ = stream.write_all(&bytes);
            open.push((stream, attack));
        }
        for (stream, attack) in &mut open {
            if attack.stage != Stage::Connected {
                // The handshake is over, and what came with it was looked at.
                read_some(stream);
            }
            leave(stream, attack.ending);
        }
        for (mut stream, attack) in open {
            while attack.ending == Ending::HalfClose && read_some(&mut stream) {}
        }
    }

    /// The paths of so many fresh seats.
    fn reserve(&mut self, seats: usize) -> Vec<String> {
        let ask = request("POST", "/matchmake/joinOrCreate/arena", &[], "{}");
        self.lobby.send(ask.repeat(seats).as_bytes());
        let seats = (0..seats).map(|_| seat::answer(&self.lobby.receive()));
        seats.map(|seat| seat.unwrap().path()).collect()
    }

    fn connect(&mut self) -> TcpStream {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let last = 2 + self.random.below(ADDRESSES) as u8;
        let from = SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0));
        socket.bind(&from.into()).unwrap();
        socket.connect(&self.server.into()).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        socket.into()
    }
}

fn leave(stream: &TcpStream, ending: Ending) {
    // All of these fail on a connection that the server has reset.
    let _ = match ending {
        Ending::HalfClose => stream.shutdown(Shutdown::Write),
        Ending::Reset => socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO)),
        Ending::Drop => Ok(()),
    };
}

/// Reads once; false if that was all.
fn read_some(stream: &mut TcpStream) -> bool {
    let mut bytes = [0; 16 << 10];
    loop {
        match stream.read(&mut bytes) {
            Ok(len) => return len > 0,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                panic!("the server neither answers nor hangs up")
            }
            Err(_) => return false,
        }
    }
}
