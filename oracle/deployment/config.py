"""What a deployment is told: read from YAML at the edge, plain afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import yaml
from eth_utils.address import is_address, to_checksum_address

from oracle.deployment.founding import Founding
from oracle.errors import Fatal
from oracle.types import ZERO_ADDRESS, Address

REMEDY = "See oracle/deployment/config/local.yaml for the form."
DEFAULT_POLICY = "circular"
POLICIES: Mapping[str, str] = MappingProxyType({"circular": "CircularEligibility", "list": "EligibilityList"})
"""What may be offered: with passport and take-back by admitted providers, or anything of theirs."""


@dataclass(frozen=True, slots=True)
class DeploymentConfig:
    """Addresses are resolved; `mock_currencies` are names of contracts that are deployed along. With `founding` members
    decide: the three roles and the community are contracts then, and their addresses here are zero."""

    admin: Address
    guardian: Address
    listing: Address
    community: Address
    mock_currencies: tuple[str, ...]
    currencies: tuple[Address, ...]
    providers: tuple[Address, ...]
    workers: tuple[Address, ...]
    policy: str
    founding: Founding | None = None

    @classmethod
    def parse(cls, document: Mapping[str, Any], node_accounts: Sequence[str]) -> Self:
        """Resolves "account:N" against the node's unlocked accounts. Raises Fatal naming the entry that is wrong."""

        def resolve(entry: str, value: object) -> Address:
            text = str(value)
            if text.startswith("account:") and text.removeprefix("account:").isdigit():
                index = int(text.removeprefix("account:"))
                if index >= len(node_accounts):
                    raise Fatal("deployment", f"{entry}: the node has {len(node_accounts)} accounts, no {text}", REMEDY)
                return Address(to_checksum_address(node_accounts[index]))
            if not is_address(text):
                raise Fatal("deployment", f"{entry}: {text!r} is no address", REMEDY)
            return Address(to_checksum_address(text))

        founding = None
        if (section := document.get("governance")) is not None:
            founding = Founding.parse(section, resolve)
            if both := {"roles", "community", "policy", "providers", "workers"} & set(document):
                raise Fatal("deployment", f"governance decides on {', '.join(sorted(both))}", REMEDY)
        elif missing := {"roles", "community"} - set(document):
            raise Fatal("deployment", f"missing: {', '.join(sorted(missing))}", REMEDY)
        roles = document.get("roles") or dict.fromkeys(("admin", "guardian", "listing"), ZERO_ADDRESS)
        if missing := {"admin", "guardian", "listing"} - set(roles):
            raise Fatal("deployment", f"roles: missing {', '.join(sorted(missing))}", REMEDY)
        policy = str(document.get("policy") or DEFAULT_POLICY)
        if policy not in POLICIES:
            raise Fatal("deployment", f"policy: {policy!r} is none of {', '.join(POLICIES)}", REMEDY)
        return cls(
            admin=resolve("roles.admin", roles["admin"]),
            guardian=resolve("roles.guardian", roles["guardian"]),
            listing=resolve("roles.listing", roles["listing"]),
            community=resolve("community", document.get("community", ZERO_ADDRESS)),
            mock_currencies=tuple(document.get("mock_currencies") or ()),
            currencies=tuple(resolve("currencies", one) for one in document.get("currencies") or ()),
            providers=tuple(resolve("providers", one) for one in document.get("providers") or ()),
            workers=tuple(resolve("workers", one) for one in document.get("workers") or ()),
            policy=policy,
            founding=founding,
        )


def read_config(name_or_path: str) -> Mapping[str, Any]:
    """A file, or the name of one that ships with the package ("local"). Raises Fatal where there is none."""
    shipped = resources.files("oracle.deployment").joinpath("config", f"{name_or_path}.yaml")
    path = Path(name_or_path)
    if path.is_file():
        text = path.read_text()
    elif shipped.is_file():
        text = shipped.read_text()
    else:
        raise Fatal("deployment", f"no configuration {name_or_path!r}", REMEDY)
    document: Mapping[str, Any] = yaml.safe_load(text)
    return document
