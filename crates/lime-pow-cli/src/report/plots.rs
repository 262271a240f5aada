//! The plots of a calibration, as SVG that takes the colour of the text around it.

use std::ops::Range;

use lime_pow::scheme::Work;
use plotters::coord::ranged1d::{Ranged, ValueFormatter};
use plotters::prelude::*;

use super::calibration::{short, time};
use super::text::rate;
use crate::facts::calibration::Validation;
use crate::facts::calibration::{QuantileRow, Report};

const WIDTH: u32 = 760;
const HEIGHT: u32 = 360;

/// Stands for the colour of the text, whatever that is.
const INK: RGBColor = RGBColor(1, 2, 3);

/// Told apart on white and on black, and by people who see few colours (after Okabe and Ito, 2008).
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(150, 120, 0),
    RGBColor(86, 180, 233),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Draws a plot, and describes it for those who cannot see it.
fn svg(description: &str, draw: impl FnOnce(&Area<'_>) -> Drawn) -> String {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (WIDTH, HEIGHT)).into_drawing_area();
        draw(&area).and_then(|()| Ok(area.present()?)).expect("drawing into a string does not fail");
    }
    let size = format!("width=\"{WIDTH}\" height=\"{HEIGHT}\"");
    let label = description.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    text.replacen(&size, &format!("role=\"img\" aria-label=\"{label}\""), 1)
        .replace("#010203", "currentColor")
}

fn label_style() -> TextStyle<'static> {
    ("sans-serif", 14).into_font().color(&INK)
}

/// Axes with their names, and a faint grid.
fn mesh<'a, X, Y>(
    chart: &mut ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>,
    names: [&str; 2],
    x: &dyn Fn(&X::ValueType) -> String,
    y: &dyn Fn(&Y::ValueType) -> String,
) -> Drawn
where
    X: Ranged + ValueFormatter<X::ValueType>,
    Y: Ranged + ValueFormatter<Y::ValueType>,
{
    chart
        .configure_mesh()
        .axis_style(INK.mix(0.6))
        .bold_line_style(INK.mix(0.15))
        .light_line_style(INK.mix(0.0))
        .label_style(label_style())
        .axis_desc_style(label_style())
        .x_desc(names[0])
        .y_desc(names[1])
        .x_label_formatter(x)
        .y_label_formatter(y)
        .draw()?;
    Ok(())
}

fn legend<'a, X: Ranged, Y: Ranged>(
    chart: &mut ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>,
    position: SeriesLabelPosition,
) -> Drawn {
    chart
        .configure_series_labels()
        .position(position)
        .label_font(label_style())
        .border_style(INK.mix(0.0))
        .draw()?;
    Ok(())
}

