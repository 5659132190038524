"""Full disks, damaged files, lost catalogs, and jumping clocks."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

from harness import COLUMNS, Harness, Skipped, demand, row, text_of

CLOCK = Path(__file__).with_name("clock.c")


def full_disk(binary, quick):
    """After a full disk has space again, the server writes again."""
    folder = tempfile.mkdtemp(prefix="edm-attack-full-")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        os.rmdir(folder)
        raise Skipped("a small file system cannot be mounted here")
    try:
        with Harness(binary, folder) as harness:
            store = harness.new_store("people")
            harness.upload("people", "A", 2_000)
            for spare in (0, 4_096, 65_536) if quick else (0, 4_096, 16_384, 65_536, 262_144, 1 << 20):
                fill_and_free(harness, store, spare)
    finally:
        subprocess.run(["umount", folder], capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def fill_and_free(harness, store, spare):
    path = f"/exactMatchDataStores/{store}/sessions"
    ballast = harness.folder / "ballast"
    with open(ballast, "wb", 0) as file:
        for size in (65_536, 512):
            try:
                while os.statvfs(harness.folder).f_bavail * os.statvfs(harness.folder).f_bsize > spare:
                    file.write(b"x" * size)
            except OSError:
                pass
    opened = harness.call("POST", path, {})[0]
    demand(opened in (201, 500, 503), f"{spare} bytes left: a session is {opened}")
    demand(harness.found("A"), f"{spare} bytes left: what is live is found no more")
    if opened != 201:
        harness.wait(lambda: harness.ready() == 503, 5, "a server that cannot write says that it is ready")
    demand(harness.raw("GET", "/healthz")[0] == 200, "a full disk is no reason to end the process")
    ballast.unlink()
    demand(harness.call("POST", path, {})[0] == 201, f"{spare} bytes left: nothing can be written with room again")
    demand(harness.call("PATCH", f"/exactMatchDataStores/{store}", {"description": str(spare)})[0] == 200, "no PATCH")
    harness.wait(lambda: harness.ready() == 200, 5, "the server is not ready with room again")


def harmed(path, harm, chance):
    """Damages a file in place. Returns its original content."""
    before = path.read_bytes()
    after = bytearray(before)
    if harm == "bit":
        after[chance.randrange(len(after))] ^= 1 << chance.randrange(8)
    elif harm == "cut":
        del after[len(after) // 2 :]
    elif harm == "emptied":
        after.clear()
    path.unlink()
    if harm != "removed":
        path.write_bytes(after)
    return before


def check_unserved(harness, store, kind, what):
    """Sends all requests that could be answered from an unreadable table."""
    text = text_of("A", [7])
    status, answer = harness.classify(text)
    codes = [error["code"] for error in (answer or {}).get("errors") or []]
    demand(status == 200 and codes == ["dataUnavailable"], f"{what}: classification is {status}, {codes}")
    named = harness.call("POST", "/classifyExactMatches", {"text": text, "sensitiveTypeIds": [kind], "contentClassifications": []})
    demand(named[0] == 503, f"{what}: a text that names the type is {named[0]}")
    redacted = harness.call("POST", "/redactExactMatches", {"text": text, "sensitiveTypeIds": []})
    demand(redacted[0] == 503, f"{what}: redaction is {redacted[0]}")
    asked = {"key": "account", "values": [row("A", 7)[0]], "resultColumnNames": ["lastName"]}
    demand(harness.call("POST", f"/exactMatchDataStores/{store}/lookup", asked)[0] == 503, f"{what}: lookup answers")
    told = harness.call("GET", f"/exactMatchDataStores/{store}")[1]
    demand(told["dataState"] == "unserved", f"{what}: the store is {told.get('dataState')}")
    note = harness.beside / "note.txt"
    note.write_text(text)
    ended = harness.program("classify", str(note)).returncode
    demand(ended == 4, f"{what}: edm classify ends with {ended}")
    ended = harness.program("lookup", "--store", "people", "--key", "account", row("A", 7)[0]).returncode
    demand(ended == 4, f"{what}: edm lookup ends with {ended}")


def two_tables(harness):
    """Uploads a table and a second one. Returns the store of the first, its type and the files
    of its live data."""
    store = harness.new_store("people")
    harness.new_store("beside")
    harness.upload("people", "A", 400)
    harness.upload("beside", "B", 400)
    live = harness.call("GET", f"/exactMatchDataStores/{store}")[1]["activeSessionId"]
    return store, harness.type_id(store), [path for path in harness.files("") if live in str(path)]


def damage_at_rest(binary, quick):
    """Damage to any file of the live data is reported to clients."""
    chance = random.Random(3)
    with Harness(binary) as harness:
        store, kind, files = two_tables(harness)
        harms = ("bit", "removed") if quick else ("bit", "bit", "cut", "emptied", "removed")
        for path in files:
            for harm in harms:
                harness.stop()
                before = harmed(path, harm, chance)
                harness.start()
                check_unserved(harness, store, kind, f"{path.name} {harm}")
                demand(harness.found("B"), "the table beside it is found no more")
                verified = harness.program("verify", "--data-dir", str(harness.data), "--output", "json")
                found = [one["code"] for one in json.loads(verified.stdout)["findings"]]
                demand((verified.returncode, found) == (1, ["liveDamaged"]), f"{path.name} {harm}: verify says {found}")
                path.write_bytes(before)
        harness.restart()
        demand(harness.found("A"), "the table is found no more with its files restored")


def damage_while_served(binary, quick):
    """Damage under a running server is detected, and the report ends after its repair."""
    chance = random.Random(9)
    with Harness(binary, settings="[indexing]\nscrub_bytes_per_second = 1073741824\n") as harness:
        store, kind, files = two_tables(harness)
        state = lambda: harness.call("GET", f"/exactMatchDataStores/{store}")[1]["dataState"]  # noqa: E731
        for path in files[:1] if quick else files:
            before = harmed(path, "bit", chance)
            harness.wait(lambda: state() == "unserved", 150, f"{path.name}: damage is not noticed")
            check_unserved(harness, store, kind, f"{path.name}, while served")
            path.write_bytes(before)
            harness.wait(lambda: state() == "served", 150, f"{path.name}: restored data is not served")
            demand(harness.found("A"), "the restored table is not found")


def lost_catalog(binary, quick):
    """A directory that lost its catalog is not treated as new."""
    with Harness(binary) as harness:
        harness.new_store("people")
        harness.upload("people", "A", 100)
        token = harness.token
        harness.stop()
        for harm in ("removed", "emptied"):
            for part in ("catalog.db", "catalog.db-wal", "catalog.db-shm"):
                path = harness.data / part
                if path.exists():
                    saved = path.rename(harness.beside / part)
                    if harm == "emptied" and part == "catalog.db":
                        path.write_bytes(b"")
            harness.start(wait=False)
            demand(harness.ended(20) == 1, f"the catalog was {harm}: the server starts")
            demand("--new" in harness.tail(), f"the catalog was {harm}: nobody is told what to do")
            demand((harness.data / "admin-token").read_text().strip() == token, "the token was overwritten")
            for part in ("catalog.db", "catalog.db-wal", "catalog.db-shm"):
                if (harness.beside / part).exists():
                    (harness.beside / part).replace(harness.data / part)
            harness.start()
            demand(harness.found("A"), "the catalog came back and the table did not")
            harness.stop()


def catalog_bits(binary, quick):
    """With a changed bit in the catalog, either the start fails or all responses are unchanged."""
    chance = random.Random(5)
    with Harness(binary) as harness:
        store = harness.new_store("people")
        harness.upload("people", "A", 200)
        reader = harness.new_token("reader", "Read")
        harness.stop()
        db = sqlite3.connect(harness.data / "catalog.db")
        db.execute("pragma wal_checkpoint(truncate)")
        db.close()
        path = harness.data / "catalog.db"
        whole = path.read_bytes()
        used = [place for place, byte in enumerate(whole) if byte]
        for _ in range(12 if quick else 60):
            place = chance.choice(used)
            damaged = bytearray(whole)
            damaged[place] ^= 1 << chance.randrange(8)
            for rest in ("catalog.db-wal", "catalog.db-shm"):
                (harness.data / rest).unlink(missing_ok=True)
            path.write_bytes(damaged)
            harness.start(wait=False)
            # It may answer that it is starting, and end once it has read the damaged part.
            until = time.monotonic() + 10
            while harness.ended(0.05) is None and harness.ready() != 200 and time.monotonic() < until:
                pass
            if harness.process.poll() is None:
                demand(harness.ready() in (200, 503), "the server says nothing")
                check_same_or_told(harness, store, reader, place)
                harness.stop(signal.SIGKILL)
        path.write_bytes(whole)


def check_same_or_told(harness, store, reader, place):
    status, answer = harness.classify(text_of("A", [7]))
    if status == 200:
        found = any(one["matches"] for one in answer["classification"])
        demand(found or answer["errors"], f"byte {place}: nothing is found, and nothing is said")
    else:
        demand(status in (401, 403, 500, 503), f"byte {place}: classification is {status}")
    listed = harness.call("GET", "/exactMatchDataStores?$expand=sessions", token=reader)[0]
    demand(listed in (200, 401, 403, 500, 503), f"byte {place}: the list is {listed}")


def clock_jumps(binary, quick):
    """A jumping wall clock does not stall jobs, and does not expire, collect or lock out
    anything."""
    folder = Path(tempfile.mkdtemp(prefix="edm-attack-clock-"))
    library, shift = folder / "clock.so", folder / "shift"
    if subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, CLOCK, "-ldl"], capture_output=True).returncode:
        raise Skipped("there is no C compiler for the clock that jumps")

    def jump(seconds):
        (folder / "next").write_text(str(seconds))
        os.replace(folder / "next", shift)

    jump(0)
    try:
        with Harness(binary, environment={"LD_PRELOAD": str(library), "EDM_SHIFT": str(shift)}) as harness:
            store = harness.new_store("people", COLUMNS)
            harness.upload("people", "A", 1_000)
            blocks = harness.sealed_blocks("people", "B", 4_000, "--rows-per-block", "200")
            session = harness.open_session(store, blocks)
            for number, block in enumerate(blocks):
                demand(harness.put(session, number, block) == 201, "a block is refused")
            jump(8 * 86_400)
            demand(harness.session(store, session)["state"] == "UploadInProgress", "+8 days: the session expired")
            jump(0)
            address = f"/exactMatchDataStores/{store}/sessions/{session['id']}"
            jump(3_600)
            demand(harness.call("POST", address + "/commit")[0] == 204, "no commit")
            jump(-3_600)
            harness.wait(
                lambda: harness.session(store, session)["state"] == "Completed", 60, "-2 h while indexing: the jobs wait"
            )
            jump(-86_400)
            asked = {"key": "account", "values": [row("B", 7)[0]], "resultColumnNames": []}
            demand(harness.call("POST", f"/exactMatchDataStores/{store}/lookup", asked)[0] == 200, "-1 day: no lookup")
            harness.restart()
            session = harness.open_session(store, blocks)
            for number, block in enumerate(blocks):
                demand(harness.put(session, number, block) == 201, "a block is refused after a restart")
            address = f"/exactMatchDataStores/{store}/sessions/{session['id']}"
            demand(harness.call("POST", address + "/commit")[0] == 204, "no commit after a restart")
            harness.wait(lambda: harness.session(store, session)["state"] == "Completed", 60, "restarted: the jobs wait")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


ATTACKS = [full_disk, damage_at_rest, damage_while_served, lost_catalog, catalog_bits, clock_jumps]
