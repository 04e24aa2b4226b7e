//! What the README shows is what compiles.

#[test]
fn the_room_in_the_readme_is_the_example() {
    let readme = include_str!("../../README.md");
    let example = include_str!("../examples/hello.rs");
    let code = example.find("use downbeat").map(|start| &example[start..]);
    let code = code.expect("the example uses the prelude");
    assert!(
        readme.contains(code),
        "copy examples/hello.rs into README.md"
    );
    let lines = code.lines().filter(|line| !line.trim().is_empty());
    assert!(lines.count() <= 25, "the README promises 25 lines");
}
