"""Attacks on a real `edm serve` and on the agent. Each is a fault that occurred once, with a
check.

python3 tests/attack/run.py --binary target/release/edm [--quick] [NAME ...]

Prints one line per attack; the last line is `N passed, N failed`. Uses only Python's standard
library and listens on loopback only. Some attacks need Linux, a C compiler or permission to
mount, and report if they cannot run.
"""

import argparse
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import agent  # noqa: E402
import load  # noqa: E402
import storage  # noqa: E402
from harness import Skipped  # noqa: E402


# These wait for timers of the server and take too long for every change. Tests of the crates cover
# their quick parts.
SLOW = {"damage_while_served", "unread_answers", "time_limits", "agent_memory"}


def main():
    attacks = {attack.__name__: attack for attack in [*storage.ATTACKS, *load.ATTACKS, *agent.ATTACKS]}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, help="the program")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller attempts, as ci makes them")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(attacks)}")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in attacks]
    if unknown:
        parser.error(f"there is no attack {unknown[0]}")
    binary = str(Path(arguments.binary).resolve())
    passed = failed = skipped = 0
    for name, attack in attacks.items():
        if arguments.names and name not in arguments.names:
            continue
        if arguments.quick and name in SLOW and not arguments.names:
            continue
        begun = time.monotonic()
        try:
            attack(binary, arguments.quick)
            verdict, passed = "HOLDS", passed + 1
        except Skipped as why:
            verdict, skipped = f"SKIPPED ({why})", skipped + 1
        except Exception as error:
            verdict, failed = f"FAILS: {error}", failed + 1
            if not isinstance(error, AssertionError):
                traceback.print_exc()
        print(f"{name:<20} {time.monotonic() - begun:>6.1f} s  {verdict}", flush=True)
    print(f"{skipped} cannot be made on this machine")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
