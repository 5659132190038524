"""Retries of Microsoft's SDK on 429 and 503. Real requests make the server busy."""

import asyncio
import tempfile

from checks import check, equal, true
from check_upload import upload, writer_for
from msgraph_beta.generated.data_classification.classify_exact_matches.classify_exact_matches_post_request_body import (
    ClassifyExactMatchesPostRequestBody,
)
from msgraph_beta.generated.data_classification.exact_match_data_stores.item.lookup.lookup_post_request_body import (
    LookupPostRequestBody,
)
from msgraph_beta.generated.models.exact_match_session import ExactMatchSession
from server import Server
from harness import Harness, person, refused, store_draft

# Small limits, which are reached at once: one text at a time, none waiting, few requests per
# caller, and one look-up per second after the first sixty.
CONFIGURATION = """
[matching]
concurrency = 1
queue_length = 0

[limits]
requests_per_caller = 16

[lookup]
lookups_per_minute = 60
"""
REQUESTS_AT_ONCE = 16


class Busy:
    """A separate server, which the last check ends."""

    folder = server = harness = store = None


def attempts(harness, since):
    return [(e.status, e.headers.get("retry-attempt")) for e in harness.recorder.exchanges[since:]]


def retry_after(exchange):
    seconds = exchange.answer_headers["retry-after"]
    true(seconds.isdigit() and 1 <= int(seconds) < 180, f"Retry-After {seconds}: whole seconds that the SDK waits for")


@check("retries: start a server with small bounds")
async def start(harness):
    Busy.folder = tempfile.TemporaryDirectory(prefix="edm-conformance-busy-")
    Busy.server = Server(harness.server.binary, Busy.folder.name, CONFIGURATION)
    Busy.server.start()
    Busy.harness = Harness(Busy.server)
    busy = Busy.harness
    Busy.store = busy.store_id = (await busy.stores.post(store_draft("busy"))).id
    made = await busy.store().sessions.post(ExactMatchSession(total_block_count=1))
    await upload(made.data_upload_u_r_i, [(0, writer_for(busy, made).seal(0, 0, [person(n) for n in range(50)]))])
    await busy.session(made.id).commit.post()
    while (await busy.session(made.id).get()).state == "ProcessingInProgress":
        pass


@check("retries: a lookup beyond its rate is 429 with Retry-After, and the SDK's repeat is answered")
async def rate(harness):
    busy = Busy.harness
    values = [f"987-65-{n:04}" for n in range(60)]
    body = LookupPostRequestBody(key="ssn", values=values, result_column_names=["ssn"])
    equal((await busy.store().lookup.post(body)).value, [], "the first sixty")
    since = len(busy.recorder.exchanges)
    one = LookupPostRequestBody(key="ssn", values=[person(3)[0]], result_column_names=["ssn"])
    found = await busy.store().lookup.post(one)
    equal(len(found.value), 1, "rows")
    seen = attempts(busy, since)
    true(len(seen) >= 2 and seen[0] == (429, None) and seen[-1] == (200, str(len(seen) - 1)), f"attempts {seen}")
    retry_after(busy.recorder.exchanges[since])
    equal({e.body for e in busy.recorder.exchanges[since:]}, {busy.sent.body}, "each repeat has the whole body")


@check("retries: a text that finds the queue full is 429, and the SDK's repeat is answered")
async def queue(harness):
    busy = Busy.harness
    since = len(busy.recorder.exchanges)
    # Takes a debug build seconds. It holds the only permit from when it is read until it is done.
    filler = " ".join(f"{person(n % 50)[0]} {person(n)[1]} {n}" for n in range(20_000))
    long = asyncio.create_task(busy.http.post("/classifyExactMatches", json={"text": filler, "timeoutInMs": "600000"}))
    seen = []
    while not long.done() and not any(status == 429 for status, _ in seen):
        short = await busy.service.classify_exact_matches.post(
            ClassifyExactMatchesPostRequestBody(text=person(3)[0], content_classifications=[]))
        equal(len(short.classification), 1, "what is found in the short text")
        seen = attempts(busy, since)
    equal((await long).status_code, 200, "the long text")
    true((429, None) in seen and seen[-1][0] == 200 and seen[-1][1], f"attempts {seen}")
    retry_after(next(e for e in busy.recorder.exchanges[since:] if e.status == 429))


@check("retries: a POST beyond its caller's requests is 429 before anything has happened, and its repeat makes one store")
async def requests(harness):
    busy = Busy.harness
    before, since = await busy.stores.count.get(), len(busy.recorder.exchanges)
    head = (f"POST /beta/dataClassification/exactMatchDataStores HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {Busy.server.token}\r\n"
            "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{").encode()
    held = []
    for _ in range(REQUESTS_AT_ONCE):
        _, writer = await asyncio.open_connection("127.0.0.1", Busy.server.port)
        writer.write(head)
        await writer.drain()
        held.append(writer)
    while (await busy.http.post("/exactMatchDataStores", json={})).status_code != 429:
        pass
    call = asyncio.create_task(busy.stores.post(store_draft("made once")))
    while not any(e.status == 429 for e in busy.recorder.exchanges[since:]):
        await asyncio.sleep(0)
    for writer in held:
        writer.close()
    made = await call
    seen = attempts(busy, since)
    posts = [(status, attempt) for status, attempt in seen if status in (429, 201)]
    true(posts[0] == (429, None) and posts[-1][0] == 201 and posts[-1][1], f"attempts {seen}")
    retry_after(next(e for e in busy.recorder.exchanges[since:] if e.status == 429))
    equal(await busy.stores.count.get(), before + 1, "stores")
    await busy.store(made.id).delete()


@check("retries: cancel, renew and commit may be repeated")
async def repeats(harness):
    busy = Busy.harness
    made = await busy.store().sessions.post(ExactMatchSession(total_block_count=1, additional_data={"allowShrink": True}))
    session = busy.session(made.id)
    for _ in range(3):
        equal((await session.renew.post()).id, made.id, "renew")
    await upload(made.data_upload_u_r_i, [(0, writer_for(busy, made).seal(0, 0, [person(n) for n in range(50)]))])
    for _ in range(3):
        await session.commit.post()
        equal(busy.sent.status, 204, "commit")
    while (await session.get()).state == "ProcessingInProgress":
        await session.commit.post()
    equal((await session.get()).state, "Completed", "state")
    await session.commit.post()
    equal((await busy.store().get()).additional_data["generation"], 2, "three commits make one generation")
    other = await busy.store().sessions.post(ExactMatchSession())
    for _ in range(3):
        await busy.session(other.id).cancel.post()
        equal(busy.sent.status, 204, "cancel")
    await refused(busy.session(other.id).renew.post(), 409, "sessionClosed")


@check("retries: 409 and 500 are raised at once")
async def not_repeated(harness):
    busy = Busy.harness
    since = len(busy.recorder.exchanges)
    await refused(busy.stores.post(store_draft("busy")), 409, "nameConflict")
    equal(attempts(busy, since), [(409, None)], "attempts")


@check("retries: end that server")
async def stop(harness):
    equal(Busy.server.stop(), 0, "exit status")
    Busy.folder.cleanup()
