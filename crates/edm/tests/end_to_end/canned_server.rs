//! A server with prepared responses, for what a real server only returns when something is broken.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::program::Program;

/// Answers successive requests with these statuses and bodies.
pub(crate) struct CannedServer {
    url: String,
    bodies: Receiver<String>,
}

impl CannedServer {
    pub(crate) fn start(answers: &[(u16, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let answers: Vec<(u16, String)> =
            answers.iter().map(|(status, body)| (*status, (*body).to_owned())).collect();
        let (tell, bodies) = channel();
        thread::spawn(move || {
            for (status, answer) in answers {
                answer_one(&listener, status, &answer, &tell);
            }
        });
        Self { url, bodies }
    }

    /// Returns a client of this server.
    pub(crate) fn program(&self, edm: &Program) -> Program {
        edm.at(&self.url)
    }

    /// Returns the bodies of the requests so far.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.bodies.try_iter().collect()
    }
}

fn answer_one(listener: &TcpListener, status: u16, answer: &str, tell: &Sender<String>) {
    let (stream, _) = listener.accept().expect("a request");
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        if line.trim().is_empty() {
            break;
        }
        if let Some(own) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = own.trim().parse().expect("a number");
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the body");
    let head =
        format!("HTTP/1.1 {status} Status\r\nconnection: close\r\ncontent-length: {}\r\n", answer.len());
    let answer = format!("{head}content-type: application/json\r\nretry-after: 0\r\n\r\n{answer}");
    // Before the response, after which the client may end and the test may read. The test may be
    // over.
    let _ = tell.send(String::from_utf8(body).expect("JSON"));
    reader.get_mut().write_all(answer.as_bytes()).expect("the client reads");
}
