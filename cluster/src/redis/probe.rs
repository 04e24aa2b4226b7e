//! What is looked at before a node starts with a Redis: whether it would hold what it is given.
//!
//! Only what a least-privilege user may ask: INFO, ROLE, CLUSTER NODES, and a script on a key of
//! ours.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use redis::{Pipeline, Value};
use tokio::time::{Instant, sleep};

use super::acl::ACL_LINE;
use super::connector::TlsError;
use super::error::RedisError;
use super::info::{Info, RedisVersion};
use super::link::{Lane, Link};
use super::router::{Inner, MasterId, Router};
use super::script::Script;
use super::settings::{RedisSettings, Servers};
use super::start_error::StartError;
use crate::copies::COPY_TAGS;

/// The first that has sharded publish and subscribe.
const OLDEST: RedisVersion = RedisVersion(7, 0);

/// Between two looks at servers that are not there yet.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(20);

impl Router {
    /// Connects, and looks whether this Redis would hold what it is given.
    ///
    /// # Errors
    /// If it cannot be reached in 5 s, or would lose leases or rooms, or does not let us do our
    /// work. Each message says what to change.
    pub(crate) async fn connect(settings: RedisSettings) -> Result<Self, StartError> {
        let deadline = Instant::now() + Duration::from_millis(settings.limits.start_timeout_ms);
        let router = Self::begin(settings).map_err(|error| tls(&error))?;
        while let Err(error) = router.check(deadline).await {
            // What may pass by itself: a server that loads its data, or a master that fails over.
            let may_pass = matches!(error, StartError::Failed(_));
            if !may_pass || Instant::now() > deadline {
                return Err(error);
            }
            tracing::debug!(%error, "redis: looking again");
            sleep(LOOK_EVERY).await;
        }
        Ok(router)
    }

    async fn check(&self, deadline: Instant) -> Result<(), StartError> {
        let inner = self.inner();
        // First those that are there: another topology than the settings say shows at once.
        inner.until_reached(deadline).await?;
        inner.check_servers().await?;
        inner.until_owned(deadline).await?;
        inner.until_masters_are_connected(deadline).await?;
        inner.check_servers().await?;
        self.check_copies()?;
        self.check_rights().await
    }

    /// The tags of the lease copies that this topology holds.
    pub(crate) fn copy_tags(&self) -> &'static [&'static str] {
        match self.settings().servers {
            Servers::Cluster(_) => &COPY_TAGS,
            _ => &COPY_TAGS[..1],
        }
    }

    /// Two copies on one master are lost together, and count as one.
    pub(super) fn check_copies(&self) -> Result<(), StartError> {
        let mut holders: BTreeMap<MasterId, &str> = BTreeMap::new();
        for tag in self.copy_tags() {
            let Some(master) = self.master_of(format!("{{{tag}}}").as_bytes()) else {
                continue;
            };
            if let Some(other) = holders.insert(master.clone(), tag) {
                return Err(StartError::CopiesTogether {
                    server: master.0.to_string(),
                    first: super::slot::Slot::of(other.as_bytes()).0,
                    second: super::slot::Slot::of(tag.as_bytes()).0,
                });
            }
        }
        Ok(())
    }

    /// Does what the work needs, on keys and channels of ours.
    async fn check_rights(&self) -> Result<(), StartError> {
        for tag in self.copy_tags() {
            let key = format!("{}:{{{tag}}}:probe", self.settings().prefix()).into_bytes();
            let script = self.script(&PROBE, std::slice::from_ref(&key), &[]).await;
            let published = self.publish(&key, b"").await;
            for outcome in [script.map(|_| ()), published.map(|_| ())] {
                outcome.map_err(|error| failed(&error))?;
            }
        }
        Ok(())
    }
}

/// Does nothing that lasts.
static PROBE: Script = Script::new("probe", "return redis.call('EXISTS', KEYS[1])");

