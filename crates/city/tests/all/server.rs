//! A small server for the town to live beside: a centre that confirms, a playback, and one order.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use field::time::Time;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wire::sl651::encode::Confirmation;
use wire::sl651::{Cut, Cutter, decode};

/// What happened at the server.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Stations that sent something.
    pub(crate) stations: BTreeSet<String>,
    /// The order's state, and the acts with their keys.
    pub(crate) acts: Vec<(String, String)>,
    pub(crate) photos: usize,
}

/// The server's state.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) seen: Arc<Mutex<Seen>>,
    playback: Arc<Value>,
    started: Instant,
    order: Arc<Value>,
}

impl Server {
    /// Starts it; `order` is the one order it has, in its first state.
    pub(crate) async fn start(playback: Value, order: Value) -> (Self, city::ServerAt) {
        let server = Self {
            seen: Arc::default(),
            playback: Arc::new(playback),
            started: Instant::now(),
            order: Arc::new(order),
        };
        let centre = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sl651 = centre.local_addr().unwrap();
        tokio::spawn(listen(centre, server.seen.clone()));
        let http = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at: SocketAddr = http.local_addr().unwrap();
        let routes = Router::new()
            .route("/api/v1/session", post(sign_in))
            .route("/api/v1/demo/playback", get(playback_view))
            .route("/api/v1/orders", get(orders))
            .route("/api/v1/alarms", get(|| async { Json(json!({ "items": [], "next": null })) }))
            .route("/api/v1/photos", post(photo))
            .route("/api/v1/orders/{id}/{act}", post(act))
            .with_state(server.clone());
        tokio::spawn(async move { axum::serve(http, routes).await });
        (
            server,
            city::ServerAt {
                http: format!("http://{at}"),
                sl651,
                hj212: None,
                meters: None,
                mqtt: None,
                sl427: None,
            },
        )
    }

    /// Where the order is in its life, by the acts so far.
    fn state(&self) -> &'static str {
        match self.seen.lock().unwrap().acts.last().map(|(act, _)| act.as_str()) {
            None => "sent",
            Some("accept") => "accepted",
            Some("depart") => "departed",
            Some("arrive") => "arrived",
            Some("handle") => "handled",
            Some(_) => "closed",
        }
    }
}

async fn listen(listener: TcpListener, seen: Arc<Mutex<Seen>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(confirm(stream, seen.clone()));
    }
}

async fn confirm(mut stream: TcpStream, seen: Arc<Mutex<Seen>>) {
    let mut cutter = Cutter::new();
    let mut bytes = [0; 4_096];
    while let Ok(n @ 1..) = stream.read(&mut bytes).await {
        let mut answers = Vec::new();
        cutter.feed(&bytes[..n], |cut| {
            if let Cut::Frame(frame) = cut {
                let decoded = decode(&frame);
                seen.lock().unwrap().stations.extend(decoded.station.clone());
                let answer = Confirmation::to(&decoded, decoded.sent_at.unwrap(), true);
                answers.extend(answer.map(|a| a.to_bytes()).unwrap_or_default());
            }
        });
        if stream.write_all(&answers).await.is_err() {
            return;
        }
    }
}

fn is_signed_in(headers: &HeaderMap) -> bool {
    headers.get("cookie").is_some_and(|c| c.to_str().unwrap().contains("zhizhen="))
}

async fn sign_in(Json(words): Json<Value>) -> impl IntoResponse {
    let status = if words["password"] == "demo" { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
    let cookie = format!("zhizhen={}; HttpOnly; SameSite=Strict", words["login"].as_str().unwrap());
    (status, [("set-cookie", cookie)], Json(json!({ "person": {} })))
}

async fn playback_view(State(server): State<Server>, headers: HeaderMap) -> impl IntoResponse {
    let status = if is_signed_in(&headers) { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
    let mut playback = (*server.playback).clone();
    let now: Time = playback["now"].as_str().unwrap().parse().unwrap();
    let gone_ms = server.started.elapsed().as_secs_f64() * playback["speed"].as_f64().unwrap() * 1_000.0;
    playback["now"] = json!(now.plus_ms(gone_ms as i64));
    (status, Json(playback))
}

async fn orders(State(server): State<Server>) -> Json<Value> {
    let mut order = (*server.order).clone();
    let state = server.state();
    order["state"] = json!(state);
    order["can"] = json!(["accept", "depart", "arrive", "handle"]);
    let items = if state == "closed" { vec![] } else { vec![order] };
    Json(json!({ "items": items, "next": null }))
}

async fn photo(State(server): State<Server>, body: axum::body::Bytes) -> Json<Value> {
    assert!(body.starts_with(b"\x89PNG\r\n\x1a\n"));
    server.seen.lock().unwrap().photos += 1;
    Json(json!({ "key": "abc.png" }))
}

async fn act(
    State(server): State<Server>,
    Path((id, act)): Path<(i64, String)>,
    headers: HeaderMap,
    Json(_): Json<Value>,
) -> Json<Value> {
    let key = headers.get("idempotency-key").unwrap().to_str().unwrap().to_owned();
    let mut order = (*server.order).clone();
    let seq = {
        let mut seen = server.seen.lock().unwrap();
        seen.acts.push((act.clone(), key));
        seen.acts.len()
    };
    order["state"] = json!(server.state());
    Json(json!({
        "line": { "seq": seq, "at": "2021-06-30T12:00:00+08:00", "subject": format!("order:{id}"), "act": act,
                  "actor": { "kind": "person", "id": 1, "name": "x" }, "body": {}, "hash": "" },
        "order": order,
    }))
}
