"""How Microsoft's SDK reads this server's responses."""

import datetime
import re
import uuid

from checks import check, equal, true
from msgraph_beta.generated.models.exact_match_data_store import ExactMatchDataStore
from msgraph_beta.generated.models.exact_match_session import ExactMatchSession
from msgraph_beta.generated.models.exact_match_session_base import ExactMatchSessionBase
from msgraph_core.tasks.page_iterator import PageIterator
from harness import refused, sessions_query, store_draft, stores_query

STORES_MADE = 7


class Kept:
    """Shared data of these checks: some stores, the first with sessions."""

    ids, sessions = [], []


@check("responses: POST is 201 with the resource, PATCH 200 with it, void actions and DELETE 204 without a body")
async def statuses(harness):
    for number in range(STORES_MADE):
        made = await harness.stores.post(store_draft(f"page {number}"))
        equal((harness.sent.status, made.display_name), (201, f"page {number}"), "POST")
        Kept.ids.append(made.id)
    changed = await harness.store(Kept.ids[0]).patch(ExactMatchDataStore(description="with a body"))
    equal((harness.sent.status, changed.description), (200, "with a body"), "PATCH")
    for number in range(5):
        made = await harness.store(Kept.ids[0]).sessions.post(ExactMatchSession(file_name=f"file {number}"))
        Kept.sessions.append(made.id)
    for _ in range(2):
        await harness.session(Kept.sessions[0], Kept.ids[0]).cancel.post()
        equal((harness.sent.status, harness.sent.answer_headers.get("content-length", "0")), (204, "0"), "cancel")
    await harness.session(Kept.sessions[0], Kept.ids[0]).delete()
    equal(harness.sent.status, 204, "DELETE")


@check("responses: entities are JSON whatever is accepted, with their parameters")
async def content_type(harness):
    for accept in ("application/json", "*/*", "application/json;odata.metadata=none", "text/html", ""):
        answer = await harness.http.get(f"/exactMatchDataStores/{Kept.ids[0]}", headers={"accept": accept})
        equal(answer.status_code, 200, f"status for {accept!r}")
        true(answer.headers["content-type"].startswith("application/json"), answer.headers["content-type"])
        true(not answer.content.startswith(b"\xef\xbb\xbf"), "no byte order mark")


@check("responses: $count is bare digits")
async def count(harness):
    for path in ("exactMatchDataStores", f"exactMatchDataStores/{Kept.ids[0]}/sessions", "exactMatchUploadAgents", "sensitiveTypes"):
        answer = await harness.http.get(f"/{path}/$count", headers={"accept": "text/plain;q=0.9"})
        true(re.fullmatch(rb"\d+", answer.content), f"{path}: {answer.content!r}")
        true(answer.headers["content-type"].startswith("text/plain"), answer.headers["content-type"])
    equal(await harness.store(Kept.ids[0]).sessions.count.get(), 4, "sessions")


@check("responses: Int32 are JSON integers, so the SDK keeps them")
async def integers(harness):
    session = await harness.session(Kept.sessions[1], Kept.ids[0]).patch(ExactMatchSession(total_block_count=15))
    equal((session.total_block_count, session.remaining_block_count), (15, 15), "blocks")
    raw = (await harness.http.get(f"/exactMatchDataStores/{Kept.ids[0]}/sessions/{Kept.sessions[1]}")).json()
    for name in ("totalBlockCount", "remainingBlockCount"):
        true(type(raw[name]) is int, f"{name}: {raw[name]!r}")
    page = await harness.stores.get(stores_query(count=True, top=1))
    true(type(page.odata_count) is int, f"@odata.count: {page.odata_count!r}")


@check("responses: ids are GUIDs, also where Graph says that they are strings")
async def guids(harness):
    for resource in (*(await harness.stores.get()).value, *(await harness.service.sensitive_types.get()).value):
        equal(str(uuid.UUID(resource.id)), resource.id, "id")


@check("responses: null properties are read as None")
async def nulls(harness):
    raw = (await harness.http.get(f"/exactMatchDataStores/{Kept.ids[0]}/sessions/{Kept.sessions[1]}")).json()
    session = await harness.session(Kept.sessions[1], Kept.ids[0]).get()
    true(any(value is None for value in raw.values()), f"some are null: {sorted(raw)}")
    equal((session.error, session.completion_date_time), (None, None), "error and completionDateTime")


