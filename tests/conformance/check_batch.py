"""$batch with Microsoft's SDK and in Graph's documented form (docs/api/batch.md)."""

import json

from checks import check, equal, true
from graph_client import graph_client
from kiota_serialization_json.json_parse_node import JsonParseNode
from msgraph_beta.generated.models.exact_match_data_store import ExactMatchDataStore
from msgraph_beta.generated.models.exact_match_data_store_collection_response import ExactMatchDataStoreCollectionResponse
from msgraph_beta.generated.models.exact_match_session import ExactMatchSession
from msgraph_beta.generated.models.o_data_errors.o_data_error import ODataError
from msgraph_core.requests.batch_request_builder import BatchRequestBuilder
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_content_collection import BatchRequestContentCollection
from msgraph_core.requests.batch_request_item import BatchRequestItem
from harness import refused, store_draft, stores_query

NOBODY = "00000000-dead-4bad-8bad-00000000beef"
ERRORS = {"XXX": ODataError}


class Kept:
    store = None


def item(harness, information, item_id, depends_on=None):
    """Makes a batch item from a request of the SDK."""
    information.path_parameters["baseurl"] = f"{harness.server.origin}/beta"
    return BatchRequestItem(request_information=information, id=item_id, depends_on=depends_on or [])


async def send(harness, *items, graph=None):
    content = BatchRequestContent({i.id: i for i in items})
    return await BatchRequestBuilder((graph or harness.graph).request_adapter, ERRORS).post(content, ERRORS)


async def documented(harness, *requests):
    answer = await harness.http.post(f"{harness.server.origin}/beta/$batch", json={"requests": list(requests)})
    equal(answer.status_code, 200, f"status: {answer.text[:300]}")
    return {r["id"]: r for r in answer.json()["responses"]}


@check("batch: the SDK's form goes out as the contract has it, and is answered")
async def sdk_form(harness):
    Kept.store = (await harness.stores.post(store_draft("batched"))).id
    store = item(harness, harness.store(Kept.store).to_get_request_information(), "1")
    session = harness.store(Kept.store).sessions.to_post_request_information(ExactMatchSession(file_name="f"))
    answers = await send(harness, store, item(harness, session, "2", ["1"]))
    sent, path = harness.sent, f"{harness.server.origin}/beta/dataClassification/exactMatchDataStores/{Kept.store}"
    equal((sent.method, sent.target, sent.status, sent.headers["accept"]), ("POST", "/beta/$batch", 200, "*/*"), "the request")
    equal(sent.json(), {"requests": [
        {"id": "1", "method": "GET", "url": path, "depends_on": [], "headers": {"accept": "application/json"}},
        {"id": "2", "method": "POST", "url": f"{path}/sessions", "depends_on": ["1"],
         "headers": {"accept": "application/json", "content-type": "application/json"}, "body": {"fileName": "f"}}]}, "the body")
    equal(answers.get_response_status_codes(), {"1": 200, "2": 201}, "statuses")
    location = {k.lower(): v for k, v in answers.get_response_by_id("2").headers.items()}["location"]
    made = await harness.session(location.rsplit("/", 1)[1], Kept.store).get()
    equal((made.file_name, made.state), ("f", "UploadInProgress"), "the session that Location names")
    equal(location, f"{path}/sessions/{made.id}", "Location")


@check("batch: lists, $count, actions and DELETE through the SDK")
async def kinds(harness):
    made = await harness.store(Kept.store).sessions.post(ExactMatchSession())
    session = harness.session(made.id, Kept.store)
    answers = await send(
        harness,
        item(harness, harness.stores.to_get_request_information(stores_query(filter="displayName eq 'batched'", select=["id"])), "list"),
        item(harness, harness.store(Kept.store).sessions.count.to_get_request_information(), "count"),
        item(harness, session.renew.to_post_request_information(), "renew"),
        item(harness, session.cancel.to_post_request_information(), "cancel", ["renew"]),
        item(harness, session.to_delete_request_information(), "delete", ["cancel"]),
        item(harness, session.to_get_request_information(), "gone", ["delete"]),
    )
    equal(answers.get_response_status_codes(), {"list": 200, "count": 200, "renew": 200, "cancel": 204, "delete": 204, "gone": 404}, "statuses")
    equal(answers.get_response_stream_by_id("count").read(), b"2", "$count, a string that the SDK takes for base64")
    equal(answers.get_response_by_id("cancel").body, None, "the body of a 204")


