//! The least that a server of the same framework can do with the same request: read the JSON and write it again.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use axum::routing::post;
use axum::{Json, Router};

/// The body of the requests has one property, a text.
type Body = BTreeMap<String, String>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let routes = Router::new().route("/classify", post(async |Json(body): Json<Body>| Json(body)));
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, routes).await?;
    Ok(())
}
