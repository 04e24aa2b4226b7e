//! Nodes as processes on a real Redis Cluster, faults that follow from a seed, and a checker of what
//! the nodes wrote down.
//!
//! | module | what |
//! |---|---|
//! | [`entry`] | a line of a node's history, read again |
//! | [`sight`] | what the harness did to nodes, and what clients saw |
//! | [`checker`] | what must be true of all that |
//! | [`fault`] | what is done to nodes and servers |
//! | [`net`] | networks of their own for nodes |
//! | [`wire`] | a client that expects nothing |
//! | [`client`] | clients that look for rooms, play and leave |
//! | [`node`] | a node as a process |
//! | [`harness`] | all of that together |

pub mod checker;
pub mod client;
pub mod entry;
pub mod fault;
pub mod harness;
pub mod net;
pub mod node;
pub mod sight;
pub mod wire;
