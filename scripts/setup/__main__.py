"""Set-up: `python3 -m scripts.setup`. Standard library only, safe to repeat, fast when nothing changed.

This file keeps to syntax that any Python 3 reads, so that an old one gets a sentence instead of a SyntaxError.
"""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
NEWEST = (3, 13)


def find_supported():
    """Another interpreter on the PATH whose version is in the range; None when there is none."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        path = shutil.which("python3.%d" % minor)
        # Version managers put launchers on the PATH for versions that are not active: ask, do not believe the name.
        if path and subprocess.call([path, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
            return path
    return None


def main():
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        from scripts.setup.run import run

        return run(sys.argv[1:])
    other = find_supported()
    if other:
        os.execv(other, [other, "-m", "scripts.setup"] + sys.argv[1:])
    sys.stderr.write(
        "set-up stopped: UnsupportedPython: this is Python %d.%d, the libraries used here exist for %d.%d to %d.%d.\n"
        "  what to do: install one of these, then `make PYTHON=/path/to/python3.%d setup`.\n"
        % (sys.version_info[:2] + OLDEST + NEWEST + (OLDEST[1],))
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())
