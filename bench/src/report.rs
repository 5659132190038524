//! The rows of the result and their output: a table for people, JSON for programs, Markdown for
//! `docs/bench/`.

use std::fmt::Write;

use serde_json::{Value, json};

/// The target of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Target {
    /// A ratio of ours to the other side.
    RatioAtLeast(f64),
    /// A minimum of our figure.
    AtLeast(f64),
    /// A maximum of our figure.
    AtMost(f64),
}

/// One line of the table.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) unit: &'static str,
    pub(crate) ours: Option<f64>,
    /// The other side's name and figure.
    pub(crate) other: Option<(String, f64)>,
    pub(crate) ratio: Option<f64>,
    pub(crate) target: Option<Target>,
    /// A remark, or the reason why there is no figure.
    pub(crate) note: String,
}

impl Row {
    /// Makes a row with only our figure.
    pub(crate) fn own(what: impl Into<String>, unit: &'static str, ours: f64) -> Self {
        Self { what: what.into(), unit, ours: Some(ours), ..Self::default() }
    }

    /// Makes a row with both sides; `ratio` is how many times better ours is.
    pub(crate) fn against(own: Self, other: impl Into<String>, figure: f64, ratio: f64) -> Self {
        Self { other: Some((other.into(), figure)), ratio: Some(ratio), ..own }
    }

    /// Makes a row without a figure, with the reason.
    pub(crate) fn not_measured(what: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        // Messages of other programs may have several lines; a row has one.
        let reason = reason.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        Self { what: what.into(), note: format!("not measured: {reason}"), ..Self::default() }
    }

    /// Sets the target.
    pub(crate) fn must(self, target: Target) -> Self {
        Self { target: Some(target), ..self }
    }

    /// Adds a remark.
    pub(crate) fn noted(mut self, note: impl Into<String>) -> Self {
        if !self.note.is_empty() {
            self.note.push_str("; ");
        }
        self.note.push_str(&note.into());
        self
    }

    /// Returns whether the target is met; `None` without a target or a figure.
    pub(crate) fn met(&self) -> Option<bool> {
        match self.target? {
            Target::RatioAtLeast(bound) => self.ratio.map(|ratio| ratio >= bound),
            Target::AtLeast(bound) => self.ours.map(|ours| ours >= bound),
            Target::AtMost(bound) => self.ours.map(|ours| ours <= bound),
        }
    }

    fn cells(&self) -> [String; 7] {
        let target = match self.target {
            Some(Target::RatioAtLeast(bound)) => format!(">= {bound} x"),
            Some(Target::AtLeast(bound)) => format!(">= {}", figure(bound)),
            Some(Target::AtMost(bound)) => format!("<= {}", figure(bound)),
            None => String::new(),
        };
        let met = match (self.met(), self.target) {
            (Some(true), _) => "met",
            (Some(false), _) => "NOT met",
            (None, Some(_)) => "open",
            (None, None) => "",
        };
        [
            self.what.clone(),
            self.ours.map_or_else(String::new, |ours| format!("{} {}", figure(ours), self.unit)),
            self.other
                .as_ref()
                .map_or_else(String::new, |(name, other)| format!("{name} {}", figure(*other))),
            self.ratio.map_or_else(String::new, |ratio| format!("{ratio:.2} x")),
            target,
            met.to_owned(),
            self.note.clone(),
        ]
    }

    fn json(&self) -> Value {
        let (kind, bound) = match self.target {
            Some(Target::RatioAtLeast(bound)) => ("ratioAtLeast", Some(bound)),
            Some(Target::AtLeast(bound)) => ("atLeast", Some(bound)),
            Some(Target::AtMost(bound)) => ("atMost", Some(bound)),
            None => ("none", None),
        };
        json!({
            "what": self.what, "unit": self.unit, "ours": self.ours,
            "other": self.other.as_ref().map(|(name, _)| name), "otherFigure": self.other.as_ref().map(|(_, figure)| figure),
            "ratio": self.ratio, "targetKind": kind, "target": bound, "met": self.met(), "note": self.note,
        })
    }
}

/// Formats a figure with three significant digits and thousands separators.
pub(crate) fn figure(value: f64) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    if value.abs() >= 100.0 {
        let digits = format!("{:.0}", value.abs());
        let mut out = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index) % 3 == 0 {
                out.push(',');
            }
            out.push(digit);
        }
        return if value < 0.0 { format!("-{out}") } else { out };
    }
    if value.abs() >= 10.0 { format!("{value:.1}") } else { format!("{value:.2}") }
}

const HEADINGS: [&str; 7] = ["what", "ours", "other", "ratio", "target", "met", "note"];

/// Returns the table in columns of equal width, with remarks below.
pub(crate) fn table(rows: &[Row]) -> String {
    let lines: Vec<[String; 7]> = rows.iter().map(Row::cells).collect();
    let mut widths = HEADINGS.map(str::len);
    for cells in &lines {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    let headings = HEADINGS.map(str::to_owned);
    for cells in std::iter::once(&headings).chain(&lines) {
        for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
            let _ = match index {
                0 => write!(out, "{cell:<width$}  "),
                6 => write!(out, "{cell}"),
                _ => write!(out, "{cell:>width$}  "),
            };
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out
}

/// Returns the table in Markdown.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut out = format!("| {} |\n|{}\n", HEADINGS.join(" | "), "---|".repeat(HEADINGS.len()));
    for row in rows {
        let _ = writeln!(out, "| {} |", row.cells().join(" | "));
    }
    out
}

/// Returns the rows as JSON.
pub(crate) fn json_rows(rows: &[Row]) -> Value {
    rows.iter().map(Row::json).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_judged_by_what_they_bound() {
        let check = |row: Row, expected: Option<bool>| assert_eq!(row.met(), expected, "{row:?}");
        let both = || Row::against(Row::own("x", "MB/s", 50.0), "peer", 10.0, 5.0);
        check(both(), None);
        check(both().must(Target::RatioAtLeast(5.0)), Some(true));
        check(both().must(Target::RatioAtLeast(5.1)), Some(false));
        check(both().must(Target::AtLeast(60.0)), Some(false));
        check(both().must(Target::AtMost(60.0)), Some(true));
        check(Row::not_measured("x", "no peer").must(Target::AtLeast(1.0)), None);
    }

    #[test]
    fn figures_are_short() {
        let check = |value: f64, expected: &str| assert_eq!(figure(value), expected);
        check(1_234_567.0, "1,234,567");
        check(123.4, "123");
        check(12.34, "12.3");
        check(1.234, "1.23");
        check(f64::NAN, "-");
    }

    /// A row with a target and without a figure is open, never met.
    #[test]
    fn nothing_is_met_without_a_figure() {
        let rows = [Row::not_measured("ndjson", "not served").must(Target::RatioAtLeast(0.7))];
        assert!(table(&rows).contains("open") && markdown(&rows).contains("| open |"));
        assert_eq!(json_rows(&rows)[0]["met"], Value::Null);
    }
}
