"""The conformance suite: a real `edm serve` with Microsoft's Graph SDK and Azure's BlobClient.

.venv/bin/python tests/conformance/run.py --binary target/debug/edm [--verbose]

Prints one line per check; the last line is `N passed, N failed`.
tests/golden/block_reference.py makes the blocks from the documents in docs/formats, without
code of the product.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))

# Importing a module registers its checks; they run in this order.
import check_stores  # noqa: E402, F401
import check_readme  # noqa: E402, F401
import check_upload  # noqa: E402, F401
import check_matching  # noqa: E402, F401
import check_delta  # noqa: E402, F401
import check_lifecycle  # noqa: E402, F401
import check_wire  # noqa: E402, F401
import check_serialisation  # noqa: E402, F401
import check_responses  # noqa: E402, F401
import check_errors  # noqa: E402, F401
import check_queries  # noqa: E402, F401
import check_pages  # noqa: E402, F401
import check_batch  # noqa: E402, F401
import check_jobs  # noqa: E402, F401
import check_retries  # noqa: E402, F401
from checks import run_all  # noqa: E402
from server import Server  # noqa: E402
from harness import Harness  # noqa: E402


async def run(server, verbose):
    return await run_all(Harness(server), verbose)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, help="the edm program to drive")
    parser.add_argument("--verbose", action="store_true", help="print where a check failed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="edm-conformance-") as folder:
        server = Server(arguments.binary, folder)
        try:
            server.start()
            passed, failed = asyncio.run(run(server, arguments.verbose))
            if failed:
                print(f"the end of the server's log:\n{server.log_tail()}")
        except RuntimeError as error:
            print(f"FAIL the server starts: {error}")
            passed, failed = 0, 1
        finally:
            server.stop()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
