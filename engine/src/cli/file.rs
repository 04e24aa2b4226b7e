//! The configuration file, and how it meets the command line.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::args::{LimitArg, ServeArgs};
use crate::limits::LimitError;
use crate::server::settings::{
    CpuChoice, EmptyPasswordError, ParseCpuListError, Settings, parse_cpu_list,
};

/// The TOML file. Unknown keys are refused: a misspelt setting must not be silently ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<SocketAddr>,
    shards: Option<usize>,
    cpus: Option<String>,
    public_address: Option<String>,
    slow_tick_ms: Option<u64>,
    capture_dir: Option<PathBuf>,
    capture_cooldown_ms: Option<u64>,
    #[serde(default)]
    record: Vec<String>,
    record_dir: Option<PathBuf>,
    metrics: Option<bool>,
    monitor_password: Option<String>,
    realtime: Option<bool>,
    #[serde(default)]
    limits: BTreeMap<String, u64>,
}

/// Settings that contradict themselves or cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum SettingsError {
    #[error("{path}: {error}")]
    Unreadable {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("{path}: {error}")]
    Malformed {
        path: PathBuf,
        error: Box<toml::de::Error>,
    },
    #[error("{path}: `shards` and `cpus` both say how many shards to run: keep one")]
    ShardsAndCpus { path: PathBuf },
    #[error("shards = 0: write at least 1, or leave it out to use all cores")]
    NoShards,
    #[error(transparent)]
    CpuList(#[from] ParseCpuListError),
    #[error(transparent)]
    Password(#[from] EmptyPasswordError),
    #[error(transparent)]
    Limit(#[from] LimitError),
}

/// What the command line, the environment and the file say together.
pub(super) fn settings(args: &ServeArgs) -> Result<Settings, SettingsError> {
    let mut settings = Settings::default();
    if let Some(path) = &args.config {
        apply_file(&mut settings, path)?;
    }
    apply_args(&mut settings, args)?;
    if settings.cpus == CpuChoice::First(0) {
        return Err(SettingsError::NoShards);
    }
    Ok(settings)
}

fn apply_file(settings: &mut Settings, path: &Path) -> Result<(), SettingsError> {
    let file = read(path)?;
    if file.shards.is_some() && file.cpus.is_some() {
        let path = path.to_owned();
        return Err(SettingsError::ShardsAndCpus { path });
    }
    if let Some(listen) = file.listen {
        settings.listen = listen;
    }
    if let Some(shards) = file.shards {
        settings.cpus = CpuChoice::First(shards);
    }
    if let Some(cpus) = file.cpus {
        settings.cpus = parse_cpu_list(&cpus)?;
    }
    settings.public_address = file.public_address;
    apply_watching(
        settings,
        Watching {
            slow_tick_ms: file.slow_tick_ms,
            capture_dir: file.capture_dir.as_deref(),
            capture_cooldown_ms: file.capture_cooldown_ms,
            record: &file.record,
            record_dir: file.record_dir.as_deref(),
        },
    );
    settings.metrics = file.metrics.unwrap_or(settings.metrics);
    if let Some(password) = &file.monitor_password {
        settings.monitor_password = Some(password.parse()?);
    }
    settings.realtime = file.realtime.unwrap_or(settings.realtime);
    for (name, value) in file.limits {
        settings.limits.set(&name, value)?;
    }
    Ok(())
}

/// What the command line and the file say alike of captures and recordings.
#[derive(Clone, Copy)]
struct Watching<'a> {
    slow_tick_ms: Option<u64>,
    capture_dir: Option<&'a Path>,
    capture_cooldown_ms: Option<u64>,
    record: &'a [String],
    record_dir: Option<&'a Path>,
}

fn apply_watching(settings: &mut Settings, said: Watching<'_>) {
    let (capture, record) = (&mut settings.capture, &mut settings.record);
    if let Some(ms) = said.slow_tick_ms {
        capture.slow_tick = Duration::from_millis(ms);
    }
    if let Some(folder) = said.capture_dir {
        capture.folder = Some(folder.to_owned());
    }
    if let Some(ms) = said.capture_cooldown_ms {
        capture.cooldown = Duration::from_millis(ms);
    }
    if !said.record.is_empty() {
        record.rooms = said.record.to_vec();
    }
    if let Some(folder) = said.record_dir {
        record.folder = folder.to_owned();
    }
}

fn read(path: &Path) -> Result<File, SettingsError> {
    let text = std::fs::read_to_string(path).map_err(|error| SettingsError::Unreadable {
        path: path.to_owned(),
        error,
    })?;
    toml::from_str(&text).map_err(|error| SettingsError::Malformed {
        path: path.to_owned(),
        error: Box::new(error),
    })
}

fn apply_args(settings: &mut Settings, args: &ServeArgs) -> Result<(), SettingsError> {
    match (args.listen, args.port) {
        // PORT is often set by whoever runs the process: it must not bend an address given here.
        (Some(listen), _) => settings.listen = listen,
        (None, Some(port)) => settings.listen.set_port(port),
        (None, None) => {}
    }
    if let Some(shards) = args.shards {
        settings.cpus = CpuChoice::First(shards);
    }
    if let Some(cpus) = &args.cpus {
        settings.cpus = cpus.clone();
    }
    if let Some(address) = &args.public_address {
        settings.public_address = Some(address.clone());
    }
    apply_watching(
        settings,
        Watching {
            slow_tick_ms: args.slow_tick_ms,
            capture_dir: args.capture_dir.as_deref(),
            capture_cooldown_ms: args.capture_cooldown_ms,
            record: &args.record,
            record_dir: args.record_dir.as_deref(),
        },
    );
    settings.metrics = args.metrics.unwrap_or(settings.metrics);
    if let Some(password) = &args.monitor_password {
        settings.monitor_password = Some(password.clone());
    }
    settings.realtime = args.realtime.unwrap_or(settings.realtime);
    for LimitArg { name, value } in &args.limits {
        settings.limits.set(name, *value)?;
    }
    Ok(())
}
