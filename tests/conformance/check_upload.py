"""An upload session: Microsoft's SDK opens and commits it, and Azure's client uploads the
blocks."""

import asyncio
import base64
import uuid
from functools import partial
from urllib.parse import parse_qs, urlsplit, urlunsplit
from urllib.parse import quote as percent_encode

from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobBlock, BlobClient
from azure.storage.blob._shared_access_signature import BlobSharedAccessSignature
from block_reference import BlockWriter, checksum_of
from checks import check, equal, true
from hash_reference import hkdf
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph_beta.generated.data_classification.exact_match_data_stores.item.sessions.item.exact_match_session_item_request_builder import (  # noqa: E501
    ExactMatchSessionItemRequestBuilder,
)
from msgraph_beta.generated.models.exact_match_session import ExactMatchSession
from harness import BLOCKS, COLUMNS, ROWS_PER_BLOCK, records, refused, sessions_query

SAMPLES_MIN = 20
quote = partial(percent_encode, safe="")
FINAL = ("Completed", "Failed", "Cancelled", "Expired")


def block_id(number):
    """Azure's client encodes this as base64 itself."""
    return f"{number:08}"


def blob(uri):
    """Returns Azure's client for an upload URI, without retries, because many checks expect a
    refusal."""
    return BlobClient.from_blob_url(uri, retry_total=0)


async def azure_refuses(call, status, code=None):
    try:
        await asyncio.to_thread(call)
    except HttpResponseError as error:
        equal(error.status_code, status, f"status ({error.message})")
        true(error.error_code, "x-ms-error-code")
        if code:
            equal(getattr(error.error_code, "value", error.error_code), code, "x-ms-error-code")
        return error
    raise AssertionError(f"accepted, should be refused with {status}")


def selected(*names, expand=()):
    parameters = ExactMatchSessionItemRequestBuilder.ExactMatchSessionItemRequestBuilderGetQueryParameters(
        select=list(names) or None, expand=list(expand) or None
    )
    return RequestConfiguration(query_parameters=parameters)


def session_draft(harness, **properties):
    defaults = {"upload_agent_id": harness.agent_id, "fields": [c.name for c in COLUMNS], "file_name": "people.csv",
                "rows_per_block": ROWS_PER_BLOCK}
    return ExactMatchSession(**(defaults | properties))


def writer_for(harness, made):
    key_id = uuid.UUID(str(made.additional_data["keyId"]))
    return BlockWriter(made.salt, uuid.UUID(harness.store_id), key_id, COLUMNS)


async def upload(uri, blocks):
    """Stages blocks four at a time, like an agent."""
    client, gate = blob(uri), asyncio.Semaphore(4)

    async def stage(number, block):
        async with gate:
            await asyncio.to_thread(client.stage_block, block_id(number), block, validate_content=True)

    await asyncio.gather(*(stage(number, block) for number, block in blocks))


@check("open a session: salt, key id and upload URI are in the 201")
async def open_session(harness):
    made = await harness.store().sessions.post(session_draft(harness, total_block_count=BLOCKS))
    harness.session_id, harness.uri = made.id, made.data_upload_u_r_i
    harness.secrets.append(made.salt)
    equal(made.state, "UploadInProgress", "state")
    equal((made.total_block_count, made.remaining_block_count), (BLOCKS, BLOCKS), "blocks")
    equal(made.data_store_id, harness.store_id, "dataStoreId")
    true(len(made.salt) == 64 and set(made.salt) <= set("abcdefghijklmnopqrstuvwxyz0123456789"), "salt of 64 a-z0-9")
    true(made.additional_data["expirationDateTime"] > made.creation_date_time, "expirationDateTime lies ahead")
    harness.writer = writer_for(harness, made)
    harness.blocks = [harness.writer.seal(number, number * ROWS_PER_BLOCK, records(number)) for number in range(BLOCKS)]
    return f"{BLOCKS} blocks of {ROWS_PER_BLOCK} rows, {sum(map(len, harness.blocks)) / 1e6:.1f} MB"


@check("the salt is shown again only where $select names it")
async def salt_shown_once(harness):
    plain = await harness.session(harness.session_id).get()
    equal(plain.salt, None, "salt without $select")
    named = await harness.session(harness.session_id).get(selected("salt"))
    equal(named.salt, harness.secrets[0], "salt with $select")
    listed = await harness.store().sessions.get(sessions_query(filter="state eq 'UploadInProgress'"))
    equal([s.salt for s in listed.value], [None], "salt in a list")


