//! `edm classify`.

use anyhow::bail;
use clap::{Args, ValueEnum};
use console::Style;
use edm_agent::{ErrorKind, GraphClient};
use edm_graph::{ClassificationError, ClassificationResult, ContentLocation, DetectedContent, Diagnostic};
use serde_json::{Map, Value, json};

use crate::command::Ending;
use crate::connection::Connection;
use crate::output::{Format, Output};
use crate::text_input::{LongText, Read, TEXT_BYTES_MAX, TextInput};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  echo 'Ms Langer gave 900-12-3456' | edm classify - --explain
  edm classify mail.txt --redact label > redacted.txt
  edm classify exports/ --fail-on-match && echo clean
  edm classify log.json --type patients --minimum-confidence 75 --output json")]
pub(crate) struct ClassifyArguments {
    /// Text files, folders of text files, or - for standard input
    #[arg(value_name = "FILE|DIR|-", default_value = "-")]
    inputs: Vec<String>,
    /// Say why values that were found are no match
    #[arg(long, conflicts_with = "redact")]
    explain: bool,
    /// Print the text with its matches covered
    #[arg(long, value_name = "MODE")]
    redact: Option<Redact>,
    /// End with status 3 when something reaches its type's recommended confidence
    #[arg(long)]
    fail_on_match: bool,
    /// Sensitive type to look for, by name or id; may be repeated [default: all]
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Leave out matches below it [default: 1, with --redact 75]
    #[arg(long, value_name = "1-100", value_parser = clap::value_parser!(u8).range(1..=100))]
    minimum_confidence: Option<u8>,
    #[command(flatten)]
    connection: Connection,
}

/// Limits that end a search before the whole text was looked at; others only leave details out.
const CUTTING_LIMITS: [&str; 4] = ["rowCheckLimit", "rowSetLimit", "matchLimit", "uniqueLimit"];

/// How matches are covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Redact {
    /// Full blocks of the same length
    Mask,
    /// The column's name
    Label,
    /// The column's name and a pseudonym that stays the same
    Token,
}

impl Redact {
    fn word(self) -> &'static str {
        match self {
            Redact::Mask => "mask",
            Redact::Label => "label",
            Redact::Token => "token",
        }
    }
}

pub(crate) async fn run(arguments: &ClassifyArguments, output: Output) -> anyhow::Result<Ending> {
    let client = arguments.connection.client()?;
    let inputs = TextInput::resolve(&arguments.inputs)?;
    let single = matches!(inputs.as_slice(), [TextInput::StandardInput | TextInput::File(_)]);
    if arguments.redact.is_some() && !single {
        bail!("--redact takes one file or standard input");
    }
    let options = request_options(&client, arguments).await?;
    let printer = Printer { output, single, explain: arguments.explain };
    let mut found = false;
    let (mut unread, mut unfinished) = (0u64, 0u64);
    for input in &inputs {
        let text = match input.read()? {
            Read::Text(text) => Text::Held(text),
            Read::Long(text) => Text::Long(text),
            Read::NoText => continue,
            Read::Failed => {
                unread += 1;
                continue;
            }
        };
        let looked = match (arguments.redact, text) {
            (Some(_), Text::Held(text)) => redact(&client, &options, (input, text), output).await?,
            (Some(_), Text::Long(_)) => {
                bail!(
                    "{} has more than {TEXT_BYTES_MAX} bytes as UTF-8: cut it into smaller texts",
                    input.name()
                )
            }
            (None, text) => match classify(&client, &options, (input, text), printer).await {
                // Far behind the front of a long file it turned out to be no text: its neighbours are still looked at.
                Err(error) if input.is_found() && is_of_the_file(&error) => {
                    eprintln!("edm: not looked at: {}: {error:#}", input.name());
                    unread += 1;
                    continue;
                }
                looked => looked?,
            },
        };
        found |= looked.found;
        if arguments.fail_on_match && !looked.cut_short.is_empty() {
            unfinished += 1;
            eprintln!("edm: {}: not looked at as a whole: {}", input.name(), looked.cut_short.join(", "));
        }
    }
    if arguments.fail_on_match && found {
        return Ok(Ending::Findings);
    }
    if unread > 0 {
        // Whoever asks whether a folder is clean must not hear so of files that nobody looked at.
        let files = if unread == 1 { "1 file was".to_owned() } else { format!("{unread} files were") };
        bail!("{files} not looked at, so there may be matches: see above for the reason");
    }
    if unfinished > 0 {
        bail!(
            "{unfinished} texts were not looked at as a whole, so they may hold matches: look at smaller pieces of \
             them, and check what --type names"
        );
    }
    Ok(Ending::Fine)
}

