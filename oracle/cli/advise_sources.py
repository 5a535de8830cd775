"""What advice is computed on: every machine's record from the chain, with the passports at hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from oracle.chain.contracts import END_OF_LIFE, MARKET
from oracle.cli import output
from oracle.cli.options import Look
from oracle.formats import lives, passport
from oracle.formats.lives import Record
from oracle.formats.logs import happenings_of
from oracle.types import AssetId, BlockNumber, Bytes32

Passports = Annotated[
    Path | None,
    typer.Option("--passports", help="Folder of passport files; found by their hash on chain.", metavar="DIR"),
]
Maker = Annotated[
    str | None,
    typer.Option("--maker", help="Only what this maker registered; anybody may use a name.", metavar="ACCOUNT"),
]
UNKNOWN = "unknown"
_ODOMETER = 4
"""Its place in `OdometerState`."""


@dataclass(frozen=True, slots=True)
class Known:
    """`passport` None: it has none, or none is at hand."""

    record: Record
    passport: Mapping[str, Any] | None

    @property
    def design(self) -> str:
        return UNKNOWN if self.passport is None else str(self.passport["product"]["designVersion"])

    @property
    def unit(self) -> str:
        return UNKNOWN if self.passport is None else str(self.passport["designLife"]["unit"])


def known(me: Look, passports: Path | None, maker: str | None) -> list[Known]:
    """All assets by number, or one maker's, as the chain has them now."""
    wanted = None if maker is None else me.address(maker)
    with output.waiting("reading the chain", me.as_json):
        settings = me.session.settings
        start = BlockNumber(settings.start_block)
        told = happenings_of(me.client, me.platform, lives.LIVED, start, settings.log_chunk)
        found = lives.records(told, me.platform.addresses[END_OF_LIFE], me.platform.addresses[MARKET])
        _bring_up_to_date(me, found)
    shelf = passport.shelf(passports)
    return [Known(one, shelf.get(_hash(one))) for _, one in sorted(found.items()) if wanted in (None, one.maker)]


def _bring_up_to_date(me: Look, found: Mapping[AssetId, Record]) -> None:
    meters, tree = me.platform.meters.functions, me.platform.components.functions
    head = me.client.head()
    odometers = me.client.call_many([meters.odometerOf(asset) for asset in found], head)
    uses = me.client.call_many([tree.useOf(asset) for asset in found], head)
    odometer = {asset: int(state[_ODOMETER]) for asset, state in zip(found, odometers, strict=True)}
    lives.bring_up_to(found, odometer, dict(zip(found, map(int, uses), strict=True)))


def _hash(record: Record) -> Bytes32:
    return Bytes32(bytes.fromhex((record.passport_hash or "0x")[2:]))
