//! Checks that a client can make: the server, its clock and health, the token, the data stores.

use std::time::Duration;

use edm_agent::{GraphClient, Probe};
use edm_graph::{DataStoreResource, path};

use super::Check;
use crate::command::store::{ROLL_BACK, may_roll_back};
use crate::connection::Connection;
use crate::host::now;

/// The timeout of a response.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// The overall limit. It is larger, so that a timeout is reported as one.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(10);
/// The allowed difference between two clocks. The response has whole seconds and took some time.
const CLOCKS_APART_SECONDS: u64 = 30;
/// The maximum number of data stores named in one line.
const NAMED_MAX: usize = 5;

pub(super) async fn checks(connection: &Connection) -> Vec<Check> {
    let client = match connection.client() {
        Ok(client) => client,
        Err(error) => {
            return vec![Check::failed(
                "server",
                format!("{error:#}"),
                "mend the options or the environment",
            )];
        }
    };
    let health = match tokio::time::timeout(ANSWER_WITHIN, client.probe(path::HEALTH, GIVEN_UP_AFTER)).await {
        Ok(Ok(health)) => health,
        Err(_) => {
            let found = format!("{} did not answer within five seconds", client.server());
            let advice = "is the address of --server or EDM_SERVER right, and is nothing in between?";
            return vec![Check::failed("server", found, advice)];
        }
        Ok(Err(error)) => {
            let found = format!("{}: {:#}", client.server(), anyhow::Error::new(error));
            let advice =
                "is it running, is the address of --server or EDM_SERVER right, and is nothing in between?";
            return vec![Check::failed("server", found, advice)];
        }
    };
    if (health.status, health.body["status"].as_str()) != (200, Some("alive")) {
        let found = format!("{} answers {} to /healthz", client.server(), health.status);
        return vec![Check::failed(
            "server",
            found,
            "is that edm, or a proxy in front that knows nothing of it?",
        )];
    }
    let mut checks = vec![answering(&client), clock(&health)];
    let ready = client.probe(path::READY, ANSWER_WITHIN).await;
    checks.push(readiness(&ready));
    let (token, may_read) = token(&client, ready.ok().as_ref()).await;
    checks.push(token);
    if may_read {
        checks.push(stores(&client).await);
    }
    checks
}

fn answering(client: &GraphClient) -> Check {
    let server = client.server();
    match server.starts_with("https://") {
        true => Check::fine("server", format!("{server} answers, and its certificate is trusted")),
        false => Check::fine("server", format!("{server} answers, without TLS")),
    }
}

fn clock(health: &Probe) -> Check {
    let Some(theirs) = health.date_seconds else {
        return Check::fine("clock", "the server does not say what time it has");
    };
    let ours = now().as_micros() / 1_000_000;
    let apart = ours.abs_diff(theirs);
    if apart <= CLOCKS_APART_SECONDS {
        return Check::fine("clock", "the server's and this machine's agree");
    }
    let which = if theirs > ours { "ahead of" } else { "behind" };
    let found = format!("the server's is {apart} seconds {which} this machine's");
    Check::warning(
        "clock",
        found,
        "set the one that is wrong: tokens and upload addresses expire by the server's",
    )
}

fn readiness(ready: &Result<Probe, edm_agent::Error>) -> Check {
    let ready = match ready {
        Ok(ready) => ready,
        Err(error) => {
            return Check::failed("ready", format!("/readyz: {error}"), "look into the server's log");
        }
    };
    match (ready.status, ready.body["status"].as_str()) {
        (200, Some("ready")) => Check::fine("ready", "the server is ready"),
        (200, Some("degraded")) => {
            let found =
                format!("the live data of {} data stores cannot be read", ready.body["unservedCount"]);
            let advice = "run edm verify where the server runs, and look into its log";
            Check::failed("ready", found, advice)
        }
        (status, _) => {
            let reason = ready.body["error"]["message"].as_str().unwrap_or("it gives no reason");
            Check::failed(
                "ready",
                format!("/readyz answers {status}: {reason}"),
                "look into the server's log",
            )
        }
    }
}

