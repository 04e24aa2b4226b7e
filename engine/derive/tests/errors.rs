//! What the derives say when they cannot do what was asked: pinned, for these messages are what a
//! game developer meets first.
//!
//! `TRYBUILD=overwrite cargo test -p downbeat-derive` writes them anew.

#[test]
fn errors_say_what_to_write_instead() {
    trybuild::TestCases::new().compile_fail("tests/errors/*.rs");
}
