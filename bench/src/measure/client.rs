//! A minimal client with one connection, so that its CPU time does not affect the measurement.

use std::io::{Read, Write};
use std::net::TcpStream;

use anyhow::{Context, bail};
use serde_json::Value;

/// Maximum size of a response.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// A response.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Returns the body of a response with this status. Fails with the server's message for any
    /// other status.
    pub(crate) fn expect(self, status: u16) -> anyhow::Result<Value> {
        if self.status != status {
            bail!("status {} instead of {status}: {}", self.status, String::from_utf8_lossy(&self.body));
        }
        if self.body.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&self.body)?) }
    }
}

/// One persistent connection.
pub(crate) struct Client {
    stream: TcpStream,
    head: String,
    read: Vec<u8>,
}

impl Client {
    /// Connects to `http://HOST:PORT`; the rest of the URL is ignored.
    pub(crate) fn connect(url: &str, token: &str) -> anyhow::Result<Self> {
        let host =
            url.strip_prefix("http://").and_then(|rest| rest.split('/').next()).context("no address")?;
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        let head = format!(
            "Host: {host}\r\nAuthorization: Bearer {token}\r\nAccept: application/json\r\nContent-Type: application/json\r\n"
        );
        Ok(Self { stream, head, read: Vec::new() })
    }

    /// Sends a request and reads its response.
    pub(crate) fn ask(&mut self, method: &str, target: &str, body: &str) -> anyhow::Result<Answer> {
        let request = format!(
            "{method} {target} HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n{body}",
            self.head,
            body.len()
        );
        self.stream.write_all(request.as_bytes())?;
        self.read.clear();
        let head_bytes = loop {
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            self.more()?;
        };
        let head = String::from_utf8_lossy(&self.read[..head_bytes]).to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = match length {
            Some(length) => length.trim().parse()?,
            None if status == 204 => 0,
            None => bail!("an answer without a length"),
        };
        if length > ANSWER_BYTES_MAX {
            bail!("an answer of {length} bytes");
        }
        while self.read.len() < head_bytes + length {
            self.more()?;
        }
        Ok(Answer { status, body: self.read[head_bytes..head_bytes + length].to_vec() })
    }

    fn more(&mut self) -> anyhow::Result<()> {
        let mut piece = [0; 64 << 10];
        let count = self.stream.read(&mut piece)?;
        if count == 0 {
            bail!("the connection ended within an answer");
        }
        self.read.extend_from_slice(&piece[..count]);
        Ok(())
    }
}
