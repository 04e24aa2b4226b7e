//! A real Prometheus that scrapes a server.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use serde_json::Value;

use crate::balancer::free_address;
use crate::patience::{PATIENCE, eventually};
use crate::process::Process;

/// The folder of what operators take.
pub const DEPLOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy");

/// A Prometheus with the configuration of `deploy/prometheus`, but for the address that it scrapes
/// and a shorter interval. Ended, and its data removed, when it is dropped.
#[derive(Debug)]
pub struct Prometheus {
    /// Dropped first: it writes into the folder.
    _process: Process,
    address: SocketAddr,
    _folder: Folder,
}

impl Prometheus {
    /// Starts it, and returns once it has scraped `target`. `folder` is its own.
    ///
    /// # Panics
    /// If it does not.
    pub fn start(folder: PathBuf, target: SocketAddr) -> Self {
        let folder = Folder::new(folder);
        let config = read("prometheus/prometheus.yml");
        let changed = config.replace("localhost:2567", &target.to_string());
        let changed = changed.replace("interval: 5s", "interval: 1s");
        assert_ne!(config, changed, "there is something to change");
        fs::write(folder.0.join("prometheus.yml"), changed).unwrap();
        let alerts = read("prometheus/alerts.yml");
        fs::write(folder.0.join("alerts.yml"), alerts).unwrap();
        let address = free_address();
        let mut command = Command::new(program("prometheus"));
        command
            .arg(format!("--web.listen-address={address}"))
            .arg("--config.file=prometheus.yml")
            .arg("--storage.tsdb.path=data")
            .current_dir(&folder.0);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let prometheus = Self {
            _process: Process::start(&mut command),
            address,
            _folder: folder,
        };
        eventually("Prometheus has scraped the server", || {
            prometheus.is_scraping()
        });
        prometheus
    }

    /// The value of each series of an expression's answer.
    ///
    /// # Panics
    /// If Prometheus does not accept the expression.
    pub fn query(&self, expression: &str) -> Vec<f64> {
        let path = format!("/api/v1/query?query={}", encode(expression));
        let answer = self.get(&path).expect("Prometheus answers");
        assert_eq!(answer["status"], "success", "{expression}: {answer}");
        let series = answer["data"]["result"].as_array().unwrap().iter();
        series
            .map(|series| series["value"][1].as_str().unwrap().parse().unwrap())
            .collect()
    }

    /// Its alert rules: the health of each by its name.
    ///
    /// # Panics
    /// If it does not tell.
    pub fn rules(&self) -> Vec<(String, String)> {
        let answer = self.get("/api/v1/rules").expect("Prometheus answers");
        let groups = answer["data"]["groups"].as_array().unwrap().iter();
        let rules = groups.flat_map(|group| group["rules"].as_array().unwrap());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        rules
            .map(|rule| (text(&rule["name"]), text(&rule["health"])))
            .collect()
    }

    fn is_scraping(&self) -> bool {
        let up = self.get("/api/v1/query?query=up");
        up.is_some_and(|up| up["data"]["result"][0]["value"][1] == "1")
    }

    /// None while nobody listens.
    fn get(&self, path: &str) -> Option<Value> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // Of the old version, an answer has no chunks and ends with the connection.
        let request = format!("GET {path} HTTP/1.0\r\n\r\n");
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (_, body) = answer.split_once("\r\n\r\n")?;
        serde_json::from_str(body).ok()
    }
}

/// What a file in `deploy` says.
///
/// # Panics
/// If there is none.
pub fn read(path: &str) -> String {
    let path = Path::new(DEPLOY).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// One of the programs that come with Prometheus.
///
/// # Panics
/// If the variable that says where they are is missing.
pub fn program(name: &str) -> PathBuf {
    Path::new(&env::var_os("DOWNBEAT_TEST_PROMETHEUS").unwrap()).join(name)
}

fn encode(text: &str) -> String {
    let bytes = text.bytes().map(|byte| format!("%{byte:02X}"));
    bytes.collect()
}

/// A folder that is gone with the test.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn new(path: PathBuf) -> Self {
        // Left by a test that was killed, or not there.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing depends on it.
        let _ = fs::remove_dir_all(&self.0);
    }
}
