"""Measures detection on a labelled set, through a real `edm serve`.

python tests/quality/run.py --binary target/release/edm [--quick] [--write
docs/bench/quality.md]

Ends with status 1 if a target is missed. `cargo xtask quality` creates the environment and
calls it.
"""

import argparse
import importlib.metadata
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "conformance"))

from labelled_set import labelled_set  # noqa: E402
from measure import measure, measure_peer  # noqa: E402
from measure_checks import run_checks  # noqa: E402
from report import page, show, targets  # noqa: E402
from server import Server  # noqa: E402
from service import Service  # noqa: E402

SEED = 20_261
FULL = (5_000, 400)
QUICK = (480, 60)
COMMAND = "cargo xtask quality"


def step(name, since):
    print(f"{name}: {time.monotonic() - since:.1f} s", flush=True)


def classified(binary, labelled):
    with tempfile.TemporaryDirectory(prefix="edm-quality-") as folder:
        server = Server(binary, folder)
        try:
            server.start()
            service = Service(server, Path(folder))
            start = time.monotonic()
            service.upload(labelled.tables)
            step("tables uploaded", start)
            start = time.monotonic()
            found = service.classify(labelled.texts)
            step(f"{len(found):,} texts classified", start)
            return found
        finally:
            server.stop()


def peers_of(labelled):
    from peers import by_aho_corasick, by_presidio
    out = []
    for name, search in (("Presidio deny list", by_presidio), ("Aho-Corasick", by_aho_corasick)):
        start = time.monotonic()
        chosen, found = search(labelled)
        step(f"{name}, {len(chosen):,} texts", start)
        out.append((name, measure_peer(labelled, found, chosen)))
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, help="the edm program to measure")
    parser.add_argument("--quick", action="store_true", help="a few hundred texts, nothing beside")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--cases", type=int, default=2, help="how many cases of each kind of fault are printed")
    parser.add_argument("--write", help="the page to write")
    arguments = parser.parse_args()
    run_checks(arguments.seed)
    start = time.monotonic()
    labelled = labelled_set(arguments.seed, *(QUICK if arguments.quick else FULL))
    step(f"{len(labelled.texts):,} texts written", start)
    try:
        measured = measure(labelled, classified(arguments.binary, labelled))
    except RuntimeError as error:
        print(f"FAIL {error}")
        print("0 passed, 1 failed")
        return 1
    show(measured, arguments.cases)
    if arguments.write:
        names = ("faker",) if arguments.quick else ("faker", "presidio-analyzer", "pyahocorasick")
        versions = [f"{name} {importlib.metadata.version(name)}" for name in names]
        peers = [] if arguments.quick else peers_of(labelled)
        Path(arguments.write).parent.mkdir(parents=True, exist_ok=True)
        Path(arguments.write).write_text(page(labelled, measured, peers, versions, COMMAND), encoding="utf-8")
    met = sum(met for _, met, _ in targets(measured))
    failed = len(targets(measured)) - met
    print(f"{met} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