@check("$expand=uploadAgent and the navigation show the agent")
async def expand_agent(harness):
    expanded = await harness.session(harness.session_id).get(selected(expand=["uploadAgent"]))
    equal(expanded.upload_agent.id, harness.agent_id, "expanded agent")
    equal((await harness.session(harness.session_id).upload_agent.get()).description, "conformance agent", "navigation")


@check("a forged signature is 403 AuthenticationFailed")
async def forged(harness):
    parts = urlsplit(harness.uri)
    query = parse_qs(parts.query)
    true({"sv", "sr", "sp", "se", "sig"} <= set(query), "a service SAS has sv, sr, sp, se and sig")
    equal(len(parts.path.strip("/").split("/")), 3, "segments of the path")
    signature = query["sig"][0]
    other = ("A" if signature[0] != "A" else "B") + signature[1:]
    changes = [("sig", other), ("sig", ""), ("se", "2999-01-01T00:00:00Z"), ("sp", query["sp"][0] + "d")]
    for name, value in changes:
        changed = {key: values[0] for key, values in query.items()} | {name: value}
        forged_uri = urlunsplit(parts._replace(query="&".join(f"{k}={quote(v)}" for k, v in changed.items())))
        client = blob(forged_uri)
        await azure_refuses(lambda: client.stage_block(block_id(0), harness.blocks[0]), 403, "AuthenticationFailed")
    elsewhere = urlunsplit(parts._replace(path=parts.path.rsplit("/", 1)[0] + f"/{uuid.uuid4()}"))
    client = blob(elsewhere)
    await azure_refuses(lambda: client.stage_block(block_id(0), harness.blocks[0]), 403, "AuthenticationFailed")
    equal((await harness.session(harness.session_id).get()).remaining_block_count, BLOCKS, "blocks after the forgeries")


def signed_by_azure(harness, expiry):
    """Returns the upload URI as signed by Azure's library, with the server's key and another
    expiry."""
    parts = urlsplit(harness.uri)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    master_key = bytes.fromhex((harness.server.data_dir / "master.key").read_text())
    key = base64.b64encode(hkdf(master_key, b"edm/v1/upload-signature", b"")).decode()
    account, container, name = parts.path.strip("/").split("/")
    signer = BlobSharedAccessSignature(account, key)
    signer.x_ms_version = query["sv"]
    signed = signer.generate_blob(
        container, name, permission=query["sp"], expiry=expiry or query["se"], start=query.get("st"), ip=query.get("sip"),
        protocol=query.get("spr"),
    )
    return urlunsplit(parts._replace(query=signed))


@check("Azure's library computes the same signature")
async def same_signature(harness):
    ours, azures = (parse_qs(urlsplit(uri).query) for uri in (harness.uri, signed_by_azure(harness, None)))
    equal(ours, azures, "the query of the upload URI")


@check("a good signature that has expired is 403 AuthenticationFailed")
async def expired(harness):
    client = blob(signed_by_azure(harness, "2020-01-01T00:00:00Z"))
    await azure_refuses(lambda: client.stage_block(block_id(0), harness.blocks[0]), 403, "AuthenticationFailed")
    await azure_refuses(lambda: client.get_block_list("all"), 403, "AuthenticationFailed")


@check("blocks that are damaged, foreign or misnumbered are 400, and nothing is kept")
async def bad_blocks(harness):
    client, good = blob(harness.uri), harness.blocks[0]
    flipped = good[:500] + bytes([good[500] ^ 1]) + good[501:]
    foreign = BlockWriter(harness.secrets[0], uuid.uuid4(), harness.writer.key_id, COLUMNS).seal(0, 0, records(0))
    other_key = BlockWriter(harness.secrets[0], harness.writer.store_id, uuid.uuid4(), COLUMNS).seal(0, 0, records(0))
    other_plan = BlockWriter(harness.secrets[0], harness.writer.store_id, harness.writer.key_id, COLUMNS[:2])
    cases = [
        (block_id(0), flipped), (block_id(0), good[:-1]), (block_id(0), b"hello"), (block_id(0), foreign),
        (block_id(0), other_key), (block_id(0), other_plan.seal(0, 0, [r[:2] for r in records(0)])),
        (block_id(1), good), ("7", good), ("abcdefgh", good), (block_id(BLOCKS), harness.writer.seal(BLOCKS, 0, records(0))),
    ]
    for number, (name, body) in enumerate(cases):
        try:
            await azure_refuses(lambda: client.stage_block(name, body), 400)
        except AssertionError as error:
            raise AssertionError(f"case {number}: {error}") from error
    answer = await harness.http.put(
        f"{harness.uri}&comp=block&blockid={quote(base64.b64encode(block_id(0).encode()).decode())}",
        content=good, headers={"content-md5": base64.b64encode(bytes(16)).decode(), "authorization": ""},
    )
    equal((answer.status_code, answer.headers.get("x-ms-error-code")), (400, "Md5Mismatch"), "wrong Content-MD5")
    equal((await harness.session(harness.session_id).get()).remaining_block_count, BLOCKS, "blocks after the refusals")


