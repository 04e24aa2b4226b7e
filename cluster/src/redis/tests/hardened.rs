//! Redis as careful operators run it: TLS, a user with few rights, commands taken away.

use std::fs;
use std::path::PathBuf;

use downbeat_tests_redis::{Cluster, Options, Standalone, Tls};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use redis::Value;

use super::help::{query, run, settings, with_user};
use crate::redis::acl::ACL_LINE;
use crate::redis::listener::Listener;
use crate::redis::router::Router;
use crate::redis::script::Script;
use crate::redis::settings::RedisSettings;
use crate::redis::start_error::StartError;

/// What users rename or forbid.
const TAKEN_AWAY: [&str; 8] = [
    "FLUSHALL", "FLUSHDB", "CONFIG", "KEYS", "DEBUG", "MONITOR", "SCAN", "SHUTDOWN",
];

static PUT: Script = Script::new("put", "return redis.call('SET', KEYS[1], ARGV[1])");

/// Everything that the layer does.
fn works(settings: RedisSettings) {
    run(async {
        let router = Router::connect(settings).await.unwrap();
        let prefix = router.settings().prefix().to_owned();
        let key = format!("{prefix}:key");
        assert_eq!(query(&router, &["SET", &key, "1"]).await, Ok(Value::Okay));
        let (keys, args) = ([key.clone().into_bytes()], [b"2".to_vec()]);
        router.script(&PUT, &keys, &args).await.unwrap();
        router.script_confirmed(&PUT, &keys, &args).await.unwrap();
        let listener = Listener::new(router.clone());
        let channel = format!("{prefix}:channel");
        listener.subscribe(channel.as_bytes());
        assert!(listener.heard(channel.as_bytes()).await);
        assert_eq!(router.publish(channel.as_bytes(), b"hello").await, Ok(1));
        assert_eq!(listener.next().await, (channel.into(), "hello".into()));
        assert_eq!(router.counts().command_errors, 0);
    });
}

#[test]
fn the_shipped_rights_are_enough_also_where_commands_are_taken_away() {
    let line = ACL_LINE.replace("PASSWORD", "few");
    let options = with_user(&line).without_commands(&TAKEN_AWAY);
    let redis = Standalone::start_with(&options);
    let url = format!("redis://downbeat:few@{}", redis.address());
    works(settings(&[("REDIS_URL", &url)]));
    for forbidden in [
        "FLUSHALL",
        "KEYS *",
        "CONFIG GET *",
        "SET other 1",
        "GET other",
    ] {
        let words: Vec<&str> = forbidden.split(' ').collect();
        let login = downbeat_tests_redis::Login {
            user: Some("downbeat".to_owned()),
            password: "few".to_owned(),
        };
        let address = redis.address();
        let client = downbeat_tests_redis::Client::connect(address, Some(&login));
        assert!(
            client.unwrap().command(&words).unwrap().is_error(),
            "{forbidden}"
        );
    }
    let cluster = Cluster::start_with(&options);
    let url = format!("redis://downbeat:few@{},", cluster.servers()[0].address());
    works(settings(&[("REDIS_URL", &url)]));
}

/// A folder with an authority and a certificate for loopback, gone with the test.
struct Certificates(PathBuf);

impl Certificates {
    fn new(name: &str) -> Self {
        let folder = format!("downbeat-tls-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        fs::create_dir_all(&folder).unwrap();
        let mut authority = CertificateParams::default();
        // A certificate with its issuer's name would count as its own issuer.
        authority
            .distinguished_name
            .push(DnType::CommonName, "authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = CertifiedIssuer::self_signed(authority, key).unwrap();
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(names).unwrap();
        let certificate = certificate.signed_by(&key, &authority).unwrap();
        let write = |name, text: String| fs::write(folder.join(name), text).unwrap();
        write("ca.pem", authority.pem());
        write("certificate.pem", certificate.pem());
        write("key.pem", key.serialize_pem());
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn options(&self) -> Options {
        Options::new().tls(Tls {
            ca: self.path("ca.pem").into(),
            certificate: self.path("certificate.pem").into(),
            key: self.path("key.pem").into(),
        })
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        // Nothing depends on it.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn tls_is_spoken_and_the_certificate_checked() {
    let certificates = Certificates::new("one");
    let redis = Standalone::start_with(&certificates.options());
    let url = format!("rediss://127.0.0.1:{}", redis.tls_port());
    let ca = certificates.path("ca.pem");
    let trusting = |ca: &str| settings(&[("REDIS_URL", &url), ("DOWNBEAT_REDIS_TLS_CA", ca)]);
    works(trusting(&ca));
    let others = Certificates::new("others");
    let mut distrusting = trusting(&others.path("ca.pem"));
    distrusting.limits.start_timeout_ms = 500;
    let error = run(Router::connect(distrusting)).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    let error = run(Router::connect(trusting("/nowhere.pem"))).map(|_| ());
    let error = error.unwrap_err();
    assert!(matches!(error, StartError::Tls(_)), "{error}");
    assert!(error.to_string().contains("/nowhere.pem"), "{error}");
}

#[test]
fn a_client_certificate_is_shown() {
    let certificates = Certificates::new("client");
    // The last of two lines holds.
    let options = certificates.options().line("tls-auth-clients yes");
    let redis = Standalone::start_with(&options);
    works(settings(&[
        (
            "REDIS_URL",
            &format!("rediss://localhost:{}", redis.tls_port()),
        ),
        ("DOWNBEAT_REDIS_TLS_CA", &certificates.path("ca.pem")),
        (
            "DOWNBEAT_REDIS_TLS_CERT",
            &certificates.path("certificate.pem"),
        ),
        ("DOWNBEAT_REDIS_TLS_KEY", &certificates.path("key.pem")),
    ]));
}

#[test]
fn a_cluster_with_tls() {
    let certificates = Certificates::new("cluster");
    let cluster = Cluster::start_with(&certificates.options());
    let nodes = format!(
        "[\"rediss://127.0.0.1:{}\"]",
        cluster.servers()[4].tls_port()
    );
    works(settings(&[
        ("REDIS_CLUSTER_NODES", nodes.as_str()),
        ("DOWNBEAT_REDIS_TLS_CA", &certificates.path("ca.pem")),
    ]));
}
