"""Runs the Python code of the README exactly as printed, because readers copy it."""

import asyncio
import os
import re
import sys
from pathlib import Path

from checks import check, equal, true

README = Path(__file__).resolve().parents[2] / "README.md"


@check("the README's lines in Python run as printed, and print the stores")
async def readme_runs(harness):
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    true(blocks, "the README has lines in Python")
    listed = (await harness.http.get("/exactMatchDataStores")).json()["value"]
    true(listed, "the server has a store to print")
    environment = {**os.environ, "EDM_SERVER": harness.server.origin, "EDM_TOKEN": harness.server.token}
    for block in blocks:
        ran = await asyncio.create_subprocess_exec(
            sys.executable, "-c", block, env=environment, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )
        printed, complaint = await asyncio.wait_for(ran.communicate(), 60)
        equal((ran.returncode, complaint.decode()[-600:]), (0, ""), "the lines end well and complain of nothing")
        equal(sorted(printed.decode().splitlines()), sorted(store["displayName"] for store in listed), "names")
