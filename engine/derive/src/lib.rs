//! The derives of Downbeat.
