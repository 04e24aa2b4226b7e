//! The way from a client to its room: what holds on one has to hold on the other.

use std::ops::Deref;

use downbeat::ServerBuilder;
use downbeat::limits::Limits;
use downbeat_tests_redis::shared;

use crate::cluster::TestCluster;
use crate::patience::patient_limits;
use crate::server::TestServer;

/// Whether a client's socket is at the node that has its room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It is: there is one node only.
    Direct,
    /// It never is: of three nodes, the two others take its sockets in turn, and all three its
    /// requests.
    Edge,
}

impl Way {
    /// A server with all rooms and patient limits.
    pub fn server(self) -> Venue {
        self.server_with(|server| server)
    }

    /// A server with all rooms, and patient limits but for those that are changed.
    pub fn server_with_limits(self, change: impl FnOnce(&mut Limits)) -> Venue {
        let mut limits = patient_limits();
        change(&mut limits);
        self.server_with(|server| server.limits(limits.clone()))
    }

    /// A server with all rooms, and what `more` adds.
    pub fn server_with(self, more: impl Fn(ServerBuilder) -> ServerBuilder) -> Venue {
        match self {
            Self::Direct => Venue {
                server: TestServer::with(more),
                _redis: None,
            },
            Self::Edge => {
                let redis = shared::together();
                let nodes = TestCluster::start_with(&redis, 3, more);
                Venue {
                    server: TestServer::of(nodes),
                    _redis: Some(redis),
                }
            }
        }
    }
}

/// A server, and the Redis that it needs.
#[derive(Debug)]
pub struct Venue {
    server: TestServer,
    _redis: Option<shared::Together>,
}

impl Deref for Venue {
    type Target = TestServer;

    fn deref(&self) -> &TestServer {
        &self.server
    }
}

/// Makes two tests of each function that takes a [`Way`]: `direct` and `through_an_edge`.
#[macro_export]
macro_rules! both_ways {
    ($($test:ident),+ $(,)?) => {
        mod direct {
            $(#[test]
            fn $test() {
                super::$test($crate::way::Way::Direct);
            })+
        }

        mod through_an_edge {
            $(#[test]
            fn $test() {
                super::$test($crate::way::Way::Edge);
            })+
        }
    };
}
