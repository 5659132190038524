//! The output of `edm classify`: lines for people; for programs one JSON document, or one finding
//! per line. The format does not depend on the number of texts or the destination, with one
//! exception. Found values are shown on a terminal, and kept out of files and logs unless
//! `--show-values` is given.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use console::Style;
use edm_agent::{ErrorKind, GraphClient};
use edm_graph::{ClassificationResult, ContentLocation, DetectedContent, Diagnostic, RedactionResult};
use serde::Serialize;
use serde_json::{Value, json};

use crate::output::{Format, Output};
use crate::row_origin::{RowOrigins, sessions_in};
use crate::text_input::{Place, Survey};

/// Writes the results of texts as they arrive.
pub(super) struct Report {
    output: Output,
    shape: Shape,
    /// Whether found values are shown.
    values: bool,
    /// Whether explanations were requested.
    explain: bool,
    /// Whether there is only one text, so that its name can be omitted.
    single: bool,
    stores: Option<Stores>,
    origins: RowOrigins,
}

/// The options of a report.
pub(super) struct ReportOptions {
    /// Whether found values are shown.
    pub(super) values: bool,
    /// Whether explanations were requested.
    pub(super) explain: bool,
    /// Whether the texts are redacted, so that the output is a text.
    pub(super) redacts: bool,
    /// Whether there is only one text, so that its name can be omitted.
    pub(super) single: bool,
}

/// The output format.
enum Shape {
    /// Lines for people.
    Table,
    /// One document. `begun` says whether it contains a result yet.
    Document { begun: bool },
    /// One finding per line.
    Findings,
}

/// The stores of the sensitive types.
struct Stores {
    /// The id of each type's store.
    ids: BTreeMap<String, String>,
    /// The names of stores; empty if the token may not read them.
    names: BTreeMap<String, String>,
}

impl Report {
    pub(super) fn new(output: Output, options: ReportOptions) -> Self {
        let ReportOptions { values, explain, redacts, single } = options;
        let format = if redacts { output.format_of_text() } else { output.format() };
        let shape = match format {
            _ if output.is_by_finding() => Shape::Findings,
            Format::Json => Shape::Document { begun: false },
            Format::Table => Shape::Table,
        };
        Self { output, shape, values, explain, single, stores: None, origins: RowOrigins::default() }
    }

    /// Prints the matches in a text. `whole` says whether all of it was searched.
    pub(super) async fn found(
        &mut self,
        name: &str,
        result: &ClassificationResult,
        survey: &Survey,
        cut_short: &[String],
        client: &GraphClient,
    ) -> anyhow::Result<()> {
        match self.shape {
            Shape::Table => {
                self.learn_origins(result, client).await;
                self.lines(name, result, survey, cut_short.is_empty())
            }
            Shape::Document { .. } => {
                let mut value = self.shown(result)?;
                if self.explain
                    && let Value::Object(fields) = &mut value
                {
                    // Graph omits an empty list; with `--explain` it is always present.
                    fields.entry("diagnostics").or_insert_with(|| json!([]));
                }
                let mut entry = json!({ "file": name, "result": value });
                if !cut_short.is_empty()
                    && let Value::Object(fields) = &mut entry
                {
                    fields.insert("notReadAsAWhole".to_owned(), json!(cut_short));
                }
                self.entry(&entry)
            }
            Shape::Findings => self.findings(name, result, survey, cut_short, client).await,
        }
    }

    /// Prints a redacted text.
    pub(super) fn redacted(&mut self, name: &str, result: &RedactionResult) -> anyhow::Result<()> {
        match self.shape {
            Shape::Table | Shape::Findings => Ok(self.output.text(&result.text)?),
            Shape::Document { .. } => {
                let value = self.shown(result)?;
                self.entry(&json!({ "file": name, "result": value }))
            }
        }
    }

    /// Writes a record about an unread input for programs. People see it on standard error.
    pub(super) fn not_read(&mut self, name: &str, reason: &str) -> anyhow::Result<()> {
        let entry = json!({ "file": name, "notRead": reason });
        match self.shape {
            Shape::Table => Ok(()),
            Shape::Document { .. } => self.entry(&entry),
            Shape::Findings => self.line(&entry),
        }
    }

    /// Ends the output for programs.
    pub(super) fn close(&mut self, summary: &Value) -> anyhow::Result<()> {
        match self.shape {
            Shape::Table => Ok(()),
            Shape::Document { begun } => {
                let front = if begun { "\n],\n" } else { "{\"results\": [],\n" };
                Ok(self.output.text(&format!("{front}\"summary\": {summary}}}\n"))?)
            }
            Shape::Findings => self.line(&json!({ "summary": summary })),
        }
    }

    /// Appends a result to the document, on a separate line.
    fn entry(&mut self, entry: &Value) -> anyhow::Result<()> {
        let front = match &mut self.shape {
            Shape::Document { begun } if *begun => ",\n",
            Shape::Document { begun } => {
                *begun = true;
                "{\"results\": [\n"
            }
            Shape::Table | Shape::Findings => "",
        };
        Ok(self.output.text(&format!("{front}{entry}"))?)
    }

