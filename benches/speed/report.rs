//! The results, as a table and as files.

use std::{error::Error, fs, path::Path};

use crate::chart::draw;

/// The time per round of one path through one subject.
pub(crate) struct Row {
    pub(crate) path: String,
    pub(crate) subject: &'static str,
    pub(crate) nanoseconds: f64,
}

pub(crate) struct Report(pub(crate) Vec<Row>);

/// The subject with which the others are compared.
const BASELINE: &str = "compio-sync";

impl Report {
    /// Returns the names of the paths, in the order of measurement.
    fn paths(&self) -> Vec<&str> {
        let mut paths = Vec::new();
        for row in &self.0 {
            if !paths.contains(&&*row.path) {
                paths.push(&*row.path);
            }
        }
        paths
    }

    pub(crate) fn of_path<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Row> {
        self.0.iter().filter(move |row| row.path == path)
    }

    /// Returns the time of compio-sync.
    pub(crate) fn baseline(&self, path: &str) -> Option<f64> {
        self.of_path(path).find(|row| row.subject == BASELINE).map(|row| row.nanoseconds)
    }

    /// Prints one line per subject for each path, with the ratio to compio-sync.
    pub(crate) fn print(&self) {
        println!("{:<35} {:>15}   ratio", "path and subject", "time per round");
        for path in self.paths() {
            println!("{path}");
            let baseline = self.baseline(path);
            for Row { subject, nanoseconds, .. } in self.of_path(path) {
                let ratio = baseline
                    .map_or(String::new(), |baseline| format!("{:8.2}", nanoseconds / baseline));
                println!("    {subject:<31} {nanoseconds:>12.2} ns{ratio}");
            }
        }
    }

    /// Writes all results to `speed.csv`, and draws the chart `speed.svg` of some paths.
    pub(crate) fn save(&self, charted: &[&str], folder: &Path) -> Result<(), Box<dyn Error>> {
        let mut csv = String::from("path,subject,nanoseconds\n");
        for Row { path, subject, nanoseconds } in &self.0 {
            csv += &format!("{path},{subject},{nanoseconds:.2}\n");
        }
        fs::write(folder.join("speed.csv"), csv)?;
        draw(self, charted, &folder.join("speed.svg"))
    }
}
