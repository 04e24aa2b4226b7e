//! The room server for multiplayer games that never misses a beat.
