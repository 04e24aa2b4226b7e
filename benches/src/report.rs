//! What a benchmark has to say, for people and for machines.

use std::error::Error;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::Value;

use crate::machine::Machine;
use crate::table::Table;

/// Where the figures go.
#[derive(Clone, Debug, clap::Args)]
pub struct ReportArgs {
    /// Also write the figures, with the machine, the commit and the command, into a file: one JSON
    /// object.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// The answer of one benchmark.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    bench: &'static str,
    question: &'static str,
    machine: Machine,
    figures: Value,
    tables: Vec<Table>,
    /// Sentences under the tables: what to read in them.
    notes: Vec<String>,
}

/// Figures that cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("could not write {path}: {source}; name another file with --json", path = path.display())]
pub struct ReportError {
    path: PathBuf,
    source: io::Error,
}

impl Report {
    /// An answer without figures. Make it first: it notes when the run began.
    pub fn new(bench: &'static str, question: &'static str) -> Self {
        Self {
            bench,
            question,
            machine: Machine::here(),
            figures: Value::Null,
            tables: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Sets the figures as a machine reads them.
    ///
    /// # Panics
    /// If they are no JSON: maps have text as keys.
    pub fn figures(&mut self, figures: &impl Serialize) {
        self.figures = serde_json::to_value(figures).expect("figures are JSON");
    }

    /// Adds a table.
    pub fn table(&mut self, table: Table) {
        self.tables.push(table);
    }

    /// Adds a sentence.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Prints the tables, and writes the figures where they are wanted.
    ///
    /// # Errors
    /// [`ReportError`] if the file cannot be written; the tables are printed by then.
    #[allow(clippy::print_stdout, reason = "the tables are what was asked for")]
    pub fn publish(&self, args: &ReportArgs) -> Result<(), ReportError> {
        print!("{}", self.page());
        let Some(path) = &args.json else {
            return Ok(());
        };
        let text = serde_json::to_string_pretty(self).expect("a report is JSON");
        fs::write(path, text + "\n").map_err(|source| ReportError {
            path: path.clone(),
            source,
        })
    }

    /// The section of the results' page.
    fn page(&self) -> String {
        let mut page = format!("## {}\n\n{}\n\n{}", self.bench, self.question, self.machine);
        for table in &self.tables {
            page.push('\n');
            page.push_str(&table.to_string());
        }
        for note in &self.notes {
            page.push('\n');
            page.push_str(note);
            page.push('\n');
        }
        page
    }
}

/// Tells whoever waits what is going on.
#[allow(clippy::print_stderr, reason = "the tables alone go to the output")]
pub fn progress(what: &str) {
    eprintln!("{what}");
}

/// How a benchmark ends: what went wrong goes to the error output.
#[allow(clippy::print_stderr, reason = "the program's last words")]
pub fn exit<E: Error>(result: Result<(), E>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