@check("batch: bodies of the SDK's form are JSON as it is documented, of the SDK's own classes")
async def bodies(harness):
    # This SDK's serialiser drops object bodies (kiota-python issue 737), so its classes are called
    # directly.
    path = f"{harness.server.origin}/beta/dataClassification/exactMatchDataStores"
    sdk = lambda item_id, url: {"id": item_id, "method": "GET", "url": url, "depends_on": [], "headers": {"accept": "application/json"}}  # noqa: E731
    by_id = await documented(harness, sdk("store", f"{path}/{Kept.store}"), sdk("list", f"{path}?$filter=displayName eq 'batched'"), sdk("gone", f"{path}/{NOBODY}"))
    read = lambda item_id, kind: JsonParseNode(by_id[item_id]["body"]).get_object_value(kind)  # noqa: E731
    equal((read("store", ExactMatchDataStore).display_name, read("store", ExactMatchDataStore).id), ("batched", Kept.store), "the store")
    equal([s.id for s in read("list", ExactMatchDataStoreCollectionResponse).value], [Kept.store], "the list")
    error = read("gone", ODataError).error
    equal((error.code, error.inner_error.request_id), ("resourceNotFound", by_id["gone"]["headers"]["request-id"]), "the error")


@check("batch: twenty requests are answered, more are split by the SDK and refused by the server")
async def bounds(harness):
    get = lambda number: item(harness, harness.store(Kept.store).to_get_request_information(), str(number))  # noqa: E731
    answers = await send(harness, *(get(n) for n in range(20)))
    equal(set(answers.get_response_status_codes().values()), {200}, "statuses")
    requests = [{"id": str(n), "method": "GET", "url": "/dataClassification"} for n in range(21)]
    answer = await harness.http.post(f"{harness.server.origin}/beta/$batch", json={"requests": requests})
    equal((answer.status_code, answer.json()["error"]["target"]), (400, "requests"), "21 requests")
    collection = BatchRequestContentCollection()
    for number in range(25):
        collection.add_batch_request_item(get(number))
    before = len(harness.recorder.exchanges)
    split = await BatchRequestBuilder(harness.graph.request_adapter, ERRORS).post(collection, ERRORS)
    statuses = [status for response in split.get_responses() for status in response.get_response_status_codes().values()]
    equal((statuses, {e.status for e in harness.recorder.exchanges[before:]}), ([200] * 25, {200}), "statuses of a collection")


@check("batch: what waits for a failure is 424, in both spellings, and does not happen")
async def dependencies(harness):
    before = await harness.stores.count.get()
    post = lambda name: harness.stores.to_post_request_information(store_draft(name))  # noqa: E731
    answers = await send(
        harness, item(harness, harness.store(NOBODY).to_get_request_information(), "a"), item(harness, post("never"), "b", ["a"]),
        item(harness, post("never as well"), "c", ["b"]), item(harness, harness.store(Kept.store).to_get_request_information(), "d"))
    equal(answers.get_response_status_codes(), {"a": 404, "b": 424, "c": 424, "d": 200}, "statuses")
    by_id = await documented(
        harness, {"id": "a", "method": "GET", "url": f"/dataClassification/exactMatchDataStores/{NOBODY}"},
        {"id": "b", "method": "DELETE", "url": f"/dataClassification/exactMatchDataStores/{Kept.store}", "dependsOn": ["a"]})
    equal((by_id["b"]["status"], by_id["b"]["body"]["error"]["code"]), (424, "failedDependency"), "documented form")
    equal(await harness.stores.count.get(), before, "stores")


