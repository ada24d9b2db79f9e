//! What was measured: one table, and a file of it.

use std::{error::Error, fs, path::Path};

use crate::chart::draw;

/// One figure.
pub(crate) struct Row {
    pub(crate) path: String,
    pub(crate) subject: &'static str,
    pub(crate) nanoseconds: f64,
}

pub(crate) struct Report(pub(crate) Vec<Row>);

/// What the others are compared with.
const OURS: &str = "compio-sync";

impl Report {
    /// In the order in which they were first measured.
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

    pub(crate) fn ours(&self, path: &str) -> Option<f64> {
        self.of_path(path).find(|row| row.subject == OURS).map(|row| row.nanoseconds)
    }

    /// A line for each semaphore under each path, and how many times as much as ours it is.
    pub(crate) fn print(&self) {
        for path in self.paths() {
            println!("{path}");
            let ours = self.ours(path);
            for Row { subject, nanoseconds, .. } in self.of_path(path) {
                let ratio =
                    ours.map_or(String::new(), |ours| format!("{:8.2}", nanoseconds / ours));
                println!("    {subject:<31} {nanoseconds:>12.2} ns{ratio}");
            }
        }
    }

    /// Writes `speed.csv`, and `speed.svg` of what the chart shows.
    pub(crate) fn save(&self, folder: &Path) -> Result<(), Box<dyn Error>> {
        let mut csv = String::from("path,subject,nanoseconds\n");
        for Row { path, subject, nanoseconds } in &self.0 {
            csv += &format!("{path},{subject},{nanoseconds:.2}\n");
        }
        fs::write(folder.join("speed.csv"), csv)?;
        draw(self, &folder.join("speed.svg"))
    }
}
