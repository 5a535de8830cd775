"""What the chain says, as of the checkpoint's block: *settled* figures only. Nothing here comes from a device."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Row, Select, Table, bindparam, delete, func, insert, select, tuple_

from oracle.domain.tariffs import Tariff, parse_tariff
from oracle.store import tables
from oracle.store.checkpoints import Checkpoint
from oracle.store.database import Database, rows
from oracle.types import (
    Address,
    AgreementId,
    AssetId,
    BaseUnits,
    BlockNumber,
    OrderId,
    Seconds,
    SplitId,
    TariffId,
    UnixTime,
)


@dataclass(frozen=True, slots=True)
class ChainEvent:
    """One log of the platform's contracts with its arguments as JSON values (integers stay integers).

    `asset_id` of an order's event: the machine it is for; of a part's: the part, with `parent_id` what it goes into or
    comes out of. `amount`: what a settlement or accrual took, in base units; None for every other event.
    """

    block: BlockNumber
    log_index: int
    block_time: UnixTime
    transaction: str
    contract: str
    name: str
    asset_id: AssetId | None
    agreement_id: AgreementId | None
    split_id: SplitId | None
    order_id: OrderId | None
    parent_id: AssetId | None
    amount: BaseUnits | None
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asset:
    id: AssetId
    provider: Address
    maker: Address
    self_declared_by: Address | None
    lifecycle: int
    registered_at: UnixTime
    title_epoch: int
    model: str
    serial_hash: str
    passport_hash: str
    passport_uri: str
    lienholder: Address | None
    offer_refusal: str | None
    meter: Address | None
    split_id: SplitId
    epoch: int
    curve: int
    grade: int
    permit_signer: Address | None
    next_permit_signer: Address | None
    next_permit_signer_from: UnixTime

    def permit_signer_at(self, time: UnixTime) -> Address | None:
        """The present signer, or the announced one from its date on."""
        due = self.next_permit_signer is not None and self.next_permit_signer_from <= time
        return self.next_permit_signer if due else self.permit_signer


@dataclass(frozen=True, slots=True)
class Offer:
    asset_id: AssetId
    tariff_id: TariffId
    exclusive: bool
    provider: Address
    until: UnixTime
    title_epoch: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """`settled`, `hold`, `sequence`, `last_elapsed`: the slot on chain. `end_at` None: not ending."""

    id: AgreementId
    asset_id: AssetId
    tariff_id: TariffId
    customer: Address
    delegate: Address | None
    exclusive: bool
    grade_at_opening: int
    credited: BaseUnits
    opened_at: UnixTime
    sequence: int
    last_elapsed: Seconds
    settled: BaseUnits
    hold: BaseUnits
    cap_per_period: BaseUnits
    period: Seconds
    spent_in_period: BaseUnits
    period_index: int
    end_at: UnixTime | None
    final_accepted: bool
    suspended: bool
    closed: bool
    settled_time: UnixTime | None

    @property
    def last_settled_at(self) -> UnixTime:
        """Chain time of the last settlement, at first of the opening."""
        return self.opened_at if self.settled_time is None else self.settled_time


@dataclass(frozen=True, slots=True)
class Split:
    id: SplitId
    controller: Address | None
    version: int
    account: Address
    payees: Sequence[tuple[Address, int]]
    currencies: Sequence[Address]


# Reading


def agreement(connection: Connection, wanted: AgreementId) -> Agreement | None:
    return agreements(connection, [wanted]).get(wanted)


def agreements(connection: Connection, wanted: Iterable[AgreementId]) -> dict[AgreementId, Agreement]:
    found = (_agreement(row) for row in rows(connection, _AGREEMENTS, sorted(set(wanted))))
    return {agreement.id: agreement for agreement in found}


def _agreement(row: Sequence[Any]) -> Agreement:
    """Of all the table's columns in their order, as `rows` gives them."""
    (
        key, asset_id, tariff_id, customer, delegate, exclusive, grade, credited, opened_at, sequence, last_elapsed,
        settled, hold, cap, period, spent, period_index, end_at, final_accepted, suspended, closed, settled_time,
    ) = row  # fmt: skip
    return Agreement(
        key, asset_id, tariff_id, customer, delegate, bool(exclusive), grade, BaseUnits(int(credited)), opened_at,
        sequence, last_elapsed, BaseUnits(int(settled)), BaseUnits(int(hold)), BaseUnits(int(cap)), period,
        BaseUnits(int(spent)), period_index, end_at, bool(final_accepted), bool(suspended), bool(closed), settled_time,
    )  # fmt: skip


