//! The machine: its facts, its cores, the best it does, and what would spoil the figures.

mod cores;
mod facts;
mod floor;
mod steal;
mod warnings;

pub(super) use cores::{Cores, CoresError, Wish, allowed, stay_on};
pub(super) use facts::Facts;
pub(super) use floor::{Floor, FloorError};
pub(super) use steal::Steal;
pub(super) use warnings::{Course, warnings};
