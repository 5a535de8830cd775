"""The order of the steps."""

from __future__ import annotations

import fcntl
import sys
import time

from scripts.setup import contracts, machine, node_env, python_env, solc
from scripts.setup.errors import SetupError
from scripts.setup.progress import STATE, say


def run(arguments: list[str]) -> int:
    if arguments:
        sys.stderr.write("usage: python3 -m scripts.setup (no arguments)\n")
        return 2
    started = time.monotonic()
    STATE.mkdir(exist_ok=True)
    try:
        with (STATE / "lock").open("w") as lock:
            # `make demo` and `make test` started together must not build the same environment twice at once.
            fcntl.flock(lock, fcntl.LOCK_EX)
            machine.check()
            python_env.make()
            node_env.make()
            solc.make()
            contracts.make()
    except SetupError as error:
        sys.stderr.write(f"set-up stopped: {type(error).__name__}: {error.what}\n  what to do: {error.remedy}\n")
        return 2
    seconds = time.monotonic() - started
    say(f"set-up: ready ({seconds:.1f} s)")
    return 0
