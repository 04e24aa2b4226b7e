//! Real load balancers in front of nodes, with the configurations of `deploy/`.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::{env, fs};

use downbeat_tests_redis::ports::free_port;

use crate::folder::Folder;
use crate::http::HttpClient;
use crate::patience::eventually;
use crate::process::Process;
use crate::prometheus::read;

/// The addresses in the configurations.
const NODES: [&str; 3] = ["127.0.0.1:2567", "127.0.0.1:2568", "127.0.0.1:2569"];

/// A balancer, ended when it is dropped.
#[derive(Debug)]
pub struct Balancer {
    /// Dropped first: it reads from the folder.
    _process: Process,
    address: SocketAddr,
    _folder: Folder,
}

impl Balancer {
    /// nginx, with files below `parent`.
    ///
    /// # Panics
    /// If it does not serve.
    pub fn nginx(parent: &str, nodes: [SocketAddr; 3]) -> Self {
        let address = free_address();
        let folder = Folder::new(parent, &format!("nginx-{}", address.port()));
        let site = read("nginx/downbeat.conf");
        write(
            &folder,
            "downbeat.conf",
            &between(&site, "listen 80;", address, nodes),
        );
        write(&folder, "nginx.conf", NGINX_MAIN);
        let mut command = Command::new(program("DOWNBEAT_TEST_NGINX"));
        command.args(["-p", folder.arg(), "-c", "nginx.conf"]);
        Self::start(&mut command, address, folder)
    }

    /// HAProxy, with files below `parent`.
    ///
    /// # Panics
    /// If it does not serve.
    pub fn haproxy(parent: &str, nodes: [SocketAddr; 3]) -> Self {
        let address = free_address();
        let folder = Folder::new(parent, &format!("haproxy-{}", address.port()));
        let config = read("haproxy/haproxy.cfg");
        write(
            &folder,
            "haproxy.cfg",
            &between(&config, "bind :80\n", address, nodes),
        );
        let mut command = Command::new(program("DOWNBEAT_TEST_HAPROXY"));
        let file = folder.path().join("haproxy.cfg");
        command.args(["-db", "-f"]).arg(file);
        Self::start(&mut command, address, folder)
    }

    /// Where clients come to.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    fn start(command: &mut Command, address: SocketAddr, folder: Folder) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let balancer = Self {
            _process: Process::start(command),
            address,
            _folder: folder,
        };
        eventually("the balancer serves", || balancer.is_serving());
        balancer
    }

    fn is_serving(&self) -> bool {
        let is_there = TcpStream::connect(self.address).is_ok();
        is_there && HttpClient::connect(self.address).get("/health").status == 200
    }
}

/// One process, which ends when it is killed; nothing outside of its folder.
const NGINX_MAIN: &str = "\
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events {}
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include downbeat.conf;
}
";

/// A configuration with other addresses.
fn between(config: &str, listen: &str, address: SocketAddr, nodes: [SocketAddr; 3]) -> String {
    let at = listen
        .replace(":80", "80")
        .replace("80", &address.to_string());
    let mut changed = replace(config, listen, &at);
    for (node, at) in NODES.into_iter().zip(nodes) {
        changed = replace(&changed, node, &at.to_string());
    }
    changed
}

fn replace(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from} is there once");
    text.replace(from, to)
}

fn write(folder: &Folder, name: &str, text: &str) {
    fs::write(folder.path().join(name), text).unwrap();
}

fn program(variable: &str) -> std::ffi::OsString {
    env::var_os(variable).unwrap()
}

/// A free port of loopback, which is nobody's by chance until it is used.
pub fn free_address() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, free_port()).into()
}
