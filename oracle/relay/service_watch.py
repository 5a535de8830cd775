"""Opens an order when the rule in a provider's published terms of service says so. Off without a watcher key."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from oracle.advice import trends
from oracle.advice.service_due import Reason, ServiceRule, Wear, due, parse_rule
from oracle.chain.node_errors import CallReverted, typed_errors
from oracle.domain.hashing import keccak
from oracle.domain.telemetry import SampledReading
from oracle.domain.wire import decode_json
from oracle.errors import Fatal, Rejected
from oracle.parties import orders
from oracle.parties.reverts import Refused
from oracle.parties.wallet import Wallet
from oracle.relay.context import NOTHING, Outcome, RelayContext
from oracle.store import checkpoints, read_model, wear
from oracle.types import AssetId, BlockNumber, Bytes32, UnixTime

FAR = UnixTime((1 << 40) - 1)
PAGE = 100
DELIVERED = "0x" + b"service delivered".ljust(32, b"\0").hex()
WORK = {
    Reason.USED: orders.Kind.MAINTAIN,
    Reason.METER_ERROR: orders.Kind.INSPECT,
    Reason.TREND: orders.Kind.REPAIR,
}
UNITS = {
    trends.Measure.TEMPERATURE: "millidegrees C",
    trends.Measure.VIBRATION: "micrometres/s",
    trends.Measure.CURRENT: "mA",
}


class ServiceWatch:
    """`wallet` is the watcher's own: it appears on chain as the opener, appointed by each machine's provider."""

    def __init__(self, context: RelayContext, wallet: Wallet, rules: Mapping[Bytes32, ServiceRule]) -> None:
        self._context, self._wallet, self._rules = context, wallet, rules

    def run(self, now: float) -> Outcome:
        """One look at every machine. Raises Retryable where the node is away."""
        opened: list[int] = []
        refused: list[str] = []
        for asset in self._assets():
            try:
                if (number := self._look_at(asset)) is not None:
                    opened.append(number)
            except Refused as error:
                refused.append(f"asset {asset}: {error.code}")
        return Outcome("done", {"opened": opened, "refused": refused}) if opened or refused else NOTHING

    def _look_at(self, asset: AssetId) -> int | None:
        """The number of the order that was opened, None where nothing is due or somebody is at it."""
        rule = self._rule_of(asset)
        if rule is None:
            return None
        found, trend, known = self._wear(asset, rule)
        reason = due(rule, found)
        if reason is None or self._is_served_after(asset, known):
            return None
        client = self._context.client
        now = client.block(client.head()).time
        text = f"{reason.value}: odometer {found.odometer}, at the last service {found.odometer_at_service}"
        if reason is Reason.TREND and trend is not None:
            text = words_of(trend)
        need = orders.Need(
            asset, WORK[reason], None, rule.ceiling, UnixTime(now + rule.bidding_time + 60), rule.work_time, True,
            orders.Document(keccak(text.encode()), f"data:,{text}"),
        )  # fmt: skip
        number, _ = orders.open_order(self._wallet, need)
        return number

    def _rule_of(self, asset: AssetId) -> ServiceRule | None:
        """Of a machine that this watcher was appointed for, and that has no unfinished order."""
        platform, call = self._context.platform, self._context.client.call
        book = platform.service_terms.functions
        if not call(book.isWatcher(asset, self._wallet.address)) or call(platform.market.functions.openOrdersOf(asset)):
            return None
        try:
            terms = orders.chosen_terms(self._context.client, platform, asset)
        except CallReverted:
            return None
        return self._rules.get(orders.terms_hash(self._context.client, platform, terms))

    def _is_served_after(self, asset: AssetId, block: BlockNumber) -> bool:
        """Whether the chain has a service that the read model does not know yet: it would be ordered once more."""
        events = self._context.platform.assets.events.HistoryRecorded()
        filters = {"asset": asset, "kind": DELIVERED}
        with typed_errors("HistoryRecorded"):
            # From the known block on, because a node refuses a range that begins behind its head.
            found = events.get_logs(from_block=block, argument_filters=filters)
        return any(log["blockNumber"] > block for log in found)

    def _wear(self, asset: AssetId, rule: ServiceRule) -> tuple[Wear, trends.Trend | None, BlockNumber]:
        """What wore since the last service, the trend that passes, and the block up to which all that is known."""
        with self._context.database.reading() as connection:
            checkpoint = checkpoints.load(connection)
            known = BlockNumber(0) if checkpoint is None else checkpoint.number
            done = [
                event.block_time
                for event in read_model.events(connection, ["HistoryRecorded"], asset_id=asset, limit=1_000_000)
                if event.arguments["kind"] == DELIVERED
            ]
            since = max(done, default=UnixTime(0))
            window = _window(wear.seen_since(connection, asset, since), trends.longest_window_ms(rule.trends))
            trend = trends.passing(rule.trends, rule.places, window)
            counted = Wear(
                wear.odometer_at(connection, asset, FAR),
                wear.odometer_at(connection, asset, since),
                wear.has_meter_error_since(connection, asset, since),
                trend is not None,
            )
        return counted, trend, known

    def _assets(self) -> Iterable[AssetId]:
        after = 0
        while True:
            with self._context.database.reading() as connection:
                if checkpoints.load(connection) is None:
                    return
                page = read_model.list_assets(connection, after, PAGE)
            yield from (asset.id for asset in page)
            if len(page) < PAGE:
                return
            after = page[-1].id


def words_of(trend: trends.Trend) -> str:
    """What the order shows: its hash goes on chain, and the root proves in which readings (agreement/sequence) the
    trend was seen."""
    threshold, unit = trend.threshold, UNITS[trend.threshold.measure]
    where = "" if trend.place is None else f" at {trend.place}"
    first, last = (f"{each.agreement_id}/{each.sequence}" for each in (trend.readings[0], trend.readings[-1]))
    which = f"reading {last}" if len(trend.readings) == 1 else f"{len(trend.readings)} readings {first} to {last}"
    return (
        f"{threshold.measure} {trend.value} {unit} after {threshold.running_minutes} min of running, "
        f"limit {trend.limit} {unit}{where}; seen in {which}, root 0x{trend.root.hex()}"
    )


def _window(newest_first: Iterable[SampledReading], length_ms: int) -> list[SampledReading]:
    """As many readings as the longest window needs, oldest first."""
    found: list[SampledReading] = []
    for reading in newest_first if length_ms else ():
        found.append(reading)
        length_ms -= trends.running_ms(reading.samples)
        if length_ms <= 0:
            break
    return found[::-1]


def read_rules(folder: Path) -> dict[Bytes32, ServiceRule]:
    """Rules by the hash of the file that has them. Raises Fatal naming a file that cannot be read as one."""
    found: dict[Bytes32, ServiceRule] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            data = path.read_bytes()
            rule = parse_rule(decode_json(data))
        except (OSError, Rejected) as error:
            raise Fatal(
                "service terms", f"{path.name}: {error}", "Correct CISE_SERVICE_TERMS_DIR or the file."
            ) from error
        if rule is not None:
            found[keccak(data)] = rule
    return found
