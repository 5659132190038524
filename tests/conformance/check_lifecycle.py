"""Changes of a table over time: shrinking, replacing, rolling back, restarting."""

import uuid

from block_reference import BlockWriter
from check_matching import BORN, NAME, ROW, SSN, classify
from check_upload import samples_until_final, session_draft, upload
from checks import check, equal, true
from harness import BLOCKS, COLUMNS, ROWS_PER_BLOCK, records, refused


async def replace(harness, keep_blocks):
    """Uploads some of the blocks as a new table and waits for the end of the session."""
    return (await samples_until_final(harness, await uploaded(harness, keep_blocks)))[-1]


async def uploaded(harness, keep_blocks):
    """Uploads some of the blocks as a new table and commits; returns the session's id."""
    made = await harness.store().sessions.post(session_draft(harness, total_block_count=len(keep_blocks)))
    harness.secrets.append(made.salt)
    key_id = uuid.UUID(str(made.additional_data["keyId"]))
    writer = BlockWriter(made.salt, uuid.UUID(harness.store_id), key_id, COLUMNS)
    blocks = [(n, writer.seal(n, n * ROWS_PER_BLOCK, records(kept))) for n, kept in enumerate(keep_blocks)]
    await upload(made.data_upload_u_r_i, blocks)
    await harness.session(made.id).commit.post()
    return made.id


async def confidence(harness):
    found = (await classify(harness, f"{NAME} {BORN} {SSN}")).classification
    return found[0].confidence if found else None


@check("a replace that loses most rows is refused, and the live table stays")
async def shrink(harness):
    last = await replace(harness, [0, 1])
    equal((last.state, last.error.code), ("Failed", "shrinkRefused"), "the session's end")
    true(last.error.message and last.error.inner_error.error_date_time, "the error has a message and a date")
    equal(await confidence(harness), 85, "confidence of the record")
    equal((await harness.store().get()).additional_data["generation"], 1, "generation")


@check("a replace without the record makes it unfindable")
async def removed(harness):
    everything_else = [n for n in range(BLOCKS) if n != ROW // ROWS_PER_BLOCK]
    last = await replace(harness, everything_else)
    equal((last.state, last.error), ("Completed", None), "the session's end")
    equal(await confidence(harness), None, "confidence of the removed record")
    store = await harness.store().get()
    equal(store.additional_data["rowCount"], len(everything_else) * ROWS_PER_BLOCK, "rowCount")
    equal(str(store.additional_data["activeSessionId"]), last.id, "activeSessionId")


@check("rollback makes the generation before live again")
async def rollback(harness):
    answer = await harness.http.post(f"/exactMatchDataStores/{harness.store_id}/rollback")
    equal(answer.status_code, 200, "status")
    equal(answer.json()["activeSessionId"], harness.session_id, "activeSessionId")
    equal(await confidence(harness), 85, "confidence of the record")


@check("a server that is killed while it processes a session completes it after a restart")
async def killed(harness):
    session_id = await uploaded(harness, range(BLOCKS))
    while True:
        session = await harness.session(session_id).get()
        if session.state != "ProcessingInProgress" or session.remaining_job_count < session.total_job_count // 2:
            break
    harness.server.kill()
    equal(session.state, "ProcessingInProgress", "state when the server is killed")
    harness.server.start()
    harness.connect()
    equal(await confidence(harness), 85, "confidence of the record from the generation before")
    last = (await samples_until_final(harness, session_id))[-1]
    equal((last.state, last.error), ("Completed", None), "the session's end")
    equal(str((await harness.store().get()).additional_data["activeSessionId"]), session_id, "activeSessionId")
    equal(await confidence(harness), 85, "confidence of the record")
    return f"killed with {session.remaining_job_count} of {session.total_job_count} jobs left"


@check("the server ends when asked and finds everything again after a restart")
async def restart(harness):
    equal(harness.server.stop(), 0, "exit status")
    harness.server.start()
    harness.connect()
    equal(await confidence(harness), 85, "confidence of the record")
    equal((await harness.session(harness.session_id).get()).state, "Completed", "state of the session")


@check("the server's log holds no cell, salt or token")
async def silent_log(harness):
    log = harness.server.log_path.read_text(errors="replace")
    for secret in [*harness.secrets, harness.server.token, SSN, SSN.replace("-", ""), f" {NAME} "]:
        true(secret not in log, f"a secret of {len(secret)} characters is in the log")


@check("the data directory holds no cell, salt or token in the clear")
async def silent_disk(harness):
    secrets = [s.encode() for s in [*harness.secrets, harness.server.token, SSN, SSN.replace("-", "")]]
    for path in harness.server.data_dir.rglob("*"):
        if path.is_file() and path.name != "admin-token":
            content = path.read_bytes()
            for secret in secrets:
                true(secret not in content, f"a secret of {len(secret)} characters is in {path.name}")


@check("deleting the store takes its sessions and its type along")
async def delete_store(harness):
    await harness.store().delete()
    await refused(harness.session(harness.session_id).get(), 404)
    equal(await confidence(harness), None, "confidence of the record")
    equal([t for t in (await harness.graph.data_classification.sensitive_types.get()).value if t.id == harness.type_id], [], "types")
