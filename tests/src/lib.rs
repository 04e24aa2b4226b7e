//! The outside view: end-to-end tests over real sockets.
//!
//! What the tests share. Each test starts a server of its own, on a free port of this process or
//! as a process, and speaks to it as any client would.
//!
//! | module | what |
//! |---|---|
//! | [`server`] | a server in this process, ended with the test |
//! | [`cluster`] | many of them that are one
//! | [`way`] | whether clients play where their room is, or through another node
//! | [`rooms`] | a room that does as it is told |
//! | [`hall`] | a room that listens to topics
//! | [`burner`] | a room that is too slow now and then |
//! | [`chaos`] | nodes of a cluster, faults, and a checker of what the nodes wrote down |
//! | [`folder`] | a folder that is gone with the test |
//! | [`http`] | an HTTP client that hides nothing |
//! | [`seat`] | matchmaking, as a client sees it |
//! | [`websocket`] | a WebSocket client, frame by frame |
//! | [`player`] | a client that plays: a mirror of the room, inputs, the end |
//! | [`metrics`] | Prometheus text, read strictly |
//! | [`prometheus`] | a real Prometheus that scrapes a server |
//! | [`balancer`] | a real nginx or HAProxy in front of nodes
//! | [`process`] | the server as a process, and processes that must end |
//! | [`hostile`] | what no client should send |
//! | [`random`] | random numbers from a seed |
//! | [`patience`] | how long a test waits for what must come |

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

pub mod balancer;
pub mod burner;
pub mod chaos;
pub mod cluster;
pub mod folder;
pub mod hall;
pub mod hostile;
pub mod http;
pub mod metrics;
pub mod patience;
pub mod player;
pub mod process;
pub mod prometheus;
pub mod random;
pub mod rooms;
pub mod seat;
pub mod server;
pub mod way;
pub mod websocket;
