"""Tests the descriptions: `$metadata` with lxml, `/openapi.json` with openapi-spec-validator,
and a real `edm serve` with schemathesis. It must find nothing in the unchanged description,
and something for every planted fault.

.venv-api/bin/python tests/api/run.py --binary target/debug/edm

Prints one line per check; the last line is `N passed, N failed`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance"))

import check_csdl  # noqa: E402
import document as documents  # noqa: E402
from openapi_spec_validator import OpenAPIV31SpecValidator  # noqa: E402
from server import Server  # noqa: E402
from seed_data import Client, publish, seed  # noqa: E402

SEED = "20261122"
CASES_MIN = 5_000
# Random examples per operation in addition to the systematic ones; the sum exceeds the required
# minimum.
EXAMPLES = "30"
PLANTED_EXAMPLES = "10"
SECONDS_MAX = 900
# The planted faults: the operation to test, and the title under which schemathesis must report the
# fault.
PLANTED = [
    (documents.without_status, "readAgent", "Undocumented status code"),
    (documents.with_other_type, "listAgents", "Response violates schema"),
    (documents.with_other_content, "countAgents", "Undocumented Content-Type"),
]


class Checks:
    """Counts and prints."""

    def __init__(self):
        self.passed, self.failed = 0, 0

    def run(self, name, check):
        try:
            said = check()
            self.passed += 1
            print(f"ok   {name}{': ' + said if isinstance(said, str) else ''}")
        except Exception as error:
            self.failed += 1
            print(f"FAIL {name}: {error}")
            if not isinstance(error, AssertionError):
                traceback.print_exc()


def schemathesis(server, folder, document, *options):
    """Runs schemathesis on a document. Returns its report and its output."""
    path, report = folder / "openapi.json", folder / "report.json"
    path.write_text(json.dumps(document))
    report.unlink(missing_ok=True)
    command = [
        Path(sys.executable).with_name("schemathesis"), "--config-file", HERE / "schemathesis.toml", "run", path,
        "--url", server.origin, "--header", f"Authorization: Bearer {server.token}",
        "--phases", "coverage,fuzzing", "--seed", SEED, "--generation-database", "none", "--no-shrink",
        "--continue-on-failure", "--request-timeout", "30", "--report", "json", "--report-json-path", report,
        *options,
    ]
    environment = {
        **os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE),
        "EDM_API_MADE": str(folder / "made.json"), "NO_COLOR": "1",
    }
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS_MAX,
    )
    assert report.is_file(), f"schemathesis ended with status {done.returncode} and no report:\n{done.stdout}"
    return json.loads(report.read_text()), done.stdout


def find_nothing(server, folder, document):
    report, printed = schemathesis(server, folder, document, "--max-examples", EXAMPLES)
    cases = report["test_cases"]["generated"]
    found = {failure["title"]: failure["count"] for failure in report["failures"]}
    tested = report["operations"]["tested"]
    wrong = found or report["exit_code"] or not report["complete"] or report["test_cases"]["errored"]
    assert not wrong, f"{cases} cases, {found or 'no failure'}, status {report['exit_code']}:\n{printed}"
    assert tested == report["operations"]["total"], f"only {tested} operations were tested"
    assert cases >= CASES_MIN, f"only {cases} cases: raise EXAMPLES"
    return f"{cases} cases of {tested} operations in {report['running_time']:.0f} s"


def find_planted(server, folder, document, operation, title):
    options = ("--max-examples", PLANTED_EXAMPLES, "--include-operation-id", operation)
    clean, printed = schemathesis(server, folder, document[0], *options)
    assert not clean["failures"], f"there is something without it:\n{printed}"
    report, printed = schemathesis(server, folder, document[1], *options)
    titles = {failure["title"] for failure in report["failures"]}
    assert title in titles and report["exit_code"], f"was not found, only {titles or 'nothing'}:\n{printed}"
    return f"found as “{title}”"


def check_all(server, folder, checks):
    client = Client(server)
    csdl = check_csdl.Csdl(client.get("/beta/$metadata", "application/xml"))
    for check in (
        check_csdl.check_structure, check_csdl.check_bindings, check_csdl.check_contract, check_csdl.check_additions,
    ):
        checks.run(f"$metadata, {check.__doc__.splitlines()[0]}", lambda check=check: check(csdl))
    in_json = json.loads(client.get("/v1.0/%24metadata?$format=json"))
    checks.run("$metadata in JSON says what the XML says", lambda: check_csdl.check_both_forms(csdl, in_json))
    document = json.loads(client.get("/openapi.json"))
    checks.run("/openapi.json is OpenAPI 3.1", lambda: OpenAPIV31SpecValidator(document).validate())
    publish(client, folder)
    (folder / "made.json").write_text(json.dumps(seed(client)))
    tight = documents.without_long_bounds(document)
    checks.run("schemathesis finds no fault", lambda: find_nothing(server, folder, tight))
    for plant, operation, title in PLANTED:
        pair = (tight, plant(tight))
        checks.run(
            f"schemathesis, {plant.__doc__.splitlines()[0]}",
            lambda pair=pair, operation=operation, title=title: find_planted(server, folder, pair, operation, title),
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, help="the edm program to drive")
    arguments = parser.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="edm-api-") as name:
        folder = Path(name)
        server = Server(arguments.binary, folder)
        try:
            server.start()
            checks.run("the server answers", lambda: check_all(server, folder, checks))
            if checks.failed:
                print(f"the end of the server's log:\n{server.log_tail()}")
        except RuntimeError as error:
            print(f"FAIL the server starts: {error}")
            checks.failed += 1
        finally:
            server.stop()
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