_AGREEMENTS = select(tables.agreements).where(tables.agreements.c.id.in_(bindparam("wanted", expanding=True)))
_ASSETS = select(tables.assets).where(tables.assets.c.id.in_(bindparam("wanted", expanding=True)))


def open_agreements(connection: Connection) -> list[Agreement]:
    query = select(tables.agreements).where(tables.agreements.c.closed.is_(False)).order_by(tables.agreements.c.id)
    return [Agreement(*row) for row in connection.execute(query)]


def open_ids(connection: Connection) -> set[AgreementId]:
    query = select(tables.agreements.c.id).where(tables.agreements.c.closed.is_(False))
    return {AgreementId(key) for (key,) in connection.execute(query)}


def agreements_of_asset(connection: Connection, asset_id: AssetId) -> list[Agreement]:
    query = select(tables.agreements).where(tables.agreements.c.asset_id == asset_id).order_by(tables.agreements.c.id)
    return [Agreement(*row) for row in connection.execute(query)]


def newest_agreements(
    connection: Connection, asset_ids: Iterable[AssetId]
) -> dict[tuple[AssetId, Address], AgreementId]:
    """The newest open agreement of each customer on these assets."""
    found = rows(connection, _NEWEST, sorted(set(asset_ids)))
    return {(AssetId(asset_id), Address(customer)): AgreementId(newest) for asset_id, customer, newest in found}


_NEWEST = (
    select(tables.agreements.c.asset_id, tables.agreements.c.customer, func.max(tables.agreements.c.id))
    .where(tables.agreements.c.asset_id.in_(bindparam("wanted", expanding=True)), tables.agreements.c.closed.is_(False))
    .group_by(tables.agreements.c.asset_id, tables.agreements.c.customer)
)


def agreements_of_customer(connection: Connection, customer: Address) -> list[Agreement]:
    """Open ones only."""
    query = select(tables.agreements).where(
        tables.agreements.c.customer == customer, tables.agreements.c.closed.is_(False)
    )
    return [Agreement(*row) for row in connection.execute(query)]


def agreements_of_account(connection: Connection, account: Address) -> list[Agreement]:
    """Those where the account is customer, delegate or provider."""
    query = (
        select(tables.agreements)
        .join(tables.assets, tables.assets.c.id == tables.agreements.c.asset_id)
        .where(
            (tables.agreements.c.customer == account)
            | (tables.agreements.c.delegate == account)
            | (tables.assets.c.provider == account)
        )
        .order_by(tables.agreements.c.id)
    )
    return [Agreement(*row) for row in connection.execute(query)]


def asset(connection: Connection, wanted: AssetId) -> Asset | None:
    return assets(connection, [wanted]).get(wanted)


def assets(connection: Connection, wanted: Iterable[AssetId]) -> dict[AssetId, Asset]:
    return {AssetId(row[0]): Asset(*row) for row in rows(connection, _ASSETS, sorted(set(wanted)))}


def list_assets(connection: Connection, after: int = 0, limit: int = 100) -> list[Asset]:
    query = select(tables.assets).where(tables.assets.c.id > after).order_by(tables.assets.c.id).limit(limit)
    return [Asset(*row) for row in connection.execute(query)]


def tariff(connection: Connection, wanted: TariffId) -> Tariff | None:
    row = connection.execute(select(tables.tariffs.c.terms).where(tables.tariffs.c.id == wanted)).first()
    return None if row is None else parse_tariff(row.terms)


