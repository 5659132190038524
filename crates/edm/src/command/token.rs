//! `edm token`: works directly on the data directory, whether a server runs or not.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use edm_model::{Principal, Role, Roles, TenantId, Timestamp, TokenId};
use edm_service::{NewToken, Service, TokenRecord};
use serde_json::{Value, json};

use crate::data_directory;
use crate::host::{keep_new_files_private, now};
use crate::master_key::KeyArguments;
use crate::output::{Format, Output};

const SECONDS_OF_A_DAY: i64 = 24 * 3_600;

#[derive(Debug, Args)]
pub(crate) struct TokenArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Creates a token and shows it once
    #[command(after_help = "\
Examples:
  edm token create --data-dir data --name admin --role Admin
  edm token create --data-dir data --name gateway --role Classify --days 90

Roles: Admin (everything), Upload, Classify, Read, Lookup.")]
    Create {
        #[command(flatten)]
        directory: DataDirectory,
        /// Free text for people
        #[arg(long)]
        name: String,
        /// Role of the token; may be repeated
        #[arg(long = "role", value_name = "ROLE", required = true, value_parser = parse_role)]
        roles: Vec<Role>,
        /// Days until it expires [default: never]
        #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(i64).range(1..=36_500))]
        days: Option<i64>,
    },
    /// Lists the tokens, never their secrets
    #[command(after_help = "Example:\n  edm token list --data-dir data")]
    List(DataDirectory),
    /// Revokes a token
    #[command(
        after_help = "Example:\n  edm token revoke --data-dir data b84d3f36-3f36-4b84-8d3f-363f4db8363f"
    )]
    Revoke {
        #[command(flatten)]
        directory: DataDirectory,
        /// Id of the token
        #[arg(value_name = "TOKEN-ID")]
        id: String,
    },
}

#[derive(Debug, Args)]
struct DataDirectory {
    /// Data directory of the server
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    #[command(flatten)]
    key: KeyArguments,
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "a role is one of Admin, Upload, Classify, Read and Lookup".to_owned())
}

pub(crate) async fn run(arguments: TokenArguments, output: Output) -> anyhow::Result<()> {
    let (Action::Create { directory, .. } | Action::List(directory) | Action::Revoke { directory, .. }) =
        &arguments.action;
    keep_new_files_private();
    let service = data_directory::open(&directory.data_dir, &directory.key).await?;
    let result = act(&service, arguments.action, output).await;
    service.close().await;
    result
}

async fn act(service: &Service, action: Action, output: Output) -> anyhow::Result<()> {
    let operator = Principal::operator(TenantId::DEFAULT);
    match action {
        Action::Create { name, roles, days, .. } => {
            let expires_at = days.map(|days| now().plus_seconds(days * SECONDS_OF_A_DAY));
            let new = NewToken { name, roles: Roles::new(roles), expires_at };
            let created = service.create_token(&operator, new).await?;
            let secret = created.secret.expose_for_wire();
            if output.format() == Format::Json {
                let mut shown = token_json(&created.record);
                if let Some(shown) = shown.as_object_mut() {
                    shown.insert("token".to_owned(), json!(secret));
                }
                return Ok(output.json(&shown)?);
            }
            print_list(output, std::slice::from_ref(&created.record))?;
            Ok(output.line(&format!("\n{secret}\n\nThe token is not shown again."))?)
        }
        Action::List(_) => print_list(output, &service.list_tokens(&operator).await?),
        Action::Revoke { id, .. } => {
            let id: TokenId = id.parse().context("the id of a token is in `edm token list`")?;
            let had = lets_in_an_admin(&service.list_tokens(&operator).await?, now());
            service.revoke_token(&operator, id).await?;
            if had && !lets_in_an_admin(&service.list_tokens(&operator).await?, now()) {
                eprintln!(
                    "edm: no token with the role Admin is left: make one with edm token create --name NAME --role Admin"
                );
            }
            match output.format() {
                Format::Json => Ok(output.json(&json!({ "revoked": id.to_string() }))?),
                Format::Table => Ok(output.line(&format!("revoked {id}"))?),
            }
        }
    }
}

/// Returns whether an unexpired token has the Admin role.
pub(crate) fn lets_in_an_admin(tokens: &[TokenRecord], now: Timestamp) -> bool {
    tokens.iter().any(|token| token.roles.contains(Role::Admin) && token.expires_at.is_none_or(|at| at > now))
}

fn roles_of(token: &TokenRecord) -> Vec<&'static str> {
    token.roles.iter().map(Role::as_str).collect()
}

fn token_json(token: &TokenRecord) -> Value {
    json!({
        "id": token.id.to_string(),
        "name": token.name,
        "roles": roles_of(token),
        "expirationDateTime": token.expires_at.map(edm_graph::DateTimeOffset::new),
        "bootstrap": token.bootstrap,
    })
}

fn print_list(output: Output, tokens: &[TokenRecord]) -> anyhow::Result<()> {
    if output.format() == Format::Json {
        let tokens: Vec<Value> = tokens.iter().map(token_json).collect();
        return Ok(output.json(&tokens)?);
    }
    let moment = now();
    let works = |token: &TokenRecord| token.expires_at.is_none_or(|at| at > moment);
    // Until another Admin token exists, the first start's token is the only way in.
    let replaced =
        tokens.iter().any(|token| !token.bootstrap && token.roles.contains(Role::Admin) && works(token));
    let note = match replaced {
        true => "first start's own: revoke it when nobody uses it",
        false => "first start's own: replace it",
    };
    let row = |token: &TokenRecord| {
        vec![
            token.id.to_string(),
            token.name.clone(),
            roles_of(token).join(" "),
            token
                .expires_at
                .map_or_else(|| "never".to_owned(), |at| edm_graph::DateTimeOffset::new(at).to_string()),
            if token.bootstrap { note.to_owned() } else { String::new() },
        ]
    };
    let rows: Vec<Vec<String>> = tokens.iter().map(row).collect();
    Ok(output.table(&["ID", "NAME", "ROLES", "EXPIRES", "NOTE"], &rows)?)
}
