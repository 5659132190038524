"""Inputs meant to exhaust the agent."""

import gzip
import subprocess
import time
from pathlib import Path

from harness import Harness, demand

MEBIBYTE = 1 << 20


def agent_memory(binary, quick):
    """The agent's memory is bounded for any input, and it reports what is wrong."""
    size = (64 if quick else 512) * MEBIBYTE
    pieces = {
        "zeros": b"\0" * MEBIBYTE,
        "one line": b"a" * MEBIBYTE,
        "an open quote": b'"' + b"a\n" * (MEBIBYTE // 2),
        "blank lines": b"\n" * MEBIBYTE,
        "carriage returns": b"\r" * MEBIBYTE,
        "spaces": b" \n" * (MEBIBYTE // 2),
        "commas": b"," * MEBIBYTE,
    }
    with Harness(binary) as harness:
        harness.new_store("people", [{"name": "account", "isSearchable": True}, {"name": "lastName"}])
        for name, piece in pieces.items():
            path = harness.beside / "bomb.csv.gz"
            with gzip.open(path, "wb", 1) as file:
                file.write(b"account,lastName\n")
                for _ in range(size // MEBIBYTE):
                    file.write(piece)
            for command in (["upload", "--store", "people", "--dry-run"], ["profile"]):
                most, ended = peak(harness, [binary, *command, "--file", str(path)])
                demand(ended is not None, f"{name}: {command[0]} does not end")
                demand(most < 300, f"{name}: {command[0]} takes {most} MiB")


def peak(harness, command):
    """Returns the peak memory of a command in MiB and its status; None if it does not end."""
    environment = dict(harness.environment, EDM_SERVER=f"http://127.0.0.1:{harness.port}", EDM_TOKEN=harness.token)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    most, until = 0, time.monotonic() + 180
    while process.poll() is None and time.monotonic() < until:
        try:
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM"):
                    most = max(most, int(line.split()[1]) // 1024)
        except OSError:
            pass
        time.sleep(0.02)
    if process.poll() is None:
        process.kill()
        process.wait()
        return most, None
    return most, process.returncode


ATTACKS = [agent_memory]
