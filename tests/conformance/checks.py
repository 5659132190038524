"""A minimal test runner. Checks run in order and print one line each; a failed one does not stop
the others."""

import traceback

CHECKS = []


def check(name):
    """Registers an async function of the harness as a check."""
    def register(function):
        CHECKS.append((name, function))
        return function
    return register


def equal(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r}, not {expected!r}")


def true(condition, what):
    if not condition:
        raise AssertionError(what)


async def run_all(harness, verbose=False):
    passed = failed = 0
    for name, function in CHECKS:
        try:
            detail = await function(harness)
            passed += 1
            print(f"ok {name}" + (f" ({detail})" if detail else ""))
        except Exception as error:  # a check may fail in any way; the others still run
            failed += 1
            print(f"FAIL {name}: {type(error).__name__}: {' '.join(str(error).split())[:600]}")
            if verbose:
                traceback.print_exc()
    return passed, failed
