//! `edm classify`.

mod question;
mod report;
mod tally;

use std::sync::PoisonError;

use clap::{Args, ValueEnum};
use edm_agent::ErrorKind;
use edm_graph::ClassificationResult;

use crate::connection::Connection;
use crate::ending::{Ending, UsageError, with_statuses};
use crate::output::Output;
use crate::text_input::{self, Survey, TEXT_BYTES_MAX, Text, TextInput};
use question::Question;
use report::{Report, ReportOptions};
use tally::{Looked, Tally};

#[derive(Debug, Args)]
#[command(after_help = with_statuses("\
Examples:
  echo 'Ms Langer gave 900-12-3456' | edm classify - --explain
  edm classify mail.txt --redact label > redacted.txt
  edm classify exports/ --fail-on-match && echo clean
  edm classify logs/ --type patients --minimum-confidence 75 --output ndjson

Inputs that are not read (documents, archives, images, links out of a folder, files without read
permission) are named on standard error, and the last line there counts them."))]
pub(crate) struct ClassifyArguments {
    /// Text files, folders of text files, or - for standard input
    #[arg(value_name = "FILE|DIR|-", default_value = "-")]
    inputs: Vec<String>,
    /// Explain why values that were found are not a match
    #[arg(long, conflicts_with = "redact")]
    explain: bool,
    /// Print the text with its matches redacted
    #[arg(long, value_name = "MODE")]
    redact: Option<Redact>,
    /// End with status 3 if a match reaches --minimum-confidence, or else its type's recommended
    /// confidence
    #[arg(long)]
    fail_on_match: bool,
    /// Show the found values even if the output goes to a file or another program
    #[arg(long)]
    show_values: bool,
    /// Sensitive type to look for, by name or id; may be repeated [default: all]
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Leave out matches below this confidence [default: 1; with --redact, the confidence of each
    /// type]
    #[arg(long, value_name = "1-100", value_parser = clap::value_parser!(u8).range(1..=100))]
    minimum_confidence: Option<u8>,
    #[command(flatten)]
    connection: Connection,
}

/// How matches are redacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Redact {
    /// Block characters of the same length
    Mask,
    /// The column's name
    Label,
    /// The column's name and a stable pseudonym
    Token,
}

pub(crate) async fn run(arguments: &ClassifyArguments, output: Output) -> anyhow::Result<Ending> {
    let client = arguments.connection.client()?;
    if arguments.redact.is_some() && output.is_by_finding() {
        return Err(UsageError("--redact prints a text: --output ndjson does not fit it").into());
    }
    let inputs = TextInput::resolve(&arguments.inputs)?;
    let single = text_input::is_single(&arguments.inputs);
    if arguments.redact.is_some() && !single {
        return Err(UsageError("--redact takes one file or standard input").into());
    }
    let values = output.is_terminal() || arguments.show_values;
    let mut search = Search {
        question: Question::of(client, arguments, values).await?,
        report: Report::new(
            output,
            ReportOptions { values, explain: arguments.explain, redacts: arguments.redact.is_some(), single },
        ),
        tally: Tally::new(arguments.redact.is_some()),
        gate: arguments.minimum_confidence,
    };
    let mut stopped = None;
    for (position, input) in inputs.iter().enumerate() {
        if let Err(error) = search.look_at(input, arguments.redact).await {
            search.tally.not_reached((inputs.len() - position) as u64);
            stopped = Some(error);
            break;
        }
    }
    search.close(stopped, arguments.fail_on_match)
}

/// A run over texts.
struct Search {
    question: Question,
    report: Report,
    tally: Tally,
    /// The minimum confidence of a finding; `None` means that of each type.
    gate: Option<u8>,
}

impl Search {
    /// Prints the summary, even if an error stopped the run.
    fn close(mut self, stopped: Option<anyhow::Error>, gate: bool) -> anyhow::Result<Ending> {
        let (ending, failure) = match stopped {
            None => (self.tally.ending(gate), None),
            Some(error) => match Ending::of_error(&error) {
                // The reader of the output has closed it.
                Ending::Fine => return Ok(Ending::Fine),
                // Earlier findings still count. Data that cannot be searched is treated like a file
                // that cannot be read.
                Ending::NotRead => {
                    eprintln!("edm: {error:#}");
                    (self.tally.ending(gate), None)
                }
                other => (other, Some(error)),
            },
        };
        self.report.close(&self.tally.json(ending))?;
        eprintln!("edm: {}", self.tally.line());
        failure.map_or(Ok(ending), Err)
    }

