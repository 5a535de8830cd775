"""What was deployed where, as a file that `cise` and operators read."""

import json
from pathlib import Path

from oracle.deployment.protocol import Deployment
from oracle.errors import Fatal
from oracle.types import Address, BlockNumber, ChainId


def write_manifest(path: Path, deployment: Deployment) -> None:
    document = {
        "chainId": deployment.chain_id,
        "block": deployment.block,
        "directory": deployment.directory,
        "contracts": dict(deployment.addresses),
        "roles": dict(deployment.roles),
    }
    path.write_text(json.dumps(document, indent=2) + "\n")


def read_manifest(path: Path) -> Deployment:
    """Raises Fatal where the file is missing or is no manifest."""
    try:
        document = json.loads(path.read_text())
        return Deployment(
            chain_id=ChainId(int(document["chainId"])),
            block=BlockNumber(int(document["block"])),
            addresses={name: Address(address) for name, address in document["contracts"].items()},
            roles={name: Address(address) for name, address in document.get("roles", {}).items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Fatal(
            "deployment", f"{path} is no deployment manifest", "Deploy again, or name the right file."
        ) from error
