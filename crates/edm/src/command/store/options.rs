//! The options of a data store that `edm store create` and `edm store update` share.

use clap::Args;
use edm_model::OnUnserved;
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub(super) struct StoreOptions {
    /// Words of the longest cell that is matched
    #[arg(long, value_name = "COUNT")]
    max_tokens: Option<u32>,
    /// What is answered where the live data cannot be read: an error, or what the table before says
    #[arg(long, value_name = "refuse|previous", value_parser = parse_on_unserved)]
    on_unserved: Option<OnUnserved>,
    /// A word that means an empty cell, in place of the usual ones such as N/A; may be repeated
    #[arg(
        long = "placeholder",
        value_name = "WORD",
        conflicts_with = "no_placeholders",
        allow_hyphen_values = true
    )]
    placeholders: Vec<String>,
    /// No word means an empty cell
    #[arg(long)]
    no_placeholders: bool,
}

impl StoreOptions {
    /// Returns the properties of the data store that the options set, with Graph's names.
    pub(super) fn properties(&self) -> impl Iterator<Item = (String, Value)> {
        let words = (self.no_placeholders || !self.placeholders.is_empty()).then_some(&self.placeholders);
        let properties = [
            ("maximumNumberOfTokens", self.max_tokens.map(|count| json!(count))),
            ("onUnserved", self.on_unserved.map(|wanted| json!(wanted.as_str()))),
            ("placeholders", words.map(|words| json!(words))),
        ];
        properties.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)))
    }
}

fn parse_on_unserved(text: &str) -> Result<OnUnserved, String> {
    OnUnserved::parse(text).ok_or_else(|| "it is refuse or previous".to_owned())
}
