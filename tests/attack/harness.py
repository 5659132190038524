"""A server on loopback with a temporary folder, tokens and tables, as the basis of every attack.
Uses only the standard library."""

import base64
import http.client
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

SERVICE = "/beta/dataClassification"
CLASSIFY = SERVICE + "/classifyExactMatches"
FIELDS = ["account", "lastName", "city"]
COLUMNS = [{"name": "account", "isSearchable": True, "isKey": True}, {"name": "lastName"}, {"name": "city"}]
START_SECONDS = 60


class Failed(AssertionError):
    """The server did something that it must not do."""


class Skipped(Exception):
    """This machine cannot run the attack."""


def demand(holds, said):
    """Ends the attack unless the condition holds."""
    if not holds:
        raise Failed(said)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def row(tag, number):
    return f"{tag}{number:08d}", f"Name{number % 997}", f"City{number % 89}"


def text_of(tag, numbers):
    return " ".join(" ".join(row(tag, number)) + "." for number in numbers)


class Harness:
    """One data directory and its server."""

    def __init__(self, binary, folder=None, settings="", environment=None, descriptors=None):
        self.binary, self.environment, self.descriptors = binary, dict(os.environ, **(environment or {})), descriptors
        self.own = folder is None
        self.folder = Path(folder or tempfile.mkdtemp(prefix="edm-attack-"))
        self.beside = Path(tempfile.mkdtemp(prefix="edm-attack-beside-"))
        self.data = self.folder / "data"
        self.log = self.beside / "log"
        self.settings = settings
        self.port, self.process, self.token = free_port(), None, None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.beside, ignore_errors=True)
        if self.own:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, wait=True, arguments=()):
        """Starts the server. Waits until /readyz answers with any status, if requested."""
        settings = self.beside / "edm.toml"
        settings.write_text(self.settings)
        command = [self.binary, "serve", "--data-dir", str(self.data), "--listen", f"127.0.0.1:{self.port}"]
        if self.descriptors:
            command = ["prlimit", f"--nofile={self.descriptors}:{self.descriptors}", *command]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*command, "--config", str(settings), *arguments], stdout=log, stderr=log, env=self.environment
            )
        if wait:
            self.wait(lambda: self.ready() == 200, START_SECONDS, "the server is not ready")
            if (self.data / "admin-token").exists():
                self.token = (self.data / "admin-token").read_text().strip()
        return self

    def ready(self):
        """Returns the status of /readyz; None without an answer."""
        try:
            return self.raw("GET", "/readyz", timeout=10)[0]
        except OSError:
            return None

    def wait(self, holds, seconds, otherwise):
        until = time.monotonic() + seconds
        while not holds():
            if self.process.poll() is not None:
                raise Failed(f"the server ended with {self.process.returncode}: {self.tail()}")
            demand(time.monotonic() < until, f"{otherwise} after {seconds} s: {self.tail()}")
            time.sleep(0.05)

    def ended(self, seconds):
        """Waits for the end of a server that must not start; returns its status."""
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, how=signal.SIGTERM, seconds=60):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=seconds)
        return None if self.process is None else self.process.returncode

    def restart(self, how=signal.SIGTERM, wait=True):
        self.stop(how)
        return self.start(wait)

    def tail(self):
        return self.log.read_text(errors="replace")[-600:] if self.log.exists() else ""

    def log_since(self, mark):
        return self.log.read_bytes()[mark:].decode(errors="replace")

    def raw(self, method, path, body=None, headers=None, timeout=60):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def call(self, method, path, body=None, token=None, timeout=60):
        """Returns the status and the JSON of a response."""
        headers = {"Authorization": "Bearer " + (token or self.token)}
        if body is not None:
            headers["Content-Type"] = "application/json"
        body = None if body is None else json.dumps(body).encode()
        status, answer = self.raw(method, SERVICE + path, body, headers, timeout)
        try:
            return status, json.loads(answer) if answer else None
        except ValueError:
            return status, None

    def program(self, *arguments, token=None, timeout=300):
        environment = dict(
            self.environment,
            EDM_SERVER=f"http://127.0.0.1:{self.port}",
            EDM_TOKEN=token or self.token or "",
            XDG_STATE_HOME=str(self.beside / "state"),
        )
        return subprocess.run(
            [self.binary, *arguments], capture_output=True, text=True, env=environment, timeout=timeout
        )

    def new_token(self, name, *roles):
        wanted = [part for role in roles for part in ("--role", role)]
        made = self.program("--output", "json", "token", "create", "--data-dir", str(self.data), "--name", name, *wanted)
        demand(made.returncode == 0, made.stderr)
        return json.loads(made.stdout)["token"]

    def new_store(self, name, columns=COLUMNS):
        status, store = self.call("POST", "/exactMatchDataStores", {"displayName": name, "columns": columns})
        demand(status == 201, f"a store was not made: {status}")
        return store["id"]

    def table(self, tag, rows):
        path = self.beside / f"{tag}-{rows}.csv"
        lines = [",".join(FIELDS)] + [",".join(row(tag, number)) for number in range(rows)]
        path.write_text("\n".join(lines) + "\n")
        return str(path)

    def upload(self, name, tag, rows, *more):
        done = self.program("upload", "--store", name, "--file", self.table(tag, rows), "--wait", *more)
        demand(done.returncode == 0, done.stderr)

    def classify(self, text, token=None, timeout=60, **more):
        body = {"text": text, "sensitiveTypeIds": [], "contentClassifications": [], **more}
        return self.call("POST", "/classifyExactMatches", body, token, timeout)

    def found(self, tag, number=7):
        """Returns whether a record is found. Fails if the response is incomplete."""
        status, answer = self.classify(text_of(tag, [number]))
        demand(status == 200, f"classification is {status}")
        values = [found["idMatch"] for one in answer["classification"] for found in one["matches"]]
        return row(tag, number)[0] in values

    def type_id(self, store):
        types = self.call("GET", "/sensitiveTypes")[1]["value"]
        return next(one["id"] for one in types if one["exactMatch"]["dataStoreId"] == store)

    def files(self, part):
        """Returns the files of generations whose names start with the prefix."""
        return sorted(self.data.glob(f"blobs/tenants/*/stores/*/generations/*/{part}*"))

    def sockets(self):
        """Returns the number of the server's sockets, its listeners included."""
        folder = Path(f"/proc/{self.process.pid}/fd")
        links = []
        for descriptor in folder.iterdir():
            try:
                links.append(os.readlink(descriptor))
            except OSError:
                pass  # It was closed meanwhile.
        return sum(link.startswith("socket:") for link in links)

    def memory_mib(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) // 1024
        raise Failed("the server has no memory")

    def processor_ticks(self):
        return sum(map(int, Path(f"/proc/{self.process.pid}/stat").read_text().split()[13:15]))

    def sealed_blocks(self, name, tag, rows, *more):
        """Returns the blocks that the agent makes from a table, recorded by a proxy. They fit
        any later session of the store."""
        kept = {}
        harness = self

        class Proxy(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
                if self.command == "PUT" and query.get("comp") == "block":
                    kept[int(base64.b64decode(query["blockid"]))] = body
                framing = ("content-length", "transfer-encoding", "connection", "date")
                headers = {name: value for name, value in self.headers.items() if name.lower() not in framing[:2]}
                connection = http.client.HTTPConnection("127.0.0.1", harness.port)
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                told = answer.read()
                self.send_response(answer.status)
                for header, value in answer.getheaders():
                    if header.lower() not in framing:
                        self.send_header(header, value)
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = forward

            def log_message(self, *_):
                pass

        proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        environment = dict(
            self.environment,
            EDM_SERVER=f"http://127.0.0.1:{proxy.server_port}",
            EDM_TOKEN=self.token,
            XDG_STATE_HOME=str(self.beside / "captured"),
        )
        table = self.table(tag, rows)
        command = [self.binary, "upload", "--store", name, "--file", table, "--wait", *more]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
        proxy.shutdown()
        demand(done.returncode == 0, done.stderr)
        return [kept[number] for number in sorted(kept)]

    def open_session(self, store, blocks):
        body = {"fields": FIELDS, "totalBlockCount": len(blocks), "allowShrink": True}
        status, session = self.call("POST", f"/exactMatchDataStores/{store}/sessions", body)
        demand(status == 201, f"a session was not opened: {status} {session}")
        return session

    def block_path(self, session, number):
        address = urllib.parse.urlsplit(session["dataUploadURI"])
        block = urllib.parse.quote(base64.b64encode(b"%08d" % number).decode(), safe="")
        return f"{address.path}?{address.query}&comp=block&blockid={block}"

    def put(self, session, number, block, timeout=60):
        return self.raw("PUT", self.block_path(session, number), block, timeout=timeout)[0]

    def session(self, store, session):
        return self.call("GET", f"/exactMatchDataStores/{store}/sessions/{session['id']}")[1]

    def silent(self, head=b"", buffer=None):
        """Opens a connection that sends this and nothing more."""
        connection = socket.socket()
        if buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.settimeout(60)
        connection.connect(("127.0.0.1", self.port))
        if head:
            connection.sendall(head)
        return connection




def head_of(method, path, length, token=None, media_type="application/json"):
    """Returns the head of a request whose body may never follow."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {media_type}", f"Content-Length: {length}"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
