//! The scripts, each with what it shares with others in front.

use super::store::Script;

macro_rules! scripts {
    ($($(#[$doc:meta])* $name:ident = $($file:literal),+;)+) => {
        $($(#[$doc])* pub(crate) static $name: Script = Script {
            name: stringify!($name),
            body: concat!($(include_str!(concat!("../lua/", $file)), "\n"),+),
        };)+
    };
}

scripts! {
    FIND = "partition.lua", "find.lua";
    PUBLISH = "partition.lua", "publish.lua";
    TOUCH = "partition.lua", "touch.lua";
    RELEASE = "partition.lua", "release.lua";
    FINISH = "partition.lua", "finish.lua";
    PURGE = "partition.lua", "purge.lua";
    EXPIRE = "partition.lua", "expire.lua";
    LIST = "partition.lua", "list.lua";
    LISTING = "partition.lua", "listing.lua";
    ROOM_CREATE = "room.lua", "room_create.lua";
    ROOM_TAKE = "room.lua", "room_take.lua";
    ROOM_KEEP = "room.lua", "room_keep.lua";
    ROOM_DROP = "room.lua", "room_drop.lua";
    ROOM_READ = "room.lua", "room_read.lua";
    INDEX = "index.lua";
    NAMES = "names.lua";
    LOADS = "loads.lua";
}