/// A range that holds all values, with some room, for a logarithmic axis.
fn log_range(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) = values
        .filter(|value| *value > 0.0)
        .fold((f64::INFINITY, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
    if low > high { 0.1..10.0 } else { low / 2.0..high * 2.0 }
}

/// For each profile a fan: from the median to the 99th percentile, with the 95th as a line.
pub(super) fn quantile_fan(report: &Report) -> String {
    let recommended = &report.recommendation;
    let profiles: Vec<&str> =
        report.reproduce.profiles.iter().map(|profile| profile.name()).take(COLOURS.len()).collect();
    let rows = |profile: &str| -> Vec<&QuantileRow> {
        let of = |row: &&QuantileRow| row.profile == profile && row.k == recommended.k;
        report.quantiles.iter().filter(of).collect()
    };
    let all = profiles.iter().flat_map(|profile| rows(profile));
    let times = log_range(all.clone().flat_map(|row| row.seconds));
    let bits = |row: &QuantileRow| row.mean_hashes.log2();
    let (low, high) =
        all.map(bits).fold((f64::INFINITY, 0.0f64), |(low, high), bits| (low.min(bits), high.max(bits)));
    let limit = recommended.constraints[0].limit.as_secs_f64();
    let description = format!(
        "Time to solve over mean work from {low:.0} to {high:.0} bits, for {}. The table of quantiles holds the numbers.",
        profiles.join(", ")
    );
    svg(&description, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .x_label_area_size(44)
            .y_label_area_size(76)
            .build_cartesian_2d(low..high, times.log_scale())?;
        mesh(&mut chart, ["mean work in bits", "time to solve"], &|bits| format!("{bits:.1}"), &|seconds| {
            time(*seconds)
        })?;
        for (profile, colour) in profiles.iter().zip(COLOURS) {
            let rows = rows(profile);
            let upper = rows.iter().map(|row| (bits(row), row.seconds[3]));
            let lower = rows.iter().rev().map(|row| (bits(row), row.seconds[0]));
            chart.draw_series([Polygon::new(
                upper.chain(lower).collect::<Vec<_>>(),
                colour.mix(0.2).filled(),
            )])?;
            chart
                .draw_series(LineSeries::new(
                    rows.iter().map(|row| (bits(row), row.seconds[2])),
                    colour.stroke_width(2),
                ))?
                .label(*profile)
                .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 14, y + 5)], colour.filled()));
        }
        chart
            .draw_series(LineSeries::new([(low, limit), (high, limit)], INK.stroke_width(1)))?
            .label(recommended.constraints[0].name.as_str())
            .legend(|(x, y)| PathElement::new([(x, y), (x + 14, y)], INK));
        legend(&mut chart, SeriesLabelPosition::LowerRight)
    })
}

/// The law and the samples, in multiples of the mean.
pub(super) fn validation(validation: &Validation, law: Work) -> String {
    let samples = [("work", &validation.work), ("time", &validation.time.sample)];
    let last = 6.0;
    let description = format!(
        "Distribution of the law against {} solves counted in hashes and {} in time. The distances are {:.4} and {:.4}.",
        validation.work.test.samples,
        validation.time.sample.test.samples,
        validation.work.test.distance,
        validation.time.sample.test.distance
    );
    svg(&description, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .x_label_area_size(44)
            .y_label_area_size(76)
            .build_cartesian_2d(0.0..last, 0.0..1.0)?;
        let names = ["hashes or time, in multiples of the mean", "share of solves that were done"];
        mesh(&mut chart, names, &|x| format!("{x:.0}"), &|share| format!("{:.0} %", 100.0 * share))?;
        let points = (0..=300).map(|step| f64::from(step) * last / 300.0);
        chart
            .draw_series(LineSeries::new(
                points.map(|x| (x, law.chance(x * law.mean()))),
                INK.stroke_width(3),
            ))?
            .label("law")
            .legend(|(x, y)| PathElement::new([(x, y), (x + 14, y)], INK.stroke_width(3)));
        for ((name, sample), colour) in samples.iter().zip(COLOURS) {
            let count = sample.curve.len() as f64;
            let points = sample.curve.iter().enumerate().map(|(index, &x)| (x, (index as f64 + 0.5) / count));
            chart
                .draw_series(LineSeries::new(points.filter(|(x, _)| *x <= last), colour.stroke_width(2)))?
                .label(*name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 14, y)], colour.stroke_width(2)));
        }
        legend(&mut chart, SeriesLabelPosition::LowerRight)
    })
}

/// Solves per second of honest agents and of attackers, as bars on a logarithmic scale.
pub(super) fn ledger(report: &Report) -> String {
    let mean = report.recommendation.mean_hashes;
    let honest = report
        .reproduce
        .profiles
        .iter()
        .map(|profile| (profile.name().to_owned(), profile.mean_rate() / mean, COLOURS[2]));
    let attackers = report.attackers.iter().filter_map(|row| {
        Some((row.attacker.name.to_owned(), row.cost.as_ref()?.solves_per_second, COLOURS[1]))
    });
    let bars: Vec<_> = honest.chain(attackers).collect();
    let range = log_range(bars.iter().map(|(_, solves, _)| *solves));
    let tell = |(name, solves, _): &(String, f64, RGBColor)| format!("{name} {}", short(*solves));
    let description = format!("Solves per second: {}.", bars.iter().map(tell).collect::<Vec<_>>().join(", "));
    bar_chart(&description, &bars, range)
}

