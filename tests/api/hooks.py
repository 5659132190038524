"""Values that schemathesis cannot generate: existing ids, and a signed upload URI.

Every second valid request gets the ids that run.py created, so that it reaches more than a
404.
"""

import json
import os
import zlib
from pathlib import Path

import schemathesis

MADE = json.loads(Path(os.environ["EDM_API_MADE"]).read_text())


@schemathesis.hook
def before_call(context, case, kwargs):
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive or not case.path_parameters:
        return
    drawn = json.dumps([case.path_parameters, case.body if isinstance(case.body, dict) else None], default=str)
    if zlib.crc32(drawn.encode()) % 2:
        return
    if case.operation.path.startswith("/edmuploads/"):
        case.path_parameters.update(container=MADE["store"], blob=MADE["session"])
        case.query = {**(case.query or {}), **MADE["signature"]}
        return
    # Deleted resources would be missing in other tests.
    if case.operation.method.lower() != "delete":
        names = case.path_parameters.keys() & MADE.keys()
        case.path_parameters.update({name: MADE[name] for name in names})


@schemathesis.deserializer("application/x-ndjson")
def read_lines(context, response):
    """Parses lines into the list that document.py declares."""
    return [json.loads(line) for line in response.content.splitlines()]