/// Checks the token. Returns the check, and whether the token may read data stores.
async fn token(client: &GraphClient, ready: Option<&Probe>) -> (Check, bool) {
    let make = "make one where the server runs (edm token create), and set EDM_TOKEN or pass --token-file";
    if !client.has_token() {
        return (Check::failed("token", "there is none to send", make), false);
    }
    let asked = client.probe(&format!("{}{}", path::BASE, path::STORES), ANSWER_WITHIN).await;
    let asked = match asked {
        Ok(asked) => asked,
        Err(error) => return (Check::failed("token", format!("{error}"), "try again"), false),
    };
    let roles = ready.and_then(|ready| ready.body["roles"].as_array());
    let roles = roles.map(|roles| {
        let names: Vec<&str> = roles.iter().filter_map(|role| role.as_str()).collect();
        names.join(", ")
    });
    let accepted = match roles {
        Some(roles) if !roles.is_empty() => format!("the server takes it; its roles: {roles}"),
        _ => "the server takes it".to_owned(),
    };
    match asked.status {
        200 => (Check::fine("token", accepted), true),
        403 => (Check::fine("token", format!("{accepted}; it may not read data stores")), false),
        401 => (Check::failed("token", "the server does not know it, or it has expired", make), false),
        404 => {
            let found = "this server answers no clients: it runs with --roles worker";
            (Check::warning("token", found, "name a server with the role api in --server"), false)
        }
        status => {
            let found = format!("the server answers {status} to it");
            (Check::failed("token", found, "look into the server's log"), false)
        }
    }
}

async fn stores(client: &GraphClient) -> Check {
    let listed = tokio::time::timeout(ANSWER_WITHIN, client.stores()).await;
    let stores = match listed {
        Ok(Ok(stores)) => stores,
        Ok(Err(error)) => return Check::failed("stores", error.to_string(), "look into the server's log"),
        Err(_) => {
            return Check::failed("stores", "the list of them does not come", "look into the server's log");
        }
    };
    if stores.is_empty() {
        return Check::warning(
            "stores",
            "there is none, so nothing is looked for",
            "edm upload --create --store NAME --file FILE",
        );
    }
    let of = |state: &str| named(&stores, |store| store.data_state.as_deref() == Some(state));
    if let Some(unserved) = of("unserved") {
        let may_roll_back = stores
            .iter()
            .any(|store| store.data_state.as_deref() == Some("unserved") && may_roll_back(store));
        let advice = match may_roll_back {
            true => format!("restore its files, upload the table again, or {ROLL_BACK}"),
            false => "restore its files, or upload the table again: there is no whole table to roll back to"
                .to_owned(),
        };
        return Check::failed("stores", format!("cannot be read, so not looked for: {unserved}"), advice);
    }
    if let Some(stale) = of("stale") {
        let found = format!("answered by the table before the live one: {stale}");
        return Check::failed("stores", found, "upload the table again, or restore its files");
    }
    let empty = of("none").map(|names| format!("without a live row, so not looked for: {names}"));
    let again = named(&stores, |store| store.must_upload_again == Some(true)).map(|names| {
        format!("made with other columns, placeholders or an older salt than the store has: {names}")
    });
    let found: Vec<String> = [empty, again].into_iter().flatten().collect();
    if !found.is_empty() {
        return Check::warning("stores", found.join("; "), "edm upload --store STORE --file FILE");
    }
    Check::fine("stores", format!("{} of {} are served", stores.len(), stores.len()))
}

/// Returns the names of the stores for which `is_one` holds; `None` if there are none.
fn named(stores: &[DataStoreResource], is_one: impl Fn(&DataStoreResource) -> bool) -> Option<String> {
    let all = stores.iter().filter(|store| is_one(store));
    let all: Vec<&str> = all.map(|store| store.display_name.as_deref().unwrap_or(&store.id)).collect();
    let more = all.len().saturating_sub(NAMED_MAX);
    let listed = all.get(..NAMED_MAX).unwrap_or(&all).join(", ");
    match (all.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(listed),
        (false, more) => Some(format!("{listed} and {more} more")),
    }
}
