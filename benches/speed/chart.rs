//! A chart that compares the peers with compio-sync.

use std::{error::Error, ops::Range, path::Path};

use plotters::prelude::*;

use crate::report::Report;

/// The range of the horizontal axis.
const RATIOS: Range<f64> = 0.05..100.0;

/// The height of a row, and of everything but the rows.
const HEIGHTS: (usize, usize) = (27, 100);

const PEERS: [(&str, RGBColor); 8] = [
    ("two compare-exchanges", RGBColor(140, 140, 140)),
    ("tokio", RGBColor(214, 69, 65)),
    ("async-lock", RGBColor(44, 110, 190)),
    ("asyncband", RGBColor(235, 150, 30)),
    ("maitake-sync", RGBColor(130, 80, 180)),
    ("futures-intrusive", RGBColor(40, 150, 90)),
    ("event-listener", RGBColor(225, 110, 170)),
    ("saa", RGBColor(120, 85, 60)),
];

/// Draws one row per path, with a dot per peer at the ratio of its time to that of compio-sync.
pub(crate) fn draw(report: &Report, paths: &[&str], file: &Path) -> Result<(), Box<dyn Error>> {
    let height = HEIGHTS.0 * paths.len() + HEIGHTS.1;
    let root = SVGBackend::new(file, (900, height as u32)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(
            "Time per operation relative to compio-sync (left is faster; clamped at the edges)",
            ("sans-serif", 17),
        )
        .margin(12)
        .x_label_area_size(32)
        .y_label_area_size(165)
        .build_cartesian_2d(RATIOS.log_scale(), -1.0..paths.len() as f64)?;
    let name_of = |y: &f64| {
        let index = paths.len() as f64 - 1.0 - y;
        paths.get(index as usize).filter(|_| index >= 0.0).map_or("", |name| name).to_owned()
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .x_labels(6)
        .y_labels(paths.len() + 2)
        .y_label_formatter(&name_of)
        .x_label_formatter(&|ratio| format!("{ratio}"))
        .draw()?;
    let baseline = [(1.0, -1.0), (1.0, paths.len() as f64)];
    chart
        .draw_series(LineSeries::new(baseline, BLACK.stroke_width(2)))?
        .label("compio-sync")
        .legend(|(x, y)| PathElement::new([(x + 5, y - 6), (x + 5, y + 6)], BLACK.stroke_width(2)));
    for (peer, color) in PEERS {
        let dots = paths.iter().rev().enumerate().filter_map(|(y, path)| {
            let row = report.of_path(path).find(|row| row.subject == peer)?;
            let ratio = row.nanoseconds / report.baseline(path)?;
            Some((ratio.clamp(RATIOS.start, RATIOS.end), y as f64))
        });
        chart
            .draw_series(dots.map(|dot| Circle::new(dot, 4, color.filled())))?
            .label(peer)
            .legend(move |(x, y)| Circle::new((x + 5, y), 4, color.filled()));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE)
        .border_style(RGBColor(200, 200, 200))
        .draw()?;
    root.present()?;
    Ok(())
}