class ReadModelCache:
    """Agreements, assets and tariffs of one checkpoint; the read model changes only together with it.

    Several threads may share it: who finds another checkpoint begins a new page and leaves the old one as it is.
    """

    def __init__(self) -> None:
        self._page = _Page((), {}, {}, {}, {}, set())

    def get(
        self, connection: Connection, checkpoint: Checkpoint, wanted: Iterable[AgreementId]
    ) -> tuple[dict[AgreementId, Agreement], dict[AssetId, Asset], dict[TariffId, Tariff]]:
        """Those of the wanted agreements that there are, and what they speak of. In the checkpoint's transaction."""
        page = self._page_of(checkpoint)
        wanted = set(wanted)
        # Sets and views of dictionaries subtract by walking through the whole dictionary.
        if unknown := [key for key in wanted if key not in page.agreements]:
            fresh = agreements(connection, unknown)
            page.assets.update(assets(connection, {agreement.asset_id for agreement in fresh.values()}))
            page.agreements.update(fresh)
        found = {key: page.agreements[key] for key in wanted if key in page.agreements}
        used = {agreement.asset_id: page.assets[agreement.asset_id] for agreement in found.values()}
        terms = {agreement.tariff_id for agreement in found.values()}
        for key in terms - page.tariffs.keys():
            if (read := tariff(connection, key)) is not None:
                page.tariffs[key] = read
        return found, used, {key: page.tariffs[key] for key in terms & page.tariffs.keys()}

    def newest(
        self, connection: Connection, checkpoint: Checkpoint, asset_ids: Iterable[AssetId]
    ) -> Mapping[tuple[AssetId, Address], AgreementId]:
        """As `newest_agreements`, and perhaps of more assets."""
        page = self._page_of(checkpoint)
        if unknown := set(asset_ids) - page.asked:
            page.newest.update(newest_agreements(connection, unknown))
            page.asked.update(unknown)
        return page.newest

    def _page_of(self, checkpoint: Checkpoint) -> "_Page":
        page, key = self._page, (checkpoint.chain_id, checkpoint.directory, checkpoint.number, checkpoint.hash)
        if page.key != key:
            page = self._page = _Page(key, {}, {}, {}, {}, set())
        return page


def shared_cache(database: Database) -> ReadModelCache:
    """One for all who look at this database in this process: the door, and the permit desk beside it."""
    return _caches.setdefault(database, ReadModelCache())


_caches: WeakKeyDictionary[Database, ReadModelCache] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class _Page:
    key: tuple[object, ...]
    agreements: dict[AgreementId, Agreement]
    assets: dict[AssetId, Asset]
    tariffs: dict[TariffId, Tariff]
    """Read anew with each checkpoint: after a reorganisation the same number may be another price list."""
    newest: dict[tuple[AssetId, Address], AgreementId]
    asked: set[AssetId]


def offers(connection: Connection, after: tuple[int, int] = (0, 0), limit: int = 200) -> list[Offer]:
    """Listed offers whose title has not moved since; the caller looks at `until`."""
    key = tuple_(tables.offers.c.asset_id, tables.offers.c.tariff_id)
    query = (
        select(tables.offers)
        .join(tables.assets, tables.assets.c.id == tables.offers.c.asset_id)
        .where(tables.offers.c.title_epoch == tables.assets.c.title_epoch, key > tuple_(*after))
        .order_by(tables.offers.c.asset_id, tables.offers.c.tariff_id, tables.offers.c.exclusive)
        .limit(limit)
    )
    return [Offer(*row) for row in connection.execute(query)]


def offers_of_asset(connection: Connection, asset_id: AssetId) -> list[Offer]:
    query = select(tables.offers).where(tables.offers.c.asset_id == asset_id)
    return [Offer(*row) for row in connection.execute(query)]


def split(connection: Connection, wanted: SplitId) -> Split | None:
    row = connection.execute(select(tables.splits).where(tables.splits.c.id == wanted)).first()
    return None if row is None else _split(row)


def all_splits(connection: Connection) -> list[Split]:
    return [_split(row) for row in connection.execute(select(tables.splits).order_by(tables.splits.c.id))]


def balance(connection: Connection, account: Address, currency: Address) -> BaseUnits:
    query = select(tables.balances.c.amount).where(
        tables.balances.c.account == account, tables.balances.c.currency == currency
    )
    return BaseUnits(connection.execute(query).scalar() or 0)


def events(
    connection: Connection,
    names: Iterable[str] | None = None,
    agreement_id: AgreementId | None = None,
    asset_id: AssetId | None = None,
    split_id: SplitId | None = None,
    after: tuple[int, int] = (-1, -1),
    limit: int = 1_000,
) -> list[ChainEvent]:
    """In chain order, after (block, log index)."""
    table = tables.chain_events
    query = select(table).where(tuple_(table.c.block, table.c.log_index) > tuple_(*after))
    if names is not None:
        query = query.where(table.c.name.in_(list(names)))
    for column, value in (
        (table.c.agreement_id, agreement_id),
        (table.c.asset_id, asset_id),
        (table.c.split_id, split_id),
    ):
        if value is not None:
            query = query.where(column == value)
    return _in_chain_order(connection, query, limit)


