//! What is left in the folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::log::hlog;
use super::page::page;
use crate::bench::outcome::{Curve, Outcome};
use crate::load::percentiles;

/// A folder that takes no files.
#[derive(Debug, thiserror::Error)]
#[error("could not write {path}: {source}; name another folder with --out", path = path.display())]
pub(crate) struct FilesError {
    path: PathBuf,
    source: io::Error,
}

/// Writes the JSON, the page, and the histograms.
pub(crate) fn write_all(folder: &Path, outcome: &Outcome) -> Result<(), FilesError> {
    make(folder)?;
    let json = serde_json::to_string_pretty(outcome).expect("an outcome has string keys only");
    write(&folder.join("bench.json"), &(json + "\n"))?;
    write(&folder.join("report.html"), &page(outcome))?;
    for floor in &outcome.floors {
        write_curve(folder, &floor.curve)?;
    }
    for scenario in &outcome.scenarios {
        let folder = folder.join(&scenario.name);
        make(&folder)?;
        for curve in &scenario.curves {
            write_curve(&folder, curve)?;
        }
        for (number, run) in (1..).zip(&scenario.intervals) {
            for (name, intervals) in &run.all {
                let file = format!("run-{number}-{name}.hlog");
                write(&folder.join(file), &hlog(name, intervals))?;
            }
        }
    }
    Ok(())
}

fn write_curve(folder: &Path, curve: &Curve) -> Result<(), FilesError> {
    let file = folder.join(format!("{}.hgrm", curve.name));
    write(&file, &percentiles(&curve.histogram, curve.per_ms))
}

fn make(folder: &Path) -> Result<(), FilesError> {
    fs::create_dir_all(folder).map_err(|source| FilesError {
        path: folder.to_owned(),
        source,
    })
}

fn write(path: &Path, text: &str) -> Result<(), FilesError> {
    fs::write(path, text).map_err(|source| FilesError {
        path: path.to_owned(),
        source,
    })
}
