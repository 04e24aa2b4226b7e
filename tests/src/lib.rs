//! The outside view: end-to-end tests over real sockets.