def life(
    connection: Connection,
    names: Iterable[str],
    asset_id: AssetId,
    after: tuple[int, int] = (-1, -1),
    before: tuple[int, int] | None = None,
    limit: int = 1_000,
) -> list[ChainEvent]:
    """Those of the asset itself, of orders on it, and of parts that went into it or came out; in chain order."""
    table = tables.chain_events
    place = tuple_(table.c.block, table.c.log_index)
    concerned = (table.c.asset_id == asset_id) | (table.c.parent_id == asset_id)
    query = select(table).where(concerned, table.c.name.in_(list(names)), place > tuple_(*after))
    if before is not None:
        query = query.where(place < tuple_(*before))
    return _in_chain_order(connection, query, limit)


def openings(connection: Connection, orders: Iterable[OrderId]) -> list[ChainEvent]:
    """The events by which these orders were opened."""
    table = tables.chain_events
    wanted = sorted(set(orders))
    query = select(table).where(table.c.order_id.in_(wanted), table.c.name == "OrderOpened")
    return _in_chain_order(connection, query, len(wanted)) if wanted else []


def _in_chain_order(connection: Connection, query: Select[Any], limit: int) -> list[ChainEvent]:
    table = tables.chain_events
    found = connection.execute(query.order_by(table.c.block, table.c.log_index).limit(limit))
    return [ChainEvent(**{field.name: row[field.name] for field in fields(ChainEvent)}) for row in found.mappings()]


# Writing: the index cycle only


def save_assets(connection: Connection, changed: Sequence[Asset]) -> None:
    _replace(connection, tables.assets, [asdict(item) for item in changed])


def save_agreements(connection: Connection, changed: Sequence[Agreement]) -> None:
    _replace(connection, tables.agreements, [asdict(item) for item in changed])


def save_splits(connection: Connection, changed: Sequence[Split]) -> None:
    rows = [asdict(item) for item in changed]
    for row in rows:
        row["payees"] = [[account, str(share)] for account, share in row["payees"]]
        row["currencies"] = list(row["currencies"])
    _replace(connection, tables.splits, rows)


def save_tariff(connection: Connection, tariff_id: TariffId, publisher: Address, terms: Tariff) -> None:
    _replace(connection, tables.tariffs, [{"id": tariff_id, "publisher": publisher, "terms": terms.to_json()}])


def save_offer(connection: Connection, offer: Offer) -> None:
    remove_offer(connection, offer.asset_id, offer.tariff_id, offer.exclusive)
    connection.execute(insert(tables.offers).values(**asdict(offer)))


def remove_offer(connection: Connection, asset_id: AssetId, tariff_id: TariffId, exclusive: bool) -> None:
    connection.execute(
        delete(tables.offers).where(
            tables.offers.c.asset_id == asset_id,
            tables.offers.c.tariff_id == tariff_id,
            tables.offers.c.exclusive.is_(exclusive),
        )
    )


def save_balance(connection: Connection, account: Address, currency: Address, amount: int) -> None:
    connection.execute(
        delete(tables.balances).where(tables.balances.c.account == account, tables.balances.c.currency == currency)
    )
    connection.execute(insert(tables.balances).values(account=account, currency=currency, amount=amount))


def add_events(connection: Connection, new: Sequence[ChainEvent]) -> None:
    if new:
        connection.execute(insert(tables.chain_events), [asdict(event) for event in new])


def clear(connection: Connection) -> None:
    """Forgets everything that came from the chain, so that it can be read again from the start."""
    for table in (
        tables.chain_events,
        tables.agreements,
        tables.offers,
        tables.assets,
        tables.tariffs,
        tables.splits,
        tables.balances,
        tables.bookings,
        tables.checkpoints,
    ):
        connection.execute(delete(table))


def _split(row: Row[Any]) -> Split:
    return Split(
        SplitId(row.id),
        row.controller,
        row.version,
        row.account,
        [(Address(account), int(share)) for account, share in row.payees],
        [Address(currency) for currency in row.currencies],
    )


def _replace(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Delete and insert instead of an upsert, whose SQL differs between databases."""
    ids = [row["id"] for row in rows]
    for start in range(0, len(ids), 500):
        connection.execute(delete(table).where(table.c.id.in_(ids[start : start + 500])))
    if rows:
        connection.execute(insert(table), list(rows))
