"""A database as the relay would have left it, with any number of agreements: for figures that need no chain."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from oracle.chain.contracts import NEEDED, domains
from oracle.domain.forms import Domains
from oracle.domain.hashing import keccak, to_address
from oracle.domain.signatures import SigningKey
from oracle.domain.tariffs import Tariff
from oracle.store import checkpoints, read_model
from oracle.store.checkpoints import Checkpoint
from oracle.store.database import Database
from oracle.store.read_model import Agreement, Asset
from oracle.types import (
    ZERO_BYTES32,
    Address,
    AgreementId,
    AssetId,
    BaseUnits,
    BlockNumber,
    ChainId,
    Seconds,
    SplitId,
    TariffId,
    UnixTime,
)

CHAIN = ChainId(31_337)
CONTRACTS = {name: to_address(keccak(name.encode())[12:]) for name in NEEDED}
CURRENCY = to_address(keccak(b"currency")[12:])
PERMIT_KEY = SigningKey(b"\xa1" * 32)
TARIFFS = 10
SPLITS = 4
OPENED_BEFORE = 86_400
HOLD = BaseUnits(1_000_000_000)
_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Hired:
    """An agreement as its machine knows it."""

    agreement: AgreementId
    asset: AssetId
    meter: SigningKey
    opened_at: UnixTime


def tariff() -> Tariff:
    return Tariff(
        currency=CURRENCY,
        price_per_million=(1_000_000, 2_000_000, 4_000_000, 0),
        standing_per_day=BaseUnits(100),
        hold_target=HOLD,
        max_charge_per_hour=BaseUnits(1_000_000_000),
        burst=BaseUnits(1_000_000_000),
        notice=Seconds(86_400),
        minimum_term=Seconds(0),
        permit_validity=Seconds(3_600),
        delivery_time=Seconds(60),
        session_cap=Seconds(0),
        idle_stop=Seconds(0),
        unused_days=0,
        tax_bps=1_900,
        tax_included=True,
        kind=1,
        terms_hash=ZERO_BYTES32,
    )


def bench_domains() -> Domains:
    return domains(CHAIN, CONTRACTS)


def meters(count: int) -> list[SigningKey]:
    return [SigningKey(keccak(b"meter %d" % number)) for number in range(1, count + 1)]


def fill(folder: Path, keys: Sequence[SigningKey]) -> tuple[Database, list[Hired]]:
    """One asset, customer and agreement for each meter key."""
    database = Database(f"sqlite:///{folder / 'oracle.db'}")
    database.migrate()
    now = int(time.time())
    opened = UnixTime(now - OPENED_BEFORE)
    head = BlockNumber(1_000)
    checkpoint = Checkpoint(
        CHAIN, CONTRACTS["PrepaidAccounts"], CONTRACTS, head, "0x" + "11" * 32, UnixTime(now), head, UnixTime(now), now
    )
    with database.writing() as connection:
        checkpoints.save(connection, checkpoint)
        for number in range(1, TARIFFS + 1):
            read_model.save_tariff(connection, TariffId(number), CURRENCY, replace(tariff(), tax_bps=number))
        for start in range(0, len(keys), _ROWS):
            part = list(enumerate(keys[start : start + _ROWS], start + 1))
            read_model.save_assets(connection, [_asset(number, key.address) for number, key in part])
            read_model.save_agreements(connection, [bench_agreement(number, opened) for number, _ in part])
    return database, [Hired(AgreementId(n), AssetId(n), key, opened) for n, key in enumerate(keys, 1)]


def _asset(number: int, meter: Address) -> Asset:
    nothing = "0x" + "00" * 32
    return Asset(
        id=AssetId(number),
        provider=CURRENCY,
        maker=CURRENCY,
        self_declared_by=None,
        lifecycle=1,
        registered_at=UnixTime(0),
        title_epoch=0,
        model=nothing,
        serial_hash=nothing,
        passport_hash=nothing,
        passport_uri="",
        lienholder=None,
        offer_refusal=None,
        meter=meter,
        split_id=SplitId(1 + number % SPLITS),
        epoch=1,
        curve=0,
        grade=1,
        permit_signer=PERMIT_KEY.address,
        next_permit_signer=None,
        next_permit_signer_from=UnixTime(0),
    )


def bench_agreement(number: int, opened: UnixTime) -> Agreement:
    return Agreement(
        id=AgreementId(number),
        asset_id=AssetId(number),
        tariff_id=TariffId(1 + number % TARIFFS),
        customer=to_address(number.to_bytes(20)),
        delegate=None,
        exclusive=True,
        grade_at_opening=1,
        credited=BaseUnits(0),
        opened_at=opened,
        sequence=0,
        last_elapsed=Seconds(0),
        settled=BaseUnits(0),
        hold=HOLD,
        cap_per_period=BaseUnits(0),
        period=Seconds(0),
        spent_in_period=BaseUnits(0),
        period_index=0,
        end_at=None,
        final_accepted=False,
        suspended=False,
        closed=False,
        settled_time=None,
    )