@check("Put Blob is refused with a sentence")
async def put_blob(harness):
    error = await azure_refuses(lambda: blob(harness.uri).upload_blob(b"whole file", overwrite=True), 400)
    true(len(error.message) > 20, "a sentence")


@check("commit before the upload is complete is 409 uploadIncomplete with the gaps")
async def incomplete(harness):
    await upload(harness.uri, [(n, harness.blocks[n]) for n in (0, 1, 3)])
    session = await harness.session(harness.session_id).get()
    equal(session.remaining_block_count, BLOCKS - 3, "remainingBlockCount")
    true(session.start_date_time is not None, "startDateTime is set with the first block")
    error = await refused(harness.session(harness.session_id).commit.post(), 409, "uploadIncomplete")
    told = " ".join(f"{d.message} {d.target}" for d in error.error.details or [])
    true("2" in told and "4" in told and str(BLOCKS - 1) in told, f"details name the gaps 2 and 4 to {BLOCKS - 1}: {told}")


@check("the same block again is accepted, other bytes are 409 blockConflict")
async def repeat(harness):
    client = blob(harness.uri)
    await asyncio.to_thread(client.stage_block, block_id(0), harness.blocks[0])
    other = harness.writer.seal(0, 0, records(1))
    await azure_refuses(lambda: client.stage_block(block_id(0), other), 409, "blockConflict")
    equal((await harness.session(harness.session_id).get()).remaining_block_count, BLOCKS - 3, "remainingBlockCount")


@check("renew gives another URI for the same session")
async def renew(harness):
    renewed = await harness.session(harness.session_id).renew.post()
    equal((renewed.id, renewed.state), (harness.session_id, "UploadInProgress"), "the session")
    true(renewed.data_upload_u_r_i, "an upload URI")
    harness.uri = renewed.data_upload_u_r_i


@check("upload every block; the block list shows them")
async def upload_all(harness):
    await upload(harness.uri, list(enumerate(harness.blocks)))
    equal((await harness.session(harness.session_id).get()).remaining_block_count, 0, "remainingBlockCount")
    committed, staged = await asyncio.to_thread(blob(harness.uri).get_block_list, "all")
    equal(len(committed), 0, "committed blocks")
    equal(sorted(b.id for b in staged), [block_id(n) for n in range(BLOCKS)], "staged blocks")
    equal({b.size for b in staged}, {len(b) for b in harness.blocks}, "sizes")


@check("a block list out of order is 400 InvalidBlockList, the right one is taken twice")
async def block_list(harness):
    client = blob(harness.uri)
    right = [BlobBlock(block_id(n)) for n in range(BLOCKS)]
    for wrong in (right[::-1], right[1:], right[:-1], right + [BlobBlock(block_id(BLOCKS))]):
        await azure_refuses(lambda: client.commit_block_list(wrong), 400, "InvalidBlockList")
    await asyncio.to_thread(client.commit_block_list, right)
    await asyncio.to_thread(client.commit_block_list, right)
    committed, _ = await asyncio.to_thread(client.get_block_list, "committed")
    equal([b.id for b in committed], [block_id(n) for n in range(BLOCKS)], "committed blocks")


@check("a wrong checksum is 409 at commit and can be corrected by PATCH")
async def checksum(harness):
    await harness.session(harness.session_id).patch(ExactMatchSession(checksum="0" * 64))
    await refused(harness.session(harness.session_id).commit.post(), 409, "checksumMismatch")
    await harness.session(harness.session_id).patch(ExactMatchSession(checksum=checksum_of(harness.blocks)))


@check("commit; counts fall, states and dates are in order, the session completes")
async def commit(harness):
    before = await harness.store().get()
    await harness.session(harness.session_id).commit.post()
    samples = await samples_until_final(harness, harness.session_id)
    judge_samples(samples)
    last = samples[-1]
    equal((last.state, last.error), ("Completed", None), "final state")
    equal((last.remaining_job_count, last.remaining_block_count), (0, 0), "final counts")
    dates = [last.creation_date_time, last.start_date_time, last.upload_completion_date_time,
             last.processing_completion_date_time, last.completion_date_time]
    true(None not in dates and dates == sorted(dates), f"dates in order: {[str(d) for d in dates]}")
    equal(before.additional_data["generation"], 0, "generation before")
    store = await harness.store().get()
    extra = store.additional_data
    equal((extra["rowCount"], extra["generation"]), (BLOCKS * ROWS_PER_BLOCK, 1), "rowCount and generation")
    equal(str(extra["activeSessionId"]), harness.session_id, "activeSessionId")
    true(store.data_last_updated_date_time is not None, "dataLastUpdatedDateTime")
    processing = [s for s in samples if s.state == "ProcessingInProgress"]
    seconds = (last.completion_date_time - last.upload_completion_date_time).total_seconds()
    return f"{len(processing)} samples while processing, {last.total_job_count} jobs, live after {seconds:.1f} s"


