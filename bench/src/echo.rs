//! The minimum that a server on the same framework can do with the same requests: parse the JSON
//! and write it again, or write a given JSON.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;
use tokio::sync::RwLock;

/// The body of a request has one property, a text.
type Body = BTreeMap<String, String>;
/// The response of `/answer`, serialised for each request.
type Answer = Arc<RwLock<Value>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let answer = get(async |State(answer): State<Answer>| written(&answer).await)
        .post(async |State(answer): State<Answer>, Json(_): Json<Value>| written(&answer).await)
        .put(async |State(answer): State<Answer>, Json(body): Json<Value>| {
            *answer.write().await = body;
            StatusCode::NO_CONTENT
        });
    let routes = Router::new()
        .route("/classify", post(async |Json(body): Json<Body>| Json(body)))
        .route("/answer", answer)
        .route("/nothing", post(async || StatusCode::NO_CONTENT))
        .with_state(Answer::default());
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, routes).await?;
    Ok(())
}

/// Writes the response as axum's `Json` does, without copying it.
async fn written(answer: &Answer) -> Result<Response, StatusCode> {
    let json = serde_json::to_vec(&*answer.read().await).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(([(CONTENT_TYPE, "application/json")], json).into_response())
}