fn bar_chart(description: &str, bars: &[(String, f64, RGBColor)], range: Range<f64>) -> String {
    let count = bars.len() as f64;
    svg(description, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .x_label_area_size(44)
            .y_label_area_size(130)
            .build_cartesian_2d(range.clone().log_scale(), 0.0..count)?;
        chart
            .configure_mesh()
            .axis_style(INK.mix(0.6))
            .bold_line_style(INK.mix(0.15))
            .light_line_style(INK.mix(0.0))
            .label_style(label_style())
            .axis_desc_style(label_style())
            .disable_y_mesh()
            .y_labels(0)
            .x_desc("solves per second")
            .x_label_formatter(&|solves| short(*solves))
            .draw()?;
        for (index, (_, solves, colour)) in bars.iter().enumerate() {
            let top = count - index as f64;
            chart.draw_series([Rectangle::new(
                [(range.start, top - 0.85), (*solves, top - 0.15)],
                colour.filled(),
            )])?;
        }
        // Names stand left of their bars, where the axis leaves room for them.
        let (left, top) = chart.plotting_area().get_base_pixel();
        let height = f64::from(chart.plotting_area().dim_in_pixel().1) / count;
        let style = label_style().pos(plotters::style::text_anchor::Pos::new(
            plotters::style::text_anchor::HPos::Right,
            plotters::style::text_anchor::VPos::Center,
        ));
        for (index, (name, ..)) in bars.iter().enumerate() {
            let y = top + (height * (index as f64 + 0.5)) as i32;
            area.draw_text(name, &style, (left - 8, y))?;
        }
        Ok(())
    })
}

/// Hashes per second over threads, beside a straight line.
pub(super) fn scaling(report: &Report) -> String {
    let kernel = report.host.kernel;
    let points: Vec<(f64, f64)> = report
        .rates
        .iter()
        .filter(|row| row.kernel == kernel)
        .map(|row| (row.threads as f64, row.hashes_per_second))
        .collect();
    let (threads, most) =
        (points.last().map_or(1.0, |point| point.0), points.iter().map(|point| point.1).fold(1.0, f64::max));
    let each = points.first().map_or(1.0, |point| point.1);
    let tell = |(threads, rate_there): &(f64, f64)| format!("{threads} threads {}", rate(*rate_there));
    let description =
        format!("Rate of kernel {kernel}: {}.", points.iter().map(tell).collect::<Vec<_>>().join(", "));
    svg(&description, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .x_label_area_size(44)
            .y_label_area_size(90)
            .build_cartesian_2d(0.0..threads * 1.05, 0.0..most.max(each * threads) * 1.1)?;
        mesh(&mut chart, ["threads", "hashes per second"], &whole, &|value| rate(*value))?;
        chart
            .draw_series(LineSeries::new(
                [(0.0, 0.0), (threads, each * threads)],
                INK.mix(0.5).stroke_width(1),
            ))?
            .label("in proportion")
            .legend(|(x, y)| PathElement::new([(x, y), (x + 14, y)], INK.mix(0.5)));
        chart.draw_series(points.iter().map(|point| Circle::new(*point, 5, COLOURS[0].filled())))?;
        chart
            .draw_series(LineSeries::new(points.iter().copied(), COLOURS[0].stroke_width(2)))?
            .label("measured")
            .legend(|(x, y)| PathElement::new([(x, y), (x + 14, y)], COLOURS[0].stroke_width(2)));
        legend(&mut chart, SeriesLabelPosition::UpperLeft)
    })
}

/// Whole numbers alone.
fn whole(value: &f64) -> String {
    if (value - value.round()).abs() < 1e-9 { format!("{value:.0}") } else { String::new() }
}
