//! A real Redis of this test's own, and just enough of a client.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use downbeat_cluster::lease::RawReply;

pub(crate) struct Redis {
    process: Child,
    directory: PathBuf,
    stream: BufReader<TcpStream>,
}

impl Redis {
    /// `None` where there is no `redis-server`.
    pub(crate) fn start() -> Option<Self> {
        let port = free_port().to_string();
        let directory = std::env::temp_dir().join(format!("downbeat-lease-{port}"));
        std::fs::create_dir_all(&directory).unwrap();
        let mut process = Command::new("redis-server")
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", ""])
            .arg("--dir")
            .arg(&directory)
            .stdout(Stdio::null())
            .spawn()
            .ok()?;
        let stream = loop {
            match TcpStream::connect(format!("127.0.0.1:{port}")) {
                Ok(stream) => break stream,
                Err(_) => assert!(process.try_wait().unwrap().is_none(), "redis-server ended"),
            }
            wait(5);
        };
        stream.set_nodelay(true).unwrap();
        Some(Self {
            process,
            directory,
            stream: BufReader::new(stream),
        })
    }

    /// Sends a command.
    ///
    /// # Panics
    /// If the answer is an error.
    pub(crate) fn command(&mut self, args: &[&[u8]]) -> RawReply {
        let mut bytes = format!("*{}\r\n", args.len()).into_bytes();
        for arg in args {
            bytes.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
            bytes.extend_from_slice(arg);
            bytes.extend_from_slice(b"\r\n");
        }
        self.stream.get_mut().write_all(&bytes).unwrap();
        self.reply()
    }

    fn reply(&mut self) -> RawReply {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        let (kind, rest) = line.trim_end().split_at(1);
        match (kind, rest.parse::<i64>()) {
            ("+" | ":", _) => RawReply::Text(rest.as_bytes().to_vec()),
            ("$" | "*", Ok(-1)) => RawReply::Nil,
            ("$", Ok(len)) => {
                let mut text = vec![0; len as usize + 2];
                self.stream.read_exact(&mut text).unwrap();
                text.truncate(len as usize);
                RawReply::Text(text)
            }
            ("*", Ok(len)) => RawReply::List((0..len).map(|_| self.reply()).collect()),
            _ => panic!("Redis answered {line}"),
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It may have ended already, and a test that failed says enough.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "a test that waits for real time to pass"
)]
pub(crate) fn wait(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}