@check("batch: Graph's documented form, with and without the first slash")
async def documented_form(harness):
    base = f"dataClassification/exactMatchDataStores/{Kept.store}"
    json_type = {"Content-Type": "application/json"}
    by_id = await documented(
        harness, {"id": "1", "method": "GET", "url": f"/{base}?$select=displayName"}, {"id": "2", "method": "GET", "url": f"{base}/sessions/$count"},
        {"id": "3", "method": "PATCH", "url": f"/{base}", "headers": json_type, "body": {"description": "in a batch"}, "dependsOn": ["1", "2"]},
        {"id": "4", "method": "POST", "url": "/dataClassification/classifyExactMatches", "headers": json_type, "body": {"text": "x"}},
        {"id": "5", "method": "POST", "url": "/dataClassification/classifyExactMatches", "headers": {"Content-Type": "text/plain"}, "body": "a text"},
        {"id": "6", "method": "PUT", "url": f"/{base}", "headers": json_type, "body": {}})
    equal({i: r["status"] for i, r in by_id.items()}, {"1": 200, "2": 200, "3": 200, "4": 200, "5": 200, "6": 405}, "statuses")
    equal((by_id["1"]["body"]["displayName"], by_id["2"]["body"]), ("batched", "1"), "bodies")
    equal((await harness.store(Kept.store).get()).description, "in a batch", "the store")
    equal({r["headers"]["OData-Version"] for r in by_id.values()}, {"4.0"}, "headers")
    true(len({r["headers"]["request-id"] for r in by_id.values()}) == 6, "each has a request-id of its own")


@check("batch: If-Match, Prefer and client-request-id of one request are its own")
async def own_headers(harness):
    path = f"/dataClassification/exactMatchDataStores/{Kept.store}"
    headers = {"content-type": "application/json", "If-Match": "W/\"stale\"", "client-request-id": "mine"}
    by_id = await documented(
        harness, {"id": "stale", "method": "PATCH", "url": path, "headers": headers, "body": {"description": "no"}},
        {"id": "page", "method": "GET", "url": "/dataClassification/exactMatchDataStores", "headers": {"Prefer": "odata.maxpagesize=1"}},
        {"id": "quiet", "method": "PATCH", "url": path, "headers": {"content-type": "application/json", "prefer": "return=minimal"}, "body": {"description": "quiet"}})
    equal(by_id["stale"]["headers"]["client-request-id"], "mine", "client-request-id")
    equal(len(by_id["page"]["body"]["value"]), 1, "a page of one")
    equal((by_id["stale"]["status"], by_id["quiet"]["status"]), (412, 204), "statuses of If-Match and Prefer")


@check("batch: rights are those of the token, of the batch or of the request")
async def rights(harness):
    reader = await harness.token("Read")
    client = graph_client(harness.server.origin, reader, harness.recorder)
    answers = await send(
        harness, item(harness, harness.store(Kept.store).to_get_request_information(), "read"),
        item(harness, harness.store(Kept.store).to_delete_request_information(), "delete"), graph=client)
    equal(answers.get_response_status_codes(), {"read": 200, "delete": 403}, "statuses")
    stranger = graph_client(harness.server.origin, "nobody", harness.recorder)
    await refused(send(harness, item(harness, harness.store(Kept.store).to_get_request_information(), "read"), graph=stranger), 401, "unauthenticated")


@check("batch: another host, a batch within, a circle, a repeated id and atomicityGroup are refused")
async def refusals(harness):
    get = lambda item_id, **more: {"id": item_id, "method": "GET", "url": "/dataClassification", **more}  # noqa: E731
    by_id = await documented(harness, get("1", url="https://graph.microsoft.com/beta/dataClassification"), get("2", url="/$batch"), get("3"))
    equal([by_id[i]["status"] for i in "123"], [400, 400, 200], "statuses of requests")
    for name, requests in (("a circle", [get("1", dependsOn=["2"]), get("2", dependsOn=["1"])]), ("a repeated id", [get("1"), get("1")]),
                           ("no id", [{"method": "GET", "url": "/"}]), ("atomicityGroup", [get("1", atomicityGroup="g")])):
        answer = await harness.http.post(f"{harness.server.origin}/beta/$batch", content=json.dumps({"requests": requests}),
                                       headers={"content-type": "application/json"})
        equal((answer.status_code, bool(answer.json()["error"]["target"])), (400, True), name)
    await harness.store(Kept.store).delete()
