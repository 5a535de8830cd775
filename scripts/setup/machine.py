"""What the machine itself must bring: everything else comes from the lock files."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import sys

from scripts.setup.errors import BrokenPython, MissingTool, UnsupportedPlatform

TOOLS = {
    "git": "install git (Debian and Ubuntu: `apt-get install git`)",
    "make": "install GNU make (Debian and Ubuntu: `apt-get install make`)",
}
# The local chain and the compiler driver are npm packages with one binary per platform; these are the ones in the lock.
PLATFORMS = {("Linux", "x86_64"): "linux-amd64"}


def check() -> None:
    for tool, remedy in TOOLS.items():
        if shutil.which(tool) is None:
            raise MissingTool(f"`{tool}` is not on the PATH", remedy)
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            raise BrokenPython(
                f"this Python has no `{module}` module, so no virtual environment can be made",
                f"Debian and Ubuntu: `apt-get install python3.{sys.version_info[1]}-venv`; or use another Python: "
                "`make PYTHON=/path/to/python3 setup`",
            )
    foundry_platform()


def foundry_platform() -> str:
    key = (platform.system(), platform.machine())
    try:
        return PLATFORMS[key]
    except KeyError:
        known = ", ".join(" ".join(pair) for pair in PLATFORMS)
        raise UnsupportedPlatform(
            f"no anvil binary is locked for {' '.join(key)} (there is one for: {known})",
            "run this in a container or virtual machine of that kind; the oracle itself installs anywhere with "
            "`pip install -r requirements.lock`",
        ) from None
