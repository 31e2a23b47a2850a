//! The live feed over a WebSocket: a snapshot, then events in order.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use super::Client;
use crate::stage::{
    error::{Result, StageError},
    wait::within,
};

/// The subprotocol that carries the token beside it.
const PROTOCOL: &str = "tandem.live.v1";

/// One message of the feed.
#[derive(Clone, Debug)]
pub struct LiveEvent {
    pub sequence: Option<u64>,
    pub kind: String,
    pub data: Value,
}

pub struct Live {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

fn failed(error: tokio_tungstenite::tungstenite::Error) -> StageError {
    StageError::Http(format!("live: {error}"))
}

impl Live {
    pub(super) async fn connect(client: &Client, subscription: Value) -> Result<Live> {
        let address = format!("ws://{}/v1/live", client.server());
        let mut request = address.into_client_request().map_err(failed)?;
        if let Some(token) = client.token() {
            let value = HeaderValue::from_str(&format!("{PROTOCOL}, {token}"));
            let value = value.map_err(|error| StageError::Http(error.to_string()))?;
            request.headers_mut().insert("Sec-WebSocket-Protocol", value);
        }
        let (socket, _) = connect_async(request).await.map_err(failed)?;
        let mut live = Live { socket };
        live.say(&subscription).await?;
        Ok(live)
    }

    pub async fn say(&mut self, message: &Value) -> Result<()> {
        self.socket.send(Message::text(message.to_string())).await.map_err(failed)
    }

    /// The next message.
    pub async fn next(&mut self, limit: Duration) -> Result<LiveEvent> {
        within("a live event", limit, async {
            while let Some(message) = self.socket.next().await {
                if let Message::Text(text) = message.map_err(failed)? {
                    let value: Value = serde_json::from_str(&text)
                        .map_err(|error| StageError::Unsound(format!("live: {error} in {text}")))?;
                    return Ok(LiveEvent {
                        sequence: value["seq"].as_u64(),
                        kind: value["type"].as_str().unwrap_or("").to_owned(),
                        data: value["data"].clone(),
                    });
                }
            }
            Err(StageError::Stopped("the live feed".into()))
        })
        .await?
    }

    /// Waits for a message that `wanted` accepts; others pass by.
    pub async fn until(
        &mut self,
        what: &str,
        limit: Duration,
        wanted: impl Fn(&LiveEvent) -> bool,
    ) -> Result<LiveEvent> {
        let mut passed: Vec<String> = Vec::new();
        let found = within(what, limit, async {
            loop {
                let event = self.next(limit).await?;
                if wanted(&event) {
                    return Ok(event);
                }
                passed.push(event.kind);
            }
        })
        .await;
        found.unwrap_or_else(|_| Err(StageError::too_late(what, limit, format!("{passed:?}"))))
    }
}
