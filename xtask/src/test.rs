//! Everything that must hold before a change is taken.

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::process;
use crate::project::Project;
use crate::{pages, schemas, tools};

/// The first step that failed.
#[derive(Debug, thiserror::Error)]
#[error("step {number} of {steps}, {name}, failed and nothing was run after it: {source}")]
pub(crate) struct TestError {
    number: usize,
    steps: usize,
    name: &'static str,
    source: Box<dyn Error>,
}

/// Runs all steps, or the quick ones, up to the first that fails.
pub(crate) fn run(project: &Project, quick: bool) -> Result<(), TestError> {
    let steps = if quick { QUICK } else { ALL };
    let start = Instant::now();
    for (number, step) in (1..).zip(steps) {
        let step_start = Instant::now();
        println!(
            "\n==> {number}/{}  {}: {}",
            steps.len(),
            step.name,
            step.about
        );
        (step.run)(project).map_err(|source| TestError {
            number,
            steps: steps.len(),
            name: step.name,
            source,
        })?;
        println!(
            "    {}: ok, {:.1} s",
            step.name,
            step_start.elapsed().as_secs_f64()
        );
    }
    let elapsed = start.elapsed().as_secs_f64();
    println!("\nall {} steps passed in {elapsed:.0} s", steps.len());
    Ok(())
}

struct Step {
    name: &'static str,
    about: &'static str,
    run: fn(&Project) -> Result<(), Box<dyn Error>>,
}

/// What is cheap and fails often comes first.
const ALL: &[Step] = &[
    FORMAT,
    LINTS,
    Step {
        name: "schemas",
        about: "the generated code is what flatc makes of schemas/fbs",
        run: |project| Ok(schemas::check(project)?),
    },
    Step {
        name: "tests",
        about: "unit tests, tests from outside with foreign clients, examples, documentation",
        run: all_tests,
    },
    Step {
        name: "benches",
        about: "each micro benchmark runs, once",
        run: |project| {
            cargo(
                project,
                &["test", "--package", "downbeat-benches", "--benches"],
            )
        },
    },
    Step {
        name: "client",
        about: "@downbeat/client: format, lints, types, tests in Node against the binary",
        run: client,
    },
    Step {
        name: "pages",
        about: "the pages that the binary serves are what clients/demo and clients/monitor make",
        run: |project| Ok(pages::check(project)?),
    },
    Step {
        name: "browser",
        about: "the pages work in Chromium; their screenshots are in target/xtask/browser",
        run: browser,
    },
    Step {
        name: "docs",
        about: "cargo doc without a warning",
        run: docs,
    },
];

const QUICK: &[Step] = &[
    FORMAT,
    LINTS,
    Step {
        name: "unit tests",
        about: "those inside the packages only",
        run: |project| cargo(project, &["test", "--workspace", "--lib", "--bins"]),
    },
];

const FORMAT: Step = Step {
    name: "format",
    about: "cargo fmt would change nothing",
    run: |project| cargo(project, &["fmt", "--all", "--check"]),
};

const LINTS: Step = Step {
    name: "lints",
    about: "clippy without a warning",
    run: |project| {
        let clippy = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ];
        cargo(project, &clippy)?;
        // A game may leave the command line and the sampler out.
        let slim = ["clippy", "-p", "downbeat", "--no-default-features"];
        cargo(project, &[&slim[..], &clippy[2..]].concat())?;
        // A workspace of its own, which only cargo-fuzz builds: its lock is kept in step.
        let fuzz = [
            "--manifest-path",
            "tests/fuzz/Cargo.toml",
            "--locked",
            "--depth",
            "0",
        ];
        cargo(project, &[&["tree"], &fuzz[..]].concat())
    },
};

/// Without a selection, cargo runs unit and integration tests, builds the examples as they are, and
/// runs the documentation's examples.
fn all_tests(project: &Project) -> Result<(), Box<dyn Error>> {
    let mut test = tools::with_node(project, "cargo")?;
    test.args(["test", "--workspace"]);
    test.env("DOWNBEAT_TEST_PYTHON", tools::python(project)?);
    test.env("DOWNBEAT_TEST_NODE_MODULES", tools::node_modules(project)?);
    test.env("DOWNBEAT_TEST_PROMETHEUS", tools::prometheus()?);
    let [nginx, haproxy] = tools::balancers()?;
    test.env("DOWNBEAT_TEST_NGINX", nginx);
    test.env("DOWNBEAT_TEST_HAPROXY", haproxy);
    test.env("DOWNBEAT_TEST_SDK", sdk(project)?);
    tools::redis()?;
    tools::networks()?;
    test.current_dir(&project.root);
    Ok(process::run(&mut test)?)
}

/// The client for Node, built: the file to import.
fn sdk(project: &Project) -> Result<PathBuf, Box<dyn Error>> {
    let folder = project.root.join("clients");
    tools::npm_ci(project, &folder)?;
    let mut npm = tools::npm(project)?;
    npm.args(["run", "build", "--workspace", "typescript"]);
    process::run(npm.current_dir(&folder))?;
    Ok(folder.join("typescript/dist/index.js"))
}

fn client(project: &Project) -> Result<(), Box<dyn Error>> {
    let folder = project.root.join("clients");
    tools::npm_ci(project, &folder)?;
    let (server, chromium) = (server(project)?, tools::chromium()?);
    for script in ["build", "check", "test"] {
        let mut npm = tools::npm(project)?;
        npm.args(["run", script, "--workspace", "typescript"]);
        process::run(
            npm.env("DOWNBEAT", &server)
                .env("CHROMIUM", &chromium)
                .current_dir(&folder),
        )?;
    }
    Ok(())
}

fn browser(project: &Project) -> Result<(), Box<dyn Error>> {
    let folder = project.root.join("clients");
    tools::npm_ci(project, &folder)?;
    let (server, chromium) = (server(project)?, tools::chromium()?);
    for name in pages::PROJECTS {
        for script in ["check", "test"] {
            let mut npm = tools::npm(project)?;
            npm.args(["run", script, "--workspace", name]);
            npm.env("DOWNBEAT", &server).env("CHROMIUM", &chromium);
            npm.env("SCREENSHOTS", project.tools.join("browser"));
            process::run(npm.current_dir(&folder))?;
        }
    }
    Ok(())
}

/// The binary, as the tests of the workspace have compiled its crates already.
fn server(project: &Project) -> Result<PathBuf, Box<dyn Error>> {
    let build = [
        "build",
        "--profile",
        "test",
        "--workspace",
        "--bin",
        "downbeat",
    ];
    cargo(project, &build)?;
    let target = project.tools.parent().unwrap_or(&project.tools);
    Ok(target.join("debug/downbeat"))
}

fn docs(project: &Project) -> Result<(), Box<dyn Error>> {
    let mut doc = Command::new("cargo");
    doc.args(["doc", "--no-deps", "--workspace"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    doc.current_dir(&project.root);
    Ok(process::run(&mut doc)?)
}

fn cargo(project: &Project, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut cargo = Command::new("cargo");
    cargo.args(arguments).current_dir(&project.root);
    Ok(process::run(&mut cargo)?)
}