/// Returns everything of the request but the text.
async fn request_options(
    client: &GraphClient,
    arguments: &ClassifyArguments,
) -> anyhow::Result<Map<String, Value>> {
    let mut ids = Vec::new();
    for name in &arguments.types {
        ids.push(client.sensitive_type(name).await?.id);
    }
    let mut options = Map::new();
    options.insert("sensitiveTypeIds".to_owned(), json!(ids));
    if let Some(mode) = arguments.redact {
        options.insert("replacement".to_owned(), json!(mode.word()));
    } else {
        options.insert("contentClassifications".to_owned(), json!([]));
        options.insert("explain".to_owned(), json!(arguments.explain));
    }
    if let Some(confidence) = arguments.minimum_confidence {
        options.insert("minimumConfidence".to_owned(), json!(confidence));
    }
    Ok(options)
}

fn is_of_the_file(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref::<edm_agent::Error>().map(edm_agent::Error::kind);
    matches!(kind, Some(ErrorKind::UnknownEncoding { .. } | ErrorKind::FileUnreadable { .. }))
}

/// A text as it was read.
enum Text {
    Held(String),
    Long(LongText),
}

/// Writes the options as a query: ids apart by commas, everything else as JSON.
fn query(options: &Map<String, Value>) -> Vec<(&str, String)> {
    let value = |value: &Value| match value {
        Value::Array(ids) => ids.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    };
    let given = options.iter().filter(|(_, value)| value.as_array().is_none_or(|list| !list.is_empty()));
    given.map(|(name, own)| (name.as_str(), value(own))).collect()
}

fn body(options: &Map<String, Value>, text: String) -> Value {
    let mut body = options.clone();
    body.insert("text".to_owned(), Value::String(text));
    Value::Object(body)
}

async fn redact(
    client: &GraphClient,
    options: &Map<String, Value>,
    (input, text): (&TextInput, String),
    output: Output,
) -> anyhow::Result<Looked> {
    let result = client.redact(&body(options, text)).await?;
    match output.format_of_text() {
        Format::Json => output.json(&result)?,
        Format::Table => output.text(&result.text)?,
    }
    print_errors(&input.name(), &result.errors);
    Ok(Looked {
        found: reaches_recommended(&result.classification),
        // A redaction that a limit cut short is refused by the server.
        cut_short: cut_short(&result.errors, &[]),
    })
}

/// What came of looking at a text.
struct Looked {
    /// Whether something reaches its type's recommended confidence.
    found: bool,
    /// Codes of what kept the server from looking at the whole text.
    cut_short: Vec<String>,
}