@check("responses: every date is UTC with Z and at most seven digits, and the SDK reads it")
async def dates(harness):
    raw = (await harness.http.get(f"/exactMatchDataStores/{Kept.ids[0]}/sessions/{Kept.sessions[1]}")).json()
    named = {name: value for name, value in raw.items() if name.endswith("DateTime") and value is not None}
    true({"creationDateTime", "lastUpdatedDateTime"} <= set(named), f"dates: {sorted(named)}")
    for name, value in named.items():
        true(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z", value), f"{name}: {value}")
    session = await harness.session(Kept.sessions[1], Kept.ids[0]).get()
    age = datetime.datetime.now(datetime.timezone.utc) - session.creation_date_time
    true(abs(age) < datetime.timedelta(hours=1), f"creationDateTime is {age} ago")


@check("responses: every resource says its type, and becomes the SDK's class for it")
async def discriminators(harness):
    store = await harness.store(Kept.ids[0]).get()
    session = await harness.session(Kept.sessions[1], Kept.ids[0]).get()
    listed = await harness.store(Kept.ids[0]).sessions.get()
    equal((store.odata_type, session.odata_type), ("#microsoft.graph.exactMatchDataStore", "#microsoft.graph.exactMatchSession"), "types")
    equal({type(s) for s in listed.value}, {ExactMatchSession}, "classes of listed sessions")


@check("responses: a session cast to its base in the path")
async def cast(harness):
    base = f"/exactMatchDataStores/{Kept.ids[0]}/sessions"
    for path in (f"{base}/microsoft.graph.exactMatchSessionBase", f"{base}/microsoft.graph.exactMatchSession"):
        answer = await harness.http.get(f"{path}?$count=true")
        equal((answer.status_code, answer.json().get("@odata.count")), (200, 4), path)
        equal((await harness.http.get(f"{path}/$count")).text, "4", f"{path}/$count")
    one = await harness.http.get(f"{base}/{Kept.sessions[1]}/microsoft.graph.exactMatchSessionBase")
    equal((one.status_code, one.json().get("id")), (200, Kept.sessions[1]), "one session")
    cast = await harness.session(Kept.sessions[1], Kept.ids[0]).with_url(str(one.url)).get()
    true(isinstance(cast, ExactMatchSessionBase), type(cast).__name__)
    other = await harness.http.get(f"{base}/{Kept.sessions[1]}/microsoft.graph.sensitiveType")
    true(other.status_code in (400, 404) and other.json()["error"]["code"], f"a cast to what it is not: {other.status_code}")


@check("responses: nextLink is absolute and is followed by with_url")
async def next_link(harness):
    query = stores_query(headers={"Prefer": "odata.maxpagesize=3"}, filter="startswith(displayName,'page ')", orderby=["displayName desc"], count=True)
    page, names, pages = await harness.stores.get(query), [], 0
    while True:
        pages += 1
        names += [s.display_name for s in page.value]
        equal(page.odata_count, STORES_MADE, "@odata.count of every page")
        if not page.odata_next_link:
            break
        true(page.odata_next_link.startswith(f"{harness.server.origin}/beta/dataClassification/exactMatchDataStores?"), page.odata_next_link)
        page = await harness.stores.with_url(page.odata_next_link).get(stores_query(headers={"Prefer": "odata.maxpagesize=3"}))
        equal(harness.sent.headers["accept"], "application/json", "accept")
    equal((pages, names), (3, [f"page {n}" for n in reversed(range(STORES_MADE))]), "pages and names")


@check("responses: PageIterator walks every page")
async def page_iterator(harness):
    page = await harness.stores.get(stores_query(top=None, headers={"Prefer": "odata.maxpagesize=2"},
                                               filter="startswith(displayName,'page ')", orderby=["displayName"]))
    names, iterator = [], PageIterator(page, harness.graph.request_adapter)
    # set_headers of this SDK fails on any header, so this bypasses it.
    iterator.headers.add("Prefer", "odata.maxpagesize=2")
    before = len(harness.recorder.exchanges)

    def take(store):
        names.append(store.display_name)
        return True

    await iterator.iterate(take)
    equal(names, [f"page {n}" for n in range(STORES_MADE)], "names")
    equal(len(harness.recorder.exchanges) - before, 3, "pages fetched after the first")
    equal(harness.sent.headers["accept"], "*/*", "accept")


@check("responses: PageIterator over sessions with $expand keeps the expansion on every page")
async def expanded_pages(harness):
    query = sessions_query(expand=["uploadAgent"], orderby=["fileName"])
    query.headers.add("Prefer", "odata.maxpagesize=3")
    page = await harness.store(Kept.ids[0]).sessions.get(query)
    names, iterator = [], PageIterator(page, harness.graph.request_adapter)
    await iterator.iterate(lambda session: names.append(session.file_name) or True)
    equal(names, [f"file {n}" for n in range(1, 5)], "names")
    true("uploadAgent" in harness.sent.target, harness.sent.target)


@check("responses: gzip is offered by the client, and what is sent can be read")
async def gzip(harness):
    await harness.stores.get()
    true("gzip" in harness.sent.headers["accept-encoding"], "accept-encoding")
    true(harness.sent.answer_headers.get("content-encoding") in (None, "gzip", "deflate"), "content-encoding")


@check("responses: ETag is on the resource, If-None-Match gives 304, If-Match of an older one 412")
async def etags(harness):
    path = f"/exactMatchDataStores/{Kept.ids[1]}"
    first = await harness.http.get(path)
    tag = first.headers.get("etag")
    true(tag and first.json().get("@odata.etag") == tag, f"ETag {tag}, @odata.etag {first.json().get('@odata.etag')}")
    same = await harness.http.get(path, headers={"if-none-match": tag})
    equal((same.status_code, same.content), (304, b""), "If-None-Match")
    stale = {"if-match": tag}
    equal((await harness.http.patch(path, json={"description": "one"}, headers=stale)).status_code, 200, "PATCH with If-Match")
    equal((await harness.http.patch(path, json={"description": "two"}, headers=stale)).status_code, 412, "PATCH with an older one")
    equal((await harness.http.delete(path, headers=stale)).status_code, 412, "DELETE with an older one")
    equal((await harness.http.get(path)).json()["description"], "one", "description")


@check("responses: what is gone is 404 for the SDK")
async def gone(harness):
    for store in Kept.ids:
        await harness.store(store).delete()
        await refused(harness.store(store).get(), 404)