impl Inner {
    /// Waits until a server is connected.
    pub(super) async fn until_reached(&self, deadline: Instant) -> Result<(), StartError> {
        loop {
            self.look().await;
            let (links, sentinels) = (self.links(), self.sentinel_links());
            for link in links.iter().chain(&sentinels) {
                refuse_login(link)?;
            }
            if links.iter().any(|link| link.is_connected()) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(self.unreachable(&links, &sentinels).await);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until the slots that we cannot do without are owned.
    pub(super) async fn until_owned(&self, deadline: Instant) -> Result<(), StartError> {
        let tags: &[&str] = match self.settings.servers {
            Servers::Cluster(_) => &COPY_TAGS,
            _ => &COPY_TAGS[..1],
        };
        let slots = tags.iter().map(|tag| super::slot::Slot::of(tag.as_bytes()));
        for slot in slots {
            while self.topology.borrow().owner(slot).is_none() {
                if Instant::now() > deadline {
                    return Err(StartError::NoMaster { slot: slot.0 });
                }
                self.look().await;
                sleep(LOOK_EVERY).await;
            }
        }
        Ok(())
    }

    /// Waits until each owner of slots is connected.
    pub(super) async fn until_masters_are_connected(
        &self,
        deadline: Instant,
    ) -> Result<(), StartError> {
        loop {
            let masters = self.topology.borrow().masters();
            let links = self.links();
            let is_missing =
                |link: &&Rc<Link>| masters.contains(&link.node) && !link.is_connected();
            let missing: Vec<_> = links.iter().filter(is_missing).cloned().collect();
            if missing.is_empty() {
                return Ok(());
            }
            for link in &missing {
                refuse_login(link)?;
            }
            if Instant::now() > deadline {
                return Err(self.unreachable(&missing, &[]).await);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Looks at all servers that are connected: a replica may be the master tomorrow.
    pub(super) async fn check_servers(&self) -> Result<(), StartError> {
        let masters = self.topology.borrow().masters();
        for link in self.links() {
            if !link.is_connected() {
                continue;
            }
            match check_server(&link, &self.settings).await {
                // It has just gone, and nothing depends on it yet.
                Err(StartError::Failed(reason)) if !masters.contains(&link.node) => {
                    tracing::warn!(reason, "redis: a server was not looked at");
                }
                looked => looked?,
            }
        }
        Ok(())
    }

    async fn unreachable(&self, links: &[Rc<Link>], sentinels: &[Rc<Link>]) -> StartError {
        if let Servers::Sentinel { master_name, .. } = &self.settings.servers {
            let is_heard = sentinels.iter().any(|link| link.is_connected());
            if is_heard && !self.sentinels_know(master_name).await {
                let name = master_name.clone();
                return StartError::UnknownMaster { name };
            }
        }
        let told = links.iter().chain(sentinels).map(|link| {
            let error = link.last_error().map(|error| error.reason);
            let error = error.unwrap_or("it does not answer".to_owned());
            format!("{} ({error})", link.node)
        });
        let servers = told.collect::<Vec<_>>().join(", ");
        StartError::Unreachable { servers }
    }
}

/// Another try would not help.
fn refuse_login(link: &Link) -> Result<(), StartError> {
    match link.last_error() {
        Some(error) if error.is_login => Err(StartError::Login {
            server: link.node.to_string(),
            reason: error.reason,
        }),
        _ => Ok(()),
    }
}

async fn check_server(link: &Link, settings: &RedisSettings) -> Result<(), StartError> {
    let mut ask = Pipeline::new();
    ask.cmd("INFO");
    let answers = link.send(&ask, 0, Lane::Plain).await;
    let answers = answers.map_err(|error| failed(&error))?;
    let text = match answers.first() {
        Some(Value::BulkString(text)) => String::from_utf8_lossy(text),
        Some(Value::ServerError(error)) => {
            let server = link.node.to_string();
            return Err(refused(server, error.code(), error.details()));
        }
        _ => return Err(failed(&RedisError::Unexpected { command: "INFO" })),
    };
    check_info(Info(&text), &link.node.to_string(), settings)
}

/// What a server tells of itself decides whether it is fit.
pub(super) fn check_info(
    info: Info<'_>,
    server: &str,
    settings: &RedisSettings,
) -> Result<(), StartError> {
    let server = server.to_owned();
    if info.version() < Some(OLDEST) {
        let found = info.value("redis_version").unwrap_or("unknown").to_owned();
        return Err(StartError::TooOld { server, found });
    }
    let is_cluster = info.value("cluster_enabled") == Some("1");
    let wants_cluster = matches!(settings.servers, Servers::Cluster(_));
    if is_cluster && !wants_cluster {
        return Err(StartError::IsCluster { server });
    }
    if wants_cluster && !is_cluster {
        return Err(StartError::IsNoCluster { server });
    }
    let is_alone = matches!(settings.servers, Servers::Standalone(_));
    if is_alone && info.value("role").is_some_and(|role| role != "master") {
        return Err(StartError::IsReplica { server });
    }
    let policy = info.value("maxmemory_policy").unwrap_or("unknown");
    if policy != "noeviction" {
        if !settings.may_evict {
            let policy = policy.to_owned();
            return Err(StartError::Evicts { server, policy });
        }
        tracing::error!(
            server,
            policy,
            "redis: this server may throw leases and rooms away when its memory is full; \
             DOWNBEAT_REDIS_ALLOW_EVICTION=1 says that this is accepted"
        );
    }
    Ok(())
}

fn failed(error: &RedisError) -> StartError {
    match error {
        RedisError::Refused {
            node,
            code,
            details,
        } => refused(node.to_string(), code, Some(details)),
        error => StartError::Failed(error.to_string()),
    }
}

fn refused(server: String, code: &str, details: Option<&str>) -> StartError {
    let reason = format!("{code} {}", details.unwrap_or_default());
    match code {
        "NOAUTH" | "WRONGPASS" => StartError::Login { server, reason },
        _ if code == "NOPERM" || IN_SCRIPT.iter().any(|words| reason.contains(words)) => {
            StartError::NotAllowed {
                server,
                reason,
                acl_line: ACL_LINE,
            }
        }
        _ => StartError::Failed(format!("Redis {server} refused: {reason}")),
    }
}

/// How a script is told that its user may not do something: Redis 7.0, and later.
const IN_SCRIPT: [&str; 3] = ["NOPERM", "ACL failure", "The user executing the script"];

pub(super) fn tls(error: &TlsError) -> StartError {
    StartError::Tls(error.to_string())
}
