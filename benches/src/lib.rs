//! Benchmarks: each answers one question.
