//! Who may tick a room. (Docs follow.)

mod claim;
mod copies;
mod machine;
mod member;
mod output;
mod pursue;
mod renew;
mod reply;
mod request;
mod settings;
mod suspect;
mod view;

pub use crate::copies::COPY_TAGS;
pub use machine::Lease;
pub use member::{
    ABOUT_MAX, Claimant, CopyTime, Entry, Incarnation, Member, ParseMemberError, Standing,
};
pub use output::{Answer, Event, LeaseCounts, MemberState, MemberView, Output, Probed, RequestId};
pub(crate) use reply::entries;
pub use reply::{Outcome, RawReply, Reply, ReplyError};
pub use request::{Request, SCRIPT, Version, copy_keys};
pub use settings::LeaseSettings;
