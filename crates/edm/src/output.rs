//! Output for people and programs: tables and colours on a terminal, JSON elsewhere.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use console::{Style, measure_text_width};
use serde::Serialize;

/// The values of `--output`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people
    Table,
    /// For programs
    Json,
    /// For programs that read a stream: one finding per line (classify)
    Ndjson,
}

/// How records are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Standard output with the requested format.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    asked: Option<OutputFormat>,
    terminal: bool,
}

impl Output {
    pub(crate) fn new(asked: Option<OutputFormat>) -> Self {
        Self { asked, terminal: io::stdout().is_terminal() }
    }

    /// Returns the format of records. The default is a table on a terminal, and JSON elsewhere.
    pub(crate) fn format(self) -> Format {
        match self.asked {
            Some(OutputFormat::Table) => Format::Table,
            Some(OutputFormat::Json | OutputFormat::Ndjson) => Format::Json,
            None if self.terminal => Format::Table,
            None => Format::Json,
        }
    }

    /// Returns the format of results that are texts. They are JSON only on request.
    #[cfg(feature = "agent")]
    pub(crate) fn format_of_text(self) -> Format {
        if self.asked.is_none() { Format::Table } else { self.format() }
    }

    /// Returns whether one finding per line was requested.
    pub(crate) fn is_by_finding(self) -> bool {
        self.asked == Some(OutputFormat::Ndjson)
    }

    /// Returns whether the output is a terminal, so that a person reads it and it is not stored.
    #[cfg(feature = "agent")]
    pub(crate) fn is_terminal(self) -> bool {
        self.terminal
    }

    /// Prints one value as JSON.
    pub(crate) fn json(self, value: &impl Serialize) -> io::Result<()> {
        let mut out = io::stdout().lock();
        serde_json::to_writer_pretty(&mut out, value)?;
        out.write_all(b"\n")
    }

    /// Prints a text unchanged.
    pub(crate) fn text(self, text: &str) -> io::Result<()> {
        io::stdout().lock().write_all(text.as_bytes())
    }

    /// Prints a line.
    pub(crate) fn line(self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.write_all(b"\n")
    }

    /// Prints a table, with each column as wide as its widest cell.
    pub(crate) fn table(self, heading: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let width_of = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| measure_text_width(cell));
            cells.chain(heading.get(column).map(|name| name.len())).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..heading.len()).map(width_of).collect();
        let heading: Vec<String> = heading.iter().map(|name| self.style(Style::new().dim(), name)).collect();
        for row in std::iter::once(&heading).chain(rows) {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width.saturating_sub(measure_text_width(cell)) + 2));
            }
            out.write_all(line.trim_end().as_bytes())?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Returns the text with a style on a terminal, and unchanged elsewhere.
    pub(crate) fn style(self, style: Style, text: &str) -> String {
        if self.terminal && console::colors_enabled() {
            style.force_styling(true).apply_to(text).to_string()
        } else {
            text.to_owned()
        }
    }
}

/// Returns whether the error only means that the reader closed the output.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}

/// Formats a number with thousands separators.
#[cfg(feature = "agent")]
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(all(test, feature = "agent"))]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
