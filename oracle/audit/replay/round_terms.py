"""RoundBook again: what a round was published as, checked against the published bounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from oracle.audit.abi import Value
from oracle.audit.keccak import word
from oracle.audit.replay.buybacks import LIVE
from oracle.audit.replay.splits import Payee
from oracle.audit.replay.world import Call, Handler, Module, Path, Refused, World, struct_storage, subaccount
from oracle.audit.waterfall import ALL_BPS, UNCAPPED

DAY: Final = 86_400
MOST_UNITS: Final = 2**87 - 1
MOST_TRANCHES, MOST_ASSETS, MOST_OTHERS, MOST_POINTS = 4, 16, 15, 64
LONGEST_FUNDING: Final = 365 * DAY
LONGEST_PLAN: Final = 30 * 365 * DAY
MOST_SHARE: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class RoundTerms:
    """`tranches`: size, least, rate, cap and residual of each. `guarantees`: by asset, 0 for none."""

    named: dict[str, Value]
    tranches: tuple[tuple[int, ...], ...]
    plan: tuple[tuple[int, int], ...]
    assets: tuple[int, ...]
    guarantees: dict[int, int]

    def number(self, name: str) -> int:
        return int(self.named[name])

    @property
    def secured(self) -> bool:
        return bool(self.named["secured"])

    @property
    def sizes(self) -> list[int]:
        return [tranche[0] for tranche in self.tranches]

    @property
    def least(self) -> list[int]:
        return [tranche[1] for tranche in self.tranches]


class RoundBook(Module):
    CONTRACT = "RoundBook"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.terms: list[RoundTerms] = []
        opening = self.abi.by_name["open"]
        self._names, self._tranche_names, *_ = opening.member_names

    def handlers(self) -> dict[str, Handler]:
        return {
            "open": self.open,
            "setAuthority": self.set_authority,
            "pause": self.pause,
            "unpause": self.unpause,
        }

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        self.begin_managed(call, arguments[0])

    def open(
        self, call: Call, given: tuple[Value, ...], tranches: tuple[Any, ...], plan: tuple[Any, ...], assets: Any
    ) -> None:
        self.require_running()
        ids, guarantees, others = assets
        named = dict(zip(self._names, given, strict=True))
        terms = RoundTerms(named, tranches, plan, ids, dict(zip(ids, guarantees, strict=False)))
        self._check_terms(call, terms)
        self._check_tranches(terms)
        self._check_plan(terms)
        self._check_assets(call, terms, guarantees)
        for asset in ids:
            self.check_guarantee(call, terms, asset)
        self.terms.append(terms)
        number = len(self.terms)
        split = self._create_split(call, number, terms, others)
        self.emit(call, "RoundOpened", number, call.sender, split, given, tranches, plan, assets)
        inner = call.by(self.address)
        self.world.rounds.open(inner, number, call.sender, named["currency"], split, tranches)

    # Reading

    def of(self, number: int) -> RoundTerms:
        if not 0 < number <= len(self.terms):
            raise Refused(f"there is no round {number}")
        return self.terms[number - 1]

    def check_guarantee(self, call: Call, terms: RoundTerms, asset: int) -> None:
        """I-10: a guarantee of that machine in that currency, exercisable for as long as the round may need it."""
        if (guarantee := terms.guarantees[asset]) == 0:
            return
        given = self.world.buybacks.known(guarantee)
        same = (given.terms["asset"], given.terms["currency"]) == (asset, terms.named["currency"])
        lasts = given.stage == LIVE and given.open_until >= call.now + terms.number("defaultAfter")
        self.refuse_unless(same and lasts and terms.secured, "a guarantee that does not fit the round")

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield from self.managed_storage()
        yield from self.pause_storage()
        yield ("roundCount",), len(self.terms)
        for number, terms in enumerate(self.terms, 1):
            yield from struct_storage(("_terms", number), terms.named)
            for name, rows, members in (
                ("_tranches", terms.tranches, self._tranche_names),
                ("_plans", terms.plan, ("time", "amount")),
            ):
                yield (name, number), len(rows)
                for index, row in enumerate(rows):
                    yield from struct_storage((name, number, index), dict(zip(members, row, strict=True)))
            yield ("_assets", number), len(terms.assets)
            for index, asset in enumerate(terms.assets):
                yield ("_assets", number, index), asset
            for asset, guarantee in terms.guarantees.items():
                yield ("_guarantees", number, asset), guarantee

    # Internals

    def _check_terms(self, call: Call, terms: RoundTerms) -> None:
        number, inside = terms.number, self._check
        self.refuse_unless(terms.named["currency"] in self.world.accounts.admitted, "the currency is not admitted")
        inside("target", number("target"), 1, MOST_UNITS)
        inside("minimum", number("minimum"), 1, number("target"))
        inside("smallest", number("smallest"), 1, number("minimum"))
        inside("deadline", number("deadline"), call.now + 1, call.now + LONGEST_FUNDING)
        inside("late after", number("lateAfter"), DAY, 365 * DAY)
        inside("impaired after", number("impairedAfter"), number("lateAfter") + 1, 2 * 365 * DAY)
        inside("default after", number("defaultAfter"), number("impairedAfter") + 1, 3 * 365 * DAY)
        inside("round share", number("roundShare"), 1, MOST_SHARE)
        inside("unbilled", number("unbilledBps"), 1, ALL_BPS)
        looked_at = number("unbilledBps") != ALL_BPS
        self.refuse_unless(not looked_at or number("leastPricePerMillion") > 0, "use without a price")
        inside("auction reserve", number("auctionBps"), 0, ALL_BPS)
        self.refuse_unless(any(terms.named["termsHash"]), "terms without a text")

    def _check_tranches(self, terms: RoundTerms) -> None:
        self._check("tranches", len(terms.tranches), 1, MOST_TRANCHES)
        for size, least, rate, cap, _ in terms.tranches:
            self._check("size", size, 1, MOST_UNITS)
            self._check("least", least, 0, size)
            self._check("rate", rate, 0, ALL_BPS)
            self._check("cap", cap or UNCAPPED, ALL_BPS, UNCAPPED)
        self.refuse_unless(sum(terms.sizes) >= terms.number("target"), "tranches smaller than the target")
        self._check("residuals", sum(tranche[4] for tranche in terms.tranches), 0, ALL_BPS)

    def _check_plan(self, terms: RoundTerms) -> None:
        self._check("points", len(terms.plan), 1, MOST_POINTS)
        before = (0, 0)
        for time, amount in terms.plan:
            self._check("time", time, before[0] + 1, LONGEST_PLAN)
            self._check("amount", amount, before[1], MOST_UNITS)
            before = (time, amount)

    def _check_assets(self, call: Call, terms: RoundTerms, guarantees: Sequence[int]) -> None:
        ids = terms.assets
        self._check("assets", len(ids), 1, MOST_ASSETS)
        self.refuse_unless(len(guarantees) == len(ids) == len(set(ids)), "an asset twice, or guarantees of others")
        owners = [self.world.assets.known(asset).owner for asset in ids]
        self.refuse_unless(not terms.secured or set(owners) == {call.sender}, "not the owner of every title")

    def _create_split(self, call: Call, number: int, terms: RoundTerms, others: tuple[Payee, ...]) -> int:
        """The round first, then each machine's service reserve, then who else is paid."""
        share = terms.number("reserveShare")
        market = self.world.market.address
        reserves = [(subaccount(market, word(asset)), share) for asset in terms.assets if share]
        payees = ((self.world.rounds.account_of(number), terms.number("roundShare")), *reserves, *others)
        self._check("other payees", len(others), 0, MOST_OTHERS)
        inner = call.by(self.address)
        self.world.splits.create(inner, self.world.collateral.address, payees, (terms.named["currency"],))
        return len(self.world.splits.splits)

    def _check(self, what: str, value: int, least: int, most: int) -> None:
        self.refuse_unless(least <= value <= most, f"out of range: {what}")
