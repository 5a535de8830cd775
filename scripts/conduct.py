"""`python -m scripts.conduct [--write]`: version and hash of the code of conduct, as members accept it.

The hash is keccak256 of the document's bytes. `--write` puts it into every deployment configuration with a `governance`
section; a test holds both equal.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from oracle.domain.hashing import keccak

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "code-of-conduct.md"
CONFIGURATIONS = ROOT / "oracle" / "deployment" / "config"
VERSION = re.compile(r"^Version (\d+) · ", re.MULTILINE)
CONFIGURED = re.compile(r'^(  code: \{ hash: ")(0x[0-9a-f]{64})(")', re.MULTILINE)


def code_hash(document: Path = DOCUMENT) -> str:
    return "0x" + keccak(document.read_bytes()).hex()


def version(document: Path = DOCUMENT) -> int:
    found = VERSION.search(document.read_text())
    if found is None:
        raise ValueError(f"{document.name} has no version in its head")
    return int(found[1])


def configured() -> Iterator[tuple[Path, str]]:
    """Each configuration in which members decide, and the hash that it would deploy."""
    for path in sorted(CONFIGURATIONS.glob("*.yaml")):
        for found in CONFIGURED.finditer(path.read_text()):
            yield path, found[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.conduct", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the hash into the deployment configurations")
    wanted, write = code_hash(), parser.parse_args().write
    print(f"version {version()}  {wanted}")
    wrong = [path for path, found in configured() if found != wanted]
    for path in wrong:
        if write:
            path.write_text(CONFIGURED.sub(rf"\g<1>{wanted}\g<3>", path.read_text()))
        print(f"{path.relative_to(ROOT)}: {'written' if write else 'another hash'}")
    return 0 if write or not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
