"""A real `edm serve` on a free loopback port and a temporary data directory."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

START_SECONDS = 60
STOP_SECONDS = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """Starts and stops the program; its data directory survives a restart."""

    def __init__(self, binary, folder, configuration=None):
        self.binary, self.data_dir = Path(binary).resolve(), Path(folder) / "data"
        self.options = []
        if configuration:
            file = Path(folder) / "edm.toml"
            file.write_text(configuration)
            self.options = ["--config", file]
        self.log_path = Path(folder) / "server.log"
        self.port, self.process = None, None

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self):
        return (self.data_dir / "admin-token").read_text().strip()

    def start(self):
        self.port = free_port()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("EDM_")}
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--data-dir", self.data_dir, "--listen", f"127.0.0.1:{self.port}",
                 *self.options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"edm serve ended with status {self.process.returncode}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"edm serve is not ready after {START_SECONDS} s:\n{self.log_tail()}")
            time.sleep(0.05)

    def _is_ready(self):
        try:
            with urllib.request.urlopen(f"{self.origin}/readyz", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def stop(self):
        """Asks the server to end, as a service manager does; returns its exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "killed: it did not end when asked"
        finally:
            self.process = None

    def kill(self):
        """Ends the server as a power failure would."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def log_tail(self, lines=30):
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])
