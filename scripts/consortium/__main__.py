"""`python -m scripts.consortium`: four members on this machine, from the first block to the last audit. See the README
beside oracle/deployment/consortium for what runs, and what was never run."""

from __future__ import annotations

import sys
import time

from oracle.errors import Fatal
from scripts.consortium.network import Network
from scripts.consortium.platform import addresses
from scripts.consortium.programs import KEPT, build
from scripts.consortium.story import Story


def main() -> int:
    begun = time.monotonic()
    try:
        print("Building go-ethereum and the sealer (minutes the first time, then seconds) …", flush=True)
        programs = build()
        with Network(KEPT / "network", programs, addresses()) as network:
            folder = KEPT / "network" / "oracle"
            folder.mkdir()
            Story(network, folder, lambda line: print(line, flush=True)).play()
    except Fatal as error:
        sys.stderr.write(f"\nstopped: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped by you; everything that was started has ended.\n")
        return 130
    print(f"\nAll as it should be, in {time.monotonic() - begun:.0f} s. Everything that was started has ended.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