async def samples_until_final(harness, session_id):
    samples = []
    while not samples or samples[-1].state not in FINAL:
        samples.append(await harness.session(session_id).get())
    return samples


def judge_samples(samples):
    states = [s.state for s in samples]
    order = ["UploadInProgress", "ProcessingInProgress", "Completed"]
    true(set(states) <= set(order) and states == sorted(states, key=order.index), f"states {sorted(set(states))} in order")
    processing = [s for s in samples if s.state == "ProcessingInProgress"]
    true(len(processing) >= SAMPLES_MIN, f"{len(processing)} samples while processing, {SAMPLES_MIN} are wanted")
    totals = {s.total_job_count for s in processing}
    true(len(totals) == 1 and totals.pop() > 0, f"totalJobCount stays: {sorted({s.total_job_count for s in processing}, key=str)}")
    remaining = [s.remaining_job_count for s in samples]
    true(None not in remaining and remaining == sorted(remaining, reverse=True), "remainingJobCount only falls")
    true(len(set(remaining)) >= 5, f"remainingJobCount is seen to fall: {sorted(set(remaining), reverse=True)}")
    updated = [s.last_updated_date_time for s in samples]
    true(None not in updated and updated == sorted(updated), "lastUpdatedDateTime only rises")
    true(all(s.upload_completion_date_time for s in processing), "uploadCompletionDateTime is set from commit on")
    true(all(s.completion_date_time is None for s in processing), "completionDateTime is not set before the end")


@check("commit again is 204, cancel after completion is 409, the live session cannot be deleted")
async def after_completion(harness):
    await harness.session(harness.session_id).commit.post()
    await refused(harness.session(harness.session_id).cancel.post(), 409)
    await refused(harness.session(harness.session_id).delete(), 409)
    await azure_refuses(lambda: blob(harness.uri).stage_block(block_id(0), harness.blocks[0]), 409)


@check("cancel ends a session; twice is 204, commit afterwards is 409 sessionClosed")
async def cancel(harness):
    made = await harness.store().sessions.post(session_draft(harness))
    harness.secrets.append(made.salt)
    equal((made.total_block_count, made.remaining_block_count), (None, None), "blocks of an unknown total")
    await upload(made.data_upload_u_r_i, [(0, harness.blocks[0])])
    await harness.session(made.id).cancel.post()
    await harness.session(made.id).cancel.post()
    equal((await harness.session(made.id).get()).state, "Cancelled", "state")
    await refused(harness.session(made.id).commit.post(), 409, "sessionClosed")
    await refused(harness.session(made.id).renew.post(), 409, "sessionClosed")
    await harness.session(made.id).delete()
    await refused(harness.session(made.id).get(), 404)


@check("fields, agent and salt that cannot be are refused at the first block")
async def refused_at_first_block(harness):
    cases = [
        ({"fields": ["ssn", "shoeSize"]}, "fieldsMismatch"),
        ({"upload_agent_id": str(uuid.uuid4())}, "unknownUploadAgent"),
        ({"salt": "Salt value"}, "weakSalt"),
    ]
    for properties, code in cases:
        made = await harness.store().sessions.post(session_draft(harness, **properties))
        block = writer_for(harness, made).seal(0, 0, records(0))
        await azure_refuses(lambda: blob(made.data_upload_u_r_i).stage_block(block_id(0), block), 409, code)
        await harness.session(made.id).cancel.post()


@check("the sessions of a store: list, filter, order, count")
async def list_sessions(harness):
    every = await harness.store().sessions.get(sessions_query(orderby=["creationDateTime desc"], count=True))
    equal(every.odata_count, len(every.value), "@odata.count")
    made = [s.creation_date_time for s in every.value]
    equal(made, sorted(made, reverse=True), "order")
    done = await harness.store().sessions.get(sessions_query(filter="state eq 'Completed'", select=["id", "state"], top=5))
    equal([(s.id, s.state, s.file_name) for s in done.value], [(harness.session_id, "Completed", None)], "completed sessions")
    equal(await harness.store().sessions.count.get(), len(every.value), "/$count")
