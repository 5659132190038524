"""Deltas: records added, changed and removed in a live table, through properties that the SDK
does not know."""

import json
import uuid
from dataclasses import replace

from block_reference import DELETE, UPSERT, BlockWriter
from check_upload import azure_refuses, blob, block_id, session_draft, upload
from checks import check, equal
from msgraph_beta.generated.data_classification.exact_match_data_stores.item.lookup.lookup_post_request_body import (
    LookupPostRequestBody,
)
from harness import COLUMNS, person, refused, store_draft

KEYED = [replace(column, key=column.name == "ssn") for column in COLUMNS]
RECORDS = 50
# Records that are not in the other table.
FIRST = 1_000_000


def someone(index):
    return person(FIRST + index)


def delta(harness, **properties):
    return session_draft(harness, rows_per_block=None, additional_data={"updateMode": "delta"}, **properties)


def writer_for(harness, made):
    return BlockWriter(made.salt, uuid.UUID(harness.keyed_id), uuid.UUID(str(made.additional_data["keyId"])), KEYED)


async def live(harness, made, blocks):
    """Uploads blocks of (operation, records), commits, and returns the final session."""
    harness.secrets.append(made.salt)
    writer, first_row, sealed = writer_for(harness, made), 0, []
    for number, (operation, records) in enumerate(blocks):
        sealed.append((number, writer.seal(number, first_row, records, operation)))
        first_row += len(records)
    await upload(made.data_upload_u_r_i, sealed)
    await harness.session(made.id, harness.keyed_id).commit.post()
    while True:
        session = await harness.session(made.id, harness.keyed_id).get()
        if session.state not in ("UploadInProgress", "ProcessingInProgress"):
            return session


async def rows(harness, *indices):
    """Returns (row, session) of each match."""
    body = LookupPostRequestBody(key="ssn", values=[someone(index)[0] for index in indices], result_column_names=["ssn"])
    found = [json.loads(row) for row in (await harness.store(harness.keyed_id).lookup.post(body)).value]
    return [(row["row"], row["rowSessionId"]) for row in found]


@check("a delta needs a key and live data")
async def needs(harness):
    await refused(harness.store().sessions.post(delta(harness)), 400, "keyColumnMissing")
    made = await harness.stores.post(store_draft("keyed patients", KEYED))
    harness.keyed_id = made.id
    equal([c.additional_data.get("isKey") for c in made.columns], [True, False, False], "isKey")
    await refused(harness.store(harness.keyed_id).sessions.post(delta(harness)), 409, "noLiveData")


@check("a delta adds, changes and removes records by their key")
async def changes(harness):
    draft = session_draft(harness, rows_per_block=None, total_block_count=1)
    first = await harness.store(harness.keyed_id).sessions.post(draft)
    equal(first.additional_data["updateMode"], "replace", "updateMode by default")
    removing = writer_for(harness, first).seal(0, 0, [(someone(3)[0], "", "")], DELETE)
    await azure_refuses(lambda: blob(first.data_upload_u_r_i).stage_block(block_id(0), removing), 400)
    end = await live(harness, first, [(UPSERT, [someone(index) for index in range(RECORDS)])])
    equal((end.state, end.error), ("Completed", None), "the table's end")
    second = await harness.store(harness.keyed_id).sessions.post(delta(harness, total_block_count=2))
    equal(second.additional_data["updateMode"], "delta", "updateMode")
    changed, added = (someone(1)[0], "Changed", "1999-01-02"), someone(RECORDS)
    end = await live(harness, second, [(UPSERT, [changed, added]), (DELETE, [(someone(2)[0], "", "")])])
    equal((end.state, end.error), ("Completed", None), "the delta's end")
    equal(end.remaining_job_count, 0, "remainingJobCount")
    equal(await rows(harness, 0), [(1, first.id)], "a record that nobody touched")
    equal(await rows(harness, 1, RECORDS), [(1, second.id), (2, second.id)], "one changed and one added")
    equal(await rows(harness, 2), [], "one removed")
    store = (await harness.store(harness.keyed_id).get()).additional_data
    equal((store["rowCount"], store["generation"]), (RECORDS, 2), "rowCount and generation")
    answer = await harness.http.post("/classifyExactMatches", json={"text": " ".join(changed)})
    found = [match for one in answer.json()["classification"] for match in one["matches"]]
    equal([(m["confidence"], m["rows"], m["rowSessionIds"]) for m in found], [(85, [1], [second.id])], "the match")


@check("a delta with another salt is 409 saltMismatch, with the same one it is taken")
async def salts(harness):
    salt = "another salt 0123456789 that is long enough"
    await refused(harness.store(harness.keyed_id).sessions.post(delta(harness, salt=salt)), 409, "saltMismatch")
    made = await harness.store(harness.keyed_id).sessions.post(delta(harness, salt=harness.secrets[-1]))
    await harness.session(made.id, harness.keyed_id).cancel.post()


@check("deltas follow the order of their commits, and rollback takes the last one back")
async def order(harness):
    made = [await harness.store(harness.keyed_id).sessions.post(delta(harness, total_block_count=1)) for _ in range(3)]
    for number, session in enumerate(made):
        block = writer_for(harness, session).seal(0, 0, [(someone(5)[0], f"Name{number}", "1999-01-02")])
        await upload(session.data_upload_u_r_i, [(0, block)])
    for session in made:
        await harness.session(session.id, harness.keyed_id).commit.post()
    for session in made:
        while (state := (await harness.session(session.id, harness.keyed_id).get()).state) == "ProcessingInProgress":
            pass
        equal(state, "Completed", "state")
    equal(await rows(harness, 5), [(1, made[2].id)], "the last commit's record")
    answer = await harness.http.post(f"/exactMatchDataStores/{harness.keyed_id}/rollback")
    equal((answer.status_code, answer.json()["activeSessionId"]), (200, made[1].id), "rolled back")
    equal(await rows(harness, 5), [(1, made[1].id)], "the record of the delta before")
    await harness.store(harness.keyed_id).delete()
