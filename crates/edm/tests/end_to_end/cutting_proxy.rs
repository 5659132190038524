//! A proxy that holds back all traffic after a given number of blocks. A test can then kill the
//! sender at a defined point, without a clock.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

/// A part that only the request line of a block contains.
const BLOCK: &[u8] = b"comp=block&";

pub(crate) struct CuttingProxy {
    address: SocketAddr,
    cut: Receiver<()>,
    counter: Arc<Counter>,
}

impl CuttingProxy {
    /// Passes `blocks` block requests to the server and holds back the following ones.
    pub(crate) fn start(server: SocketAddr, blocks: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (tell, cut) = channel();
        let counter = Arc::new(Counter {
            seen: AtomicUsize::new(0),
            blocks,
            tell: Mutex::new(tell),
            held: Mutex::default(),
        });
        let own = Arc::clone(&counter);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let counter = Arc::clone(&counter);
                thread::spawn(move || pass(client, server, &counter));
            }
        });
        Self { address, cut, counter: own }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until a block is held back.
    pub(crate) fn wait_until_cut(&self) {
        self.cut.recv().expect("a block is held back");
    }

    /// Closes the held connections, and passes everything from now on.
    pub(crate) fn let_pass(&self) {
        let mut held = self.counter.held.lock().expect("no panic");
        held.passing = true;
        for client in held.clients.drain(..) {
            // The client may have closed it.
            let _ = client.shutdown(Shutdown::Both);
        }
    }
}

struct Counter {
    seen: AtomicUsize,
    blocks: usize,
    tell: Mutex<Sender<()>>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    passing: bool,
    clients: Vec<TcpStream>,
}

impl Counter {
    /// Stores the client to close it later; returns false if everything passes now.
    fn hold(&self, client: &TcpStream) -> bool {
        let mut held = self.held.lock().expect("no panic");
        if !held.passing {
            held.clients.push(client.try_clone().expect("a second handle"));
        }
        !held.passing
    }
}

fn pass(mut client: TcpStream, server: SocketAddr, counter: &Counter) {
    // A server that is down is a closed connection.
    let Ok(mut to_server) = TcpStream::connect(server) else { return };
    let mut from_server = to_server.try_clone().expect("a second handle");
    let mut to_client = client.try_clone().expect("a second handle");
    thread::spawn(move || {
        // Ends when either side closes.
        let _ = std::io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let mut buffer = [0; 64 * 1024];
    let mut tail = Vec::new();
    while let Ok(count @ 1..) = client.read(&mut buffer) {
        // The word may be split between reads, so the end of the previous bytes is searched again.
        tail.extend_from_slice(&buffer[..count]);
        let blocks = tail.windows(BLOCK.len()).filter(|window| *window == BLOCK).count();
        let keep = tail.len().min(BLOCK.len() - 1);
        tail.drain(..tail.len() - keep);
        let beyond = counter.seen.fetch_add(blocks, Ordering::SeqCst) + blocks > counter.blocks;
        if beyond && blocks > 0 && counter.hold(&client) {
            let tell = counter.tell.lock().expect("no panic");
            // The test only waits for the first one.
            let _ = tell.send(());
            // Held until the client closes.
            while let Ok(1..) = client.read(&mut buffer) {}
            return;
        }
        if to_server.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
}
