//! The request to the server for each text.

use edm_agent::GraphClient;
use edm_graph::{ClassificationResult, RedactionResult};
use serde_json::{Map, Value, json};

use super::{ClassifyArguments, Redact};
use crate::text_input::LongText;

/// Everything in a request except the text.
pub(super) struct Question {
    client: GraphClient,
    options: Map<String, Value>,
}

impl Question {
    /// Resolves the names of the types. `values` requests the found values.
    pub(super) async fn of(
        client: GraphClient,
        arguments: &ClassifyArguments,
        values: bool,
    ) -> Result<Self, edm_agent::Error> {
        let mut ids = Vec::new();
        for name in &arguments.types {
            ids.push(client.sensitive_type(name).await?.id);
        }
        let mut options = Map::new();
        options.insert("sensitiveTypeIds".to_owned(), json!(ids));
        options.insert("includeValues".to_owned(), json!(values));
        match arguments.redact {
            Some(mode) => {
                options.insert("replacement".to_owned(), json!(mode.word()));
            }
            None => {
                options.insert("contentClassifications".to_owned(), json!([]));
                options.insert("explain".to_owned(), json!(arguments.explain));
            }
        }
        // Without it, a redaction uses the redaction confidence of each type.
        if let Some(confidence) = arguments.minimum_confidence {
            options.insert("minimumConfidence".to_owned(), json!(confidence));
        }
        Ok(Self { client, options })
    }

    pub(super) fn client(&self) -> &GraphClient {
        &self.client
    }

    pub(super) async fn classify(&self, text: String) -> Result<ClassificationResult, edm_agent::Error> {
        self.client.classify(&self.body(text)).await
    }

    pub(super) async fn classify_long(
        &self,
        text: LongText,
    ) -> Result<ClassificationResult, edm_agent::Error> {
        self.client.classify_text(&self.query(), text).await
    }

    pub(super) async fn redact(&self, text: String) -> Result<RedactionResult, edm_agent::Error> {
        self.client.redact(&self.body(text)).await
    }

    fn body(&self, text: String) -> Value {
        let mut body = self.options.clone();
        body.insert("text".to_owned(), Value::String(text));
        Value::Object(body)
    }

    /// Formats the options as a query: ids separated by commas, everything else as JSON.
    fn query(&self) -> Vec<(&str, String)> {
        let value = |value: &Value| match value {
            Value::Array(ids) => ids.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
            other => other.to_string(),
        };
        let given =
            self.options.iter().filter(|(_, value)| value.as_array().is_none_or(|list| !list.is_empty()));
        given.map(|(name, own)| (name.as_str(), value(own))).collect()
    }
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
