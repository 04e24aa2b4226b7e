//! Rooms, tables, patches, groups, ticks and seats of Downbeat; pure.
