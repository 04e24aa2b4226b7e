//! A Redis server of a test's own, and the least of a client.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::shared::store::{Call, Reply, StoreError};

/// Ends when dropped.
pub(crate) struct Server {
    process: Child,
    directory: PathBuf,
}

impl Server {
    /// `None`, and a word of it, where there is no redis-server: the test is skipped.
    pub(crate) fn start() -> Option<Self> {
        static STARTED: AtomicU64 = AtomicU64::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let name = format!("downbeat-registry-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).unwrap();
        let process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no"])
            .args(["--unixsocket", "socket", "--dir"])
            .arg(&directory)
            .current_dir(&directory)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match process {
            Ok(process) => Some(Self { process, directory }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                println!("skipped: there is no redis-server");
                let _ = std::fs::remove_dir_all(&directory);
                None
            }
            Err(error) => panic!("redis-server does not start: {error}"),
        }
    }

    /// A connection, as soon as the server listens.
    pub(crate) fn connect(&self) -> Client {
        let socket = self.directory.join("socket");
        for _ in 0..3_000 {
            if let Ok(stream) = UnixStream::connect(&socket) {
                return Client {
                    stream: BufReader::new(stream),
                    loaded: BTreeMap::new(),
                };
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("redis-server does not listen");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Waits for each reply.
pub(crate) struct Client {
    stream: BufReader<UnixStream>,
    /// SHA-1 of the scripts by their names.
    loaded: BTreeMap<&'static str, Vec<u8>>,
}

impl Client {
    pub(crate) fn call(&mut self, call: &Call) -> Result<Reply, StoreError> {
        let sha = match self.loaded.get(call.script.name) {
            Some(sha) => sha.clone(),
            None => {
                let body = call.script.body.as_bytes();
                let Reply::Bytes(sha) = self.command(&[b"SCRIPT", b"LOAD", body])? else {
                    panic!("SCRIPT LOAD answers the hash");
                };
                self.loaded.insert(call.script.name, sha.clone());
                sha
            }
        };
        let mut parts: Vec<&[u8]> = vec![b"EVALSHA", &sha, b"1", &call.key];
        parts.extend(call.args.iter().map(Vec::as_slice));
        self.command(&parts)
    }

    pub(crate) fn command(&mut self, parts: &[&[u8]]) -> Result<Reply, StoreError> {
        let mut request = format!("*{}\r\n", parts.len()).into_bytes();
        for part in parts {
            request.extend(format!("${}\r\n", part.len()).into_bytes());
            request.extend_from_slice(part);
            request.extend(b"\r\n");
        }
        let failed = |error: std::io::Error| StoreError(error.to_string());
        self.stream.get_mut().write_all(&request).map_err(failed)?;
        self.read()
    }

    /// How many keys there are.
    pub(crate) fn keys(&mut self) -> Vec<String> {
        let Ok(Reply::Array(keys)) = self.command(&[b"KEYS", b"*"]) else {
            panic!("KEYS answers an array");
        };
        let shown = |key| match key {
            Reply::Bytes(key) => String::from_utf8_lossy(&key).into_owned(),
            other => format!("{other:?}"),
        };
        keys.into_iter().map(shown).collect()
    }

    fn read(&mut self) -> Result<Reply, StoreError> {
        let failed = |error: std::io::Error| StoreError(error.to_string());
        let mut line = String::new();
        self.stream.read_line(&mut line).map_err(failed)?;
        let (kind, rest) = line.trim_end().split_at_checked(1).unwrap_or(("-", "end"));
        let number = || rest.parse::<i64>().unwrap();
        match kind {
            "+" => Ok(Reply::Bytes(rest.into())),
            ":" => Ok(Reply::Int(number())),
            "$" if number() < 0 => Ok(Reply::Nil),
            "$" => {
                let mut bytes = vec![0; number() as usize + 2];
                self.stream.read_exact(&mut bytes).map_err(failed)?;
                bytes.truncate(bytes.len() - 2);
                Ok(Reply::Bytes(bytes))
            }
            "*" if number() < 0 => Ok(Reply::Nil),
            "*" => {
                let items = (0..number()).map(|_| self.read());
                Ok(Reply::Array(items.collect::<Result<_, _>>()?))
            }
            _ => Err(StoreError(rest.to_owned())),
        }
    }
}