/// Returns the codes of what kept the server from looking at the whole text for every type.
fn cut_short(errors: &[ClassificationError], diagnostics: &[Diagnostic]) -> Vec<String> {
    let limits = diagnostics.iter().flat_map(|diagnostic| &diagnostic.classification_limits);
    let limits = limits.map(|limit| &limit.code).filter(|code| CUTTING_LIMITS.contains(&code.as_str()));
    let mut codes: Vec<String> = errors.iter().map(|error| &error.code).chain(limits).cloned().collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn print_errors(name: &str, errors: &[ClassificationError]) {
    for error in errors {
        eprintln!("edm: {name}: {} ({})", error.message, error.code);
    }
}

/// How results are shown.
#[derive(Clone, Copy)]
struct Printer {
    output: Output,
    /// Whether there is one text only, whose name need not be said.
    single: bool,
    /// Whether it was asked why values are no match.
    explain: bool,
}

async fn classify(
    client: &GraphClient,
    options: &Map<String, Value>,
    (input, text): (&TextInput, Text),
    printer: Printer,
) -> anyhow::Result<Looked> {
    let result = match text {
        Text::Held(text) => client.classify(&body(options, text)).await?,
        Text::Long(text) => client.classify_text(&query(options), text).await?,
    };
    print_errors(&input.name(), &result.errors);
    printer.print(&input.name(), &result)?;
    Ok(Looked {
        found: reaches_recommended(&result.classification),
        cut_short: cut_short(&result.errors, &result.diagnostics),
    })
}

fn reaches_recommended(found: &[DetectedContent]) -> bool {
    found.iter().any(|one| one.confidence >= one.recommended_confidence)
}

impl Printer {
    fn print(self, name: &str, result: &ClassificationResult) -> anyhow::Result<()> {
        if self.output.format() == Format::Json {
            let mut result = serde_json::to_value(result)?;
            if self.explain
                && let Value::Object(fields) = &mut result
            {
                // Graph leaves an empty list out; whoever asked for it finds it always.
                fields.entry("diagnostics").or_insert_with(|| json!([]));
            }
            if self.single {
                return Ok(self.output.json(&result)?);
            }
            // One line a text, so that a program can read while it runs.
            let line = serde_json::to_string(&json!({ "file": name, "result": result }))?;
            return Ok(self.output.line(&line)?);
        }
        if !self.single && (!result.classification.is_empty() || !result.diagnostics.is_empty()) {
            self.output.line(name)?;
        }
        for found in &result.classification {
            for place in &found.matches {
                self.output.line(&self.match_line(found, place))?;
            }
        }
        for diagnostic in &result.diagnostics {
            self.print_diagnostic(diagnostic)?;
        }
        if self.single && result.classification.is_empty() {
            self.output.line("no match")?;
        }
        Ok(())
    }

    fn match_line(self, found: &DetectedContent, place: &ContentLocation) -> String {
        let confidence = format!("{:>3}", place.confidence);
        let style = match place.confidence >= found.recommended_confidence {
            true => Style::new().red().bold(),
            false => Style::new().yellow(),
        };
        let rows: Vec<String> = place.rows.iter().map(u64::to_string).collect();
        let more = if place.rows_truncated { ", …" } else { "" };
        let evidence: Vec<String> = place
            .evidences
            .iter()
            .map(|evidence| {
                let weak = if evidence.counted { "" } else { " (not counted)" };
                format!("{} {}{weak}", evidence.column_name, self.value(&evidence.matched))
            })
            .collect();
        let with =
            if evidence.is_empty() { String::new() } else { format!("  with {}", evidence.join(", ")) };
        format!(
            "{}  {}  {} {} at {}  row {}{more}{with}",
            self.output.style(style, &confidence),
            found.display_name,
            place.column_name,
            self.value(&place.id_match),
            place.offset,
            rows.join(", "),
        )
    }

    fn value(self, text: &str) -> String {
        // A match may hold a line break; one line stays one line.
        let shown = text.replace(['\n', '\r', '\t'], " ");
        self.output.style(Style::new().bold(), &format!("“{shown}”"))
    }

    fn print_diagnostic(self, diagnostic: &Diagnostic) -> anyhow::Result<()> {
        for item in &diagnostic.unmatched_items {
            let why = match item.corroborative_evidences.is_empty() {
                true => String::new(),
                false => format!(": {}", item.corroborative_evidences.join("; ")),
            };
            let value = self.value(&item.id_match);
            let line = format!("  -  {} {value} at {}  {}{why}", item.column_name, item.offset, item.code);
            self.output.line(&line)?;
        }
        for limit in &diagnostic.classification_limits {
            self.output.line(&format!("  !  {} (limit {})", limit.code, limit.allowed_limit))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use edm_graph::ClassificationLimit;

    use super::*;

    #[test]
    fn a_text_is_looked_at_unless_an_error_or_a_limit_cut_the_search() {
        let check = |errors: &[&str], limits: &[&str], expected: &[&str]| {
            let error = |code: &&str| ClassificationError { code: (*code).to_owned(), ..Default::default() };
            let limit = |code: &&str| ClassificationLimit {
                code: (*code).to_owned(),
                allowed_limit: 1,
                impacted_sensitive_type_ids: Vec::new(),
            };
            let diagnostic = Diagnostic {
                classification_limits: limits.iter().map(limit).collect(),
                unmatched_items: Vec::new(),
                classification_id: String::new(),
            };
            let errors: Vec<ClassificationError> = errors.iter().map(error).collect();
            assert_eq!(cut_short(&errors, &[diagnostic]), expected, "{errors:?}");
        };
        check(&[], &[], &[]);
        check(&[], &["proximityLimit"], &[]);
        check(&["timeout"], &[], &["timeout"]);
        check(&["sensitiveTypeNotFound", "timeout"], &[], &["sensitiveTypeNotFound", "timeout"]);
        check(&[], &["rowCheckLimit", "rowSetLimit"], &["rowCheckLimit", "rowSetLimit"]);
        check(&[], &["matchLimit", "matchLimit"], &["matchLimit"]);
    }
}