    /// Classifies one text, prints the result and counts it. Fails only with an error that affects
    /// the remaining texts too.
    async fn look_at(&mut self, input: &TextInput, redact: Option<Redact>) -> anyhow::Result<()> {
        let text = match input.read() {
            Ok(text) => text,
            Err(reason) => return self.not_read(input, &reason),
        };
        let looked = match (redact, text) {
            (None, Text::Held(text, survey)) => {
                self.question.classify(text).await.map(|result| (Answer::Found(result), survey))
            }
            (None, Text::Long(text)) => {
                let survey = text.survey();
                let result = self.question.classify_long(text).await;
                let survey = std::mem::take(&mut *survey.lock().unwrap_or_else(PoisonError::into_inner));
                result.map(|result| (Answer::Found(result), survey))
            }
            (Some(_), Text::Held(text, survey)) => {
                self.question.redact(text).await.map(|result| (Answer::Redacted(result), survey))
            }
            (Some(_), Text::Long(_)) => {
                let reason =
                    format!("it has more than {TEXT_BYTES_MAX} bytes as UTF-8: cut it into smaller texts");
                return self.not_read(input, &reason);
            }
        };
        match looked {
            Ok((answer, survey)) => self.print(input, &answer, &survey).await,
            Err(error) if is_of_the_text(&error) => self.not_read(input, &text_input::reason_of(&error)),
            Err(error) => Err(error.into()),
        }
    }

    fn not_read(&mut self, input: &TextInput, reason: &str) -> anyhow::Result<()> {
        self.tally.not_read(input.name(), reason);
        self.report.not_read(input.name(), reason)
    }

    async fn print(&mut self, input: &TextInput, answer: &Answer, survey: &Survey) -> anyhow::Result<()> {
        let name = input.name();
        match answer {
            Answer::Found(result) => {
                let looked = Looked {
                    found: &result.classification,
                    errors: &result.errors,
                    diagnostics: &result.diagnostics,
                    survey,
                    left: 0,
                };
                let cut_short = self.tally.looked(name, &looked, self.gate);
                self.report.found(name, result, survey, &cut_short, self.question.client()).await
            }
            Answer::Redacted(result) => {
                let looked = Looked {
                    found: &result.classification,
                    errors: &result.errors,
                    // The server refuses a redaction that a limit cut short.
                    diagnostics: &[],
                    survey,
                    left: result.below_threshold_count,
                };
                self.tally.looked(name, &looked, self.gate);
                self.report.redacted(name, result)
            }
        }
    }
}

/// The server's response for a text.
enum Answer {
    Found(ClassificationResult),
    Redacted(edm_graph::RedactionResult),
}

/// Returns whether an error concerns only this text, so that the run continues: it cannot be read
/// to its end, or the server refuses it. Authentication and connection errors concern all texts and
/// are reported once.
fn is_of_the_text(error: &edm_agent::Error) -> bool {
    match error.kind() {
        ErrorKind::NotText(_) | ErrorKind::FileUnreadable { .. } => true,
        ErrorKind::Refused { status, .. } => {
            !matches!(status, 401 | 403 | 404 | 405 | 502) && !error.is_unlooked()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_one_text_ends_nothing() {
        let check = |kind: ErrorKind, expected: bool| {
            let error = edm_agent::Error::new(kind);
            assert_eq!(is_of_the_text(&error), expected, "{error}");
        };
        let refused = |status: u16, code: &str| ErrorKind::Refused {
            status,
            code: code.to_owned(),
            message: "a test's own".to_owned(),
            target: None,
        };
        let not_text = edm_extract::text_of(b"\xFF", edm_extract::TextEncoding::UTF_8).expect_err("no UTF-8");
        check(ErrorKind::NotText(not_text), true);
        check(refused(413, "bodyTooLarge"), true);
        check(refused(400, "redactionIncomplete"), true);
        check(refused(408, "timeout"), true);
        check(refused(500, "internalError"), true);
        check(refused(503, "overloaded"), true);
        check(refused(503, "dataUnavailable"), false);
        check(refused(409, "nothingLookedFor"), false);
        check(refused(401, "unauthenticated"), false);
        check(refused(403, "forbidden"), false);
        check(ErrorKind::Unreachable { sent: true }, false);
        check(ErrorKind::NoToken, false);
        check(ErrorKind::BadAnswer, false);
    }
}