    fn line(&self, record: &Value) -> anyhow::Result<()> {
        Ok(self.output.line(&record.to_string())?)
    }

    /// Returns a result for output. Values are removed unless they are to be shown.
    fn shown(&self, result: &impl Serialize) -> anyhow::Result<Value> {
        let mut value = serde_json::to_value(result)?;
        if !self.values {
            remove_values(&mut value);
        }
        Ok(value)
    }

    async fn findings(
        &mut self,
        name: &str,
        result: &ClassificationResult,
        survey: &Survey,
        cut_short: &[String],
        client: &GraphClient,
    ) -> anyhow::Result<()> {
        if self.stores.is_none() && !result.classification.is_empty() {
            self.stores = Some(Stores::ask(client).await?);
        }
        for found in &result.classification {
            for place in &found.matches {
                self.line(&self.finding(name, survey, found, place)?)?;
            }
        }
        for diagnostic in &result.diagnostics {
            for item in &diagnostic.unmatched_items {
                let mut record = self.shown(item)?;
                locate(&mut record, survey.place(item.offset));
                self.line(
                    &json!({ "file": name, "typeId": diagnostic.classification_id, "unmatched": record }),
                )?;
            }
        }
        if cut_short.is_empty() {
            return Ok(());
        }
        self.line(&json!({ "file": name, "notReadAsAWhole": cut_short }))
    }

    fn finding(
        &self,
        name: &str,
        survey: &Survey,
        found: &DetectedContent,
        place: &ContentLocation,
    ) -> anyhow::Result<Value> {
        let mut evidences = Vec::with_capacity(place.evidences.len());
        for evidence in &place.evidences {
            let mut record = self.shown(evidence)?;
            locate(&mut record, survey.place(evidence.offset));
            evidences.push(record);
        }
        let counted = place.evidences.iter().filter(|evidence| evidence.counted);
        let mut columns = vec![place.column_name.as_str()];
        columns.extend(counted.map(|evidence| evidence.column_name.as_str()));
        let mut record = json!({
            "file": name,
            "offset": place.offset,
            "length": place.length,
            "type": found.display_name,
            "typeId": found.id,
            "columnName": place.column_name,
            "columns": columns,
            "confidence": place.confidence,
            "recommendedConfidence": found.recommended_confidence,
            "row": place.rows.first(),
            "rows": place.rows,
            "rowsTruncated": place.rows_truncated,
            "rowSessionIds": place.row_session_ids,
            "evidences": evidences,
        });
        locate(&mut record, survey.place(place.offset));
        if let Value::Object(fields) = &mut record {
            if let Some((id, store)) = self.stores.as_ref().and_then(|stores| stores.of_type(&found.id)) {
                fields.insert("storeId".to_owned(), json!(id));
                fields.insert("store".to_owned(), json!(store));
            }
            if self.values {
                fields.insert("match".to_owned(), json!(place.id_match));
            }
        }
        Ok(record)
    }

    /// Loads the origins of the result's rows: the files in which they are counted.
    async fn learn_origins(&mut self, result: &ClassificationResult, client: &GraphClient) {
        let mut sessions: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for found in &result.classification {
            let own = found.matches.iter().flat_map(|place| place.row_session_ids.iter().cloned());
            sessions.entry(&found.id).or_default().extend(own);
        }
        for diagnostic in &result.diagnostics {
            let sentences = diagnostic.unmatched_items.iter().flat_map(|item| &item.corroborative_evidences);
            let own = sentences.flat_map(|sentence| sessions_in(sentence));
            sessions.entry(&diagnostic.classification_id).or_default().extend(own);
        }
        sessions.retain(|_, own| !own.is_empty());
        if self.stores.is_none() && !sessions.is_empty() {
            // Without the stores, rows are shown with the ids of their sessions.
            self.stores = Stores::ask(client).await.ok();
        }
        for (type_id, own) in sessions {
            let store = self.stores.as_ref().and_then(|stores| stores.of_type(type_id));
            self.origins.learn(client, store.map(|(id, _)| id), own).await;
        }
    }

    fn lines(
        &self,
        name: &str,
        result: &ClassificationResult,
        survey: &Survey,
        whole: bool,
    ) -> anyhow::Result<()> {
        for found in &result.classification {
            for place in &found.matches {
                self.output.line(&self.match_line(name, found, place, survey))?;
            }
        }
        for diagnostic in &result.diagnostics {
            self.print_diagnostic(name, diagnostic, survey)?;
        }
        // A text that was not searched as a whole may still contain a match.
        if self.single && whole && result.classification.is_empty() {
            self.output.line("no match")?;
        }
        Ok(())
    }

