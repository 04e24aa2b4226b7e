//! A real Redis, and just enough of a client: blocking, and one command at a time.

#![allow(
    clippy::disallowed_methods,
    reason = "a process is waited for by the clock"
)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use downbeat_cluster::presence::Reply;

/// Far beyond what anything takes on a machine that is busy with other things.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Returns once `condition` holds.
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Milliseconds since some moment.
pub(crate) struct Watch(Instant);

impl Watch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn ms(&self) -> u64 {
        self.0.elapsed().as_millis() as u64
    }
}

/// A server that keeps nothing on disk; it ends when it is dropped.
pub(crate) struct Redis {
    process: Child,
    port: u16,
}

impl Redis {
    pub(crate) fn start() -> Self {
        // Another process may take the port in between: then this one ends, and it is tried again.
        loop {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let port = listener.local_addr().unwrap().port();
            drop(listener);
            let mut process = Command::new("redis-server")
                .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
                .args(["--save", "", "--appendonly", "no", "--dir", "/"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("redis-server 7 is installed");
            let mut is_up = false;
            eventually("redis-server comes up", || {
                is_up = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
                is_up || process.try_wait().unwrap().is_some()
            });
            if is_up && process.try_wait().unwrap().is_none() {
                return Self { process, port };
            }
        }
    }

    pub(crate) fn connect(&self) -> Client {
        Client::new(self.port)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A connection in RESP2.
pub(crate) struct Client {
    write: TcpStream,
    read: BufReader<TcpStream>,
}

impl Client {
    fn new(port: u16) -> Self {
        let write = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        write.set_nodelay(true).unwrap();
        let read = BufReader::new(write.try_clone().unwrap());
        Self { write, read }
    }

    /// The two directions.
    pub(crate) fn split(self) -> (TcpStream, BufReader<TcpStream>) {
        (self.write, self.read)
    }

    /// A reply; or what Redis refused with, or why none came.
    pub(crate) fn command(&mut self, words: &[&[u8]]) -> Result<Reply, Refusal> {
        send(&mut self.write, words).map_err(Refusal::broken)?;
        read(&mut self.read)
    }

    pub(crate) fn number(&mut self, words: &[&str]) -> i64 {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        match self.command(&words).unwrap() {
            Reply::Number(number) => number,
            other => panic!("{other:?}"),
        }
    }

    /// All keys there are.
    pub(crate) fn keys(&mut self) -> BTreeSet<Vec<u8>> {
        let Reply::List(keys) = self.command(&[b"KEYS", b"*"]).unwrap() else {
            panic!("no list");
        };
        let keys = keys.into_iter().map(|key| match key {
            Reply::Bytes(key) => key,
            other => panic!("{other:?}"),
        });
        keys.collect()
    }
}

#[derive(Debug)]
pub(crate) enum Refusal {
    Said(String),
    Broken(String),
}

impl Refusal {
    fn broken(error: impl std::fmt::Display) -> Self {
        Self::Broken(error.to_string())
    }
}

pub(crate) fn send(to: &mut TcpStream, words: &[&[u8]]) -> std::io::Result<()> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend(format!("${}\r\n", word.len()).into_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    to.write_all(&bytes)
}

pub(crate) fn read(from: &mut BufReader<TcpStream>) -> Result<Reply, Refusal> {
    let mut line = String::new();
    from.read_line(&mut line).map_err(Refusal::broken)?;
    let line = line.trim_end();
    let Some(kind) = line.chars().next() else {
        return Err(Refusal::Broken("the connection is closed".to_owned()));
    };
    let rest = &line[1..];
    let number = || rest.parse::<i64>().map_err(Refusal::broken);
    Ok(match kind {
        '+' => Reply::Bytes(rest.as_bytes().to_vec()),
        '-' => return Err(Refusal::Said(rest.to_owned())),
        ':' => Reply::Number(number()?),
        '$' if number()? < 0 => Reply::Nil,
        '$' => {
            let mut bytes = vec![0; number()? as usize + 2];
            from.read_exact(&mut bytes).map_err(Refusal::broken)?;
            bytes.truncate(bytes.len() - 2);
            Reply::Bytes(bytes)
        }
        '*' if number()? < 0 => Reply::Nil,
        '*' => {
            let elements = (0..number()?).map(|_| read(from));
            Reply::List(elements.collect::<Result<_, _>>()?)
        }
        _ => panic!("{line}"),
    })
}
