//! Tests with foreign clients are there if their tools are: else cargo counts them as ignored.

/// The variable with a peer's tools, and the `cfg` of the tests that need it.
const PEERS: [(&str, &str); 6] = [
    ("DOWNBEAT_TEST_PYTHON", "python_peer"),
    ("DOWNBEAT_TEST_NODE_MODULES", "node_peer"),
    ("DOWNBEAT_TEST_PROMETHEUS", "prometheus"),
    ("DOWNBEAT_TEST_SDK", "sdk"),
    ("DOWNBEAT_TEST_NGINX", "nginx"),
    ("DOWNBEAT_TEST_HAPROXY", "haproxy"),
];

#[allow(clippy::print_stdout, reason = "how a build script speaks to cargo")]
fn main() {
    for (variable, cfg) in PEERS {
        println!("cargo::rerun-if-env-changed={variable}");
        println!("cargo::rustc-check-cfg=cfg({cfg})");
        if std::env::var_os(variable).is_some() {
            println!("cargo::rustc-cfg={cfg}");
        }
    }
}
