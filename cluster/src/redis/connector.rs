//! How a connection to a server is made.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use redis::aio::{AsyncPushSender, MultiplexedConnection};
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, ConnectionAddr, IntoConnectionInfo,
    ProtocolVersion, RedisConnectionInfo, RedisResult, TlsCertificates,
};

use super::node::RedisNode;
use super::settings::{Login, RedisLimits, TlsFiles};

/// Opens connections as one user, with TLS or without.
#[derive(Clone)]
pub(crate) struct Connector {
    login: RedisConnectionInfo,
    /// An address with the certificates; only its host and port are others each time.
    tls: Option<ConnectionAddr>,
    config: AsyncConnectionConfig,
}

/// What is wrong with the files for TLS.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("could not read {path}: {source}", path = path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the files for TLS are no PEM certificates and keys: {0}")]
    Pem(redis::RedisError),
}

impl Connector {
    /// Reads the files for TLS.
    pub(crate) fn new(
        login: &Login,
        database: i64,
        tls: Option<&TlsFiles>,
        limits: &RedisLimits,
    ) -> Result<Self, TlsError> {
        // `CLIENT SETINFO` is newer than Redis 7.0, and one more command to be allowed.
        let mut info = RedisConnectionInfo::default();
        info = info.set_skip_set_lib_name().set_db(database);
        if let Some(user) = &login.user {
            info = info.set_username(user);
        }
        if let Some(password) = &login.password {
            info = info.set_password(&password.0);
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(Duration::from_millis(limits.connect_timeout_ms)))
            .set_response_timeout(Some(Duration::from_millis(limits.command_timeout_ms)));
        Ok(Self {
            login: info,
            tls: tls.map(read_tls).transpose()?,
            config,
        })
    }

    /// Connects for commands: RESP2, so that answers look the same on all versions.
    ///
    /// The kernel accepts connections for a process that is stopped: there is one only once the
    /// server has said something, whatever that is.
    pub(crate) async fn open(&self, node: &RedisNode) -> RedisResult<MultiplexedConnection> {
        let protocol = ProtocolVersion::RESP2;
        let mut connection = self.open_with(node, protocol, &self.config).await?;
        let ping = redis::cmd("PING");
        match connection.send_packed_command(&ping).await {
            Err(error) if error.is_timeout() || error.is_connection_dropped() => Err(error),
            _ => Ok(connection),
        }
    }

    /// Connects for subscriptions: RESP3, so that messages and answers share a connection.
    pub(crate) async fn open_listening(
        &self,
        node: &RedisNode,
        push: impl AsyncPushSender,
    ) -> RedisResult<MultiplexedConnection> {
        let config = self.config.clone().set_push_sender(push);
        self.open_with(node, ProtocolVersion::RESP3, &config).await
    }

    async fn open_with(
        &self,
        node: &RedisNode,
        protocol: ProtocolVersion,
        config: &AsyncConnectionConfig,
    ) -> RedisResult<MultiplexedConnection> {
        let info = self.address(node).into_connection_info()?;
        let info = info
            .set_redis_settings(self.login.clone().set_protocol(protocol))
            .set_tcp_settings(TcpSettings::default().set_nodelay(true));
        let client = Client::open(info)?;
        client
            .get_multiplexed_async_connection_with_config(config)
            .await
    }

    fn address(&self, node: &RedisNode) -> ConnectionAddr {
        let mut address = self.tls.clone();
        match &mut address {
            Some(ConnectionAddr::TcpTls { host, port, .. }) => {
                host.clone_from(&node.host);
                *port = node.port;
            }
            _ => return ConnectionAddr::Tcp(node.host.clone(), node.port),
        }
        address.unwrap_or(ConnectionAddr::Tcp(String::new(), 0))
    }
}

fn read_tls(files: &TlsFiles) -> Result<ConnectionAddr, TlsError> {
    // Fails if the program has chosen one already: then that one is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client_tls = match &files.client {
        None => None,
        Some((certificate, key)) => Some(ClientTlsConfig {
            client_cert: read(certificate)?,
            client_key: read(key)?,
        }),
    };
    let root_cert = files.ca.as_deref().map(read).transpose()?;
    let address = ConnectionAddr::TcpTls {
        host: "localhost".to_owned(),
        port: 0,
        insecure: false,
        tls_params: None,
    };
    let certificates = TlsCertificates {
        client_tls,
        root_cert,
    };
    let client = Client::build_with_tls(address, certificates).map_err(TlsError::Pem)?;
    Ok(client.get_connection_info().addr().clone())
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let path = path.to_owned();
    fs::read(&path).map_err(|source| TlsError::Read { path, source })
}