    fn match_line(
        &self,
        name: &str,
        found: &DetectedContent,
        place: &ContentLocation,
        survey: &Survey,
    ) -> String {
        let confidence = format!("{:>3}", place.confidence);
        let style = match place.confidence >= found.recommended_confidence {
            true => Style::new().red().bold(),
            false => Style::new().yellow(),
        };
        let rows = self.origins.rows(&place.rows, &place.row_session_ids);
        let more = if place.rows_truncated { ", …" } else { "" };
        let evidence: Vec<String> = place
            .evidences
            .iter()
            .map(|evidence| {
                let weak = if evidence.counted { "" } else { " (not counted)" };
                format!("{}{}{weak}", evidence.column_name, self.value(&evidence.matched))
            })
            .collect();
        let with =
            if evidence.is_empty() { String::new() } else { format!("  with {}", evidence.join(", ")) };
        let (front, at) = self.place(name, place.offset, survey.place(place.offset));
        format!(
            "{front}{}  {}  {}{}{at}  {rows}{more}{with}",
            self.output.style(style, &confidence),
            found.display_name,
            place.column_name,
            self.value(&place.id_match),
        )
    }

    /// Returns the position in two parts, of which one is empty: a prefix in the form that editors
    /// understand, or a phrase within the line.
    fn place(&self, name: &str, offset: u64, place: Option<Place>) -> (String, String) {
        let place =
            place.map_or_else(|| format!("offset {offset}"), |(line, column)| format!("{line}:{column}"));
        match self.single {
            true => (String::new(), format!(" at {place}")),
            false => (format!("{name}:{place}  "), String::new()),
        }
    }

    /// Returns a value as printed after its column's name; empty if values are hidden.
    fn value(&self, text: &str) -> String {
        if !self.values {
            return String::new();
        }
        // A match may contain a line break, but must stay on one line.
        let shown = text.replace(['\n', '\r', '\t'], " ");
        format!(" {}", self.output.style(Style::new().bold(), &format!("“{shown}”")))
    }

    fn print_diagnostic(&self, name: &str, diagnostic: &Diagnostic, survey: &Survey) -> anyhow::Result<()> {
        for item in &diagnostic.unmatched_items {
            let why = match item.corroborative_evidences.is_empty() {
                true => String::new(),
                false => {
                    format!(": {}", self.origins.sentence(&item.corroborative_evidences.join("; ")))
                }
            };
            let value = self.value(&item.id_match);
            let (front, at) = self.place(name, item.offset, survey.place(item.offset));
            let line = format!("{front}  -  {}{value}{at}  {}{why}", item.column_name, item.code);
            self.output.line(&line)?;
        }
        for limit in &diagnostic.classification_limits {
            let front = if self.single { String::new() } else { format!("{name}  ") };
            self.output.line(&format!("{front}  !  {} (limit {})", limit.code, limit.allowed_limit))?;
        }
        Ok(())
    }
}

impl Stores {
    async fn ask(client: &GraphClient) -> anyhow::Result<Self> {
        let types = client.types().await.context("cannot ask whose types were found")?;
        let ids =
            types.into_iter().filter_map(|one| Some((one.id, one.exact_match?.data_store_id))).collect();
        let names = match client.stores().await {
            Ok(stores) => {
                stores.into_iter().filter_map(|store| Some((store.id, store.display_name?))).collect()
            }
            // A token with only the Classify role may not read the names of stores.
            Err(error) if matches!(error.kind(), ErrorKind::Refused { status: 403, .. }) => BTreeMap::new(),
            Err(error) => return Err(error).context("cannot ask for the names of data stores"),
        };
        Ok(Self { ids, names })
    }

    /// Returns id and name of a type's store; `None` if the type is newer than the list.
    fn of_type(&self, id: &str) -> Option<(&str, Option<&str>)> {
        let store = self.ids.get(id)?;
        Some((store, self.names.get(store).map(String::as_str)))
    }
}

/// Adds line and column, if they are known.
fn locate(record: &mut Value, place: Option<Place>) {
    if let (Value::Object(fields), Some((line, column))) = (record, place) {
        fields.insert("line".to_owned(), json!(line));
        fields.insert("column".to_owned(), json!(column));
    }
}

/// Removes found values from a result, whatever the server put into it.
fn remove_values(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("idMatch");
            fields.remove("match");
            fields.values_mut().for_each(remove_values);
        }
        Value::Array(elements) => elements.iter_mut().for_each(remove_values),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_left_in_a_result() {
        let mut result = json!({
            "classification": [{"matches": [{"idMatch": "900", "columnName": "match", "evidences": [{"match": "Langer"}]}]}],
            "diagnostics": [{"unmatchedItems": [{"idMatch": "901", "code": "tooFewFacts"}]}],
        });
        remove_values(&mut result);
        let expected = json!({
            "classification": [{"matches": [{"columnName": "match", "evidences": [{}]}]}],
            "diagnostics": [{"unmatchedItems": [{"code": "tooFewFacts"}]}],
        });
        assert_eq!(result, expected);
    }
}
