"""SpareStock again: where each spare is (I-12), its repair, and what members decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from oracle.audit.abi import Value
from oracle.audit.keccak import word
from oracle.audit.replay.assets import RETIRED
from oracle.audit.replay.orders import ARBITRATED, OPEN, PAID
from oracle.audit.replay.pools import platform_only
from oracle.audit.replay.services import padded
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, Refused, World, struct_storage

NOWHERE, SHELF, LENT, REPAIR, BOUGHT_OUT, GONE = range(6)
CUSTODY: Final = (SHELF, LENT, REPAIR)
PURCHASE, RETIREMENT, KEEPER = 1, 2, 3
DELIVERED, CANCELLED = 3, 7
REPAIR_ORDER: Final = 2
MODEL: Final = ("maker", "price", "model", "exchangeFee", "repairCeiling")
MOST_MODELS: Final = 16
DAY: Final = 86_400
NOTHING: Final = bytes(32)


@dataclass(slots=True)
class Unit:
    pool: int
    place: int
    model: int
    loan: int = 0
    order: int = 0


@dataclass(slots=True)
class Proposal:
    pool: int
    kind: int
    model: int
    asset: int
    account: bytes
    price: int
    opened_at: int
    closes_at: int
    done: bool = False
    voters: list[int] = field(default_factory=list)


class SpareStock(Module):
    CONTRACT = "SpareStock"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.keepers: dict[int, bytes] = {}
        self.models: dict[int, tuple[dict[str, Any], ...]] = {}
        self.units: dict[int, Unit] = {}
        self.proposals: dict[int, Proposal] = {}
        self.community = ZERO

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        self.community = arguments[-1]

    def handlers(self) -> dict[str, Handler]:
        return {
            "proposePurchase": self.propose_purchase, "proposeRetirement": self.propose_retirement,
            "proposeKeeper": self.propose_keeper, "vote": self.vote, "carryOut": self.carry_out,
            "withhold": self.withhold, "repair": self.repair, "shelve": self.shelve,
            "inheritSpare": self.inherit_spare, "skim": self.skim,
            **dict.fromkeys(("setUp", "keep", "lend", "takeBack", "letGo", "takeExchanged"), platform_only),
        }  # fmt: skip

    # Votes

    def propose_purchase(self, call: Call, pool: int, asset: int, price: int) -> None:
        self.refuse_unless(not self.world.offers.paused, "new purchases are paused")
        self.refuse_unless(self.world.assets.known(asset).owner == call.sender, "only the title owner offers it")
        model = self.model_of(pool, asset)
        self.refuse_unless(price <= self.models[pool][model]["price"], "above the posted price")
        self._propose(call, pool, PURCHASE, model, asset, call.sender, price)

    def propose_retirement(self, call: Call, by: int, unit: int, taker: bytes) -> None:
        self._propose(call, self._pool_of(call, by), RETIREMENT, 0, unit, taker, 0)

    def propose_keeper(self, call: Call, by: int, keeper: bytes) -> None:
        self._propose(call, self._pool_of(call, by), KEEPER, 0, 0, keeper, 0)

    def vote(self, call: Call, number: int, by: int) -> None:
        pool, proposal = self._pool_of(call, by), self._open(call, number)
        member = self.world.pools.members[by]
        since = member.joined_at if proposal.kind == PURCHASE else member.covered_from
        may = pool == proposal.pool and since <= proposal.opened_at and by not in proposal.voters
        self.refuse_unless(may, "may not vote on this, or has")
        proposal.voters.append(by)
        self.emit(call, "Voted", number, by)

    def carry_out(self, call: Call, number: int) -> None:
        proposal = self._open(call, number)
        present = self.world.pools.members_of(proposal.pool)
        yes = len(present.keys() & set(proposal.voters))
        self.refuse_unless(2 * yes > len(present), "not carried")
        proposal.done = True
        self.emit(call, "CarriedOut", number, yes, len(present))
        match proposal.kind:
            case 3:
                self.keepers[proposal.pool] = proposal.account
            case 2:
                self._retire(call, proposal.pool, proposal.asset, proposal.account)
            case _:
                if proposal.price:
                    self._spend(call, proposal.pool, proposal.account, proposal.price, "purchase")
                self._receive(call, proposal.pool, proposal.model, proposal.asset, proposal.account, SHELF)

    # Repair

    def withhold(self, call: Call, number: int) -> None:
        unit = self._at(number, SHELF)
        self.refuse_unless(call.sender == self.keepers[unit.pool], "only the keeper does that")
        self._check_not_kept(unit)
        self._move(call, number, REPAIR)
        self._record(call, number, "spare withheld", NOTHING)

    def repair(self, call: Call, number: int, document_hash: bytes, uri: str) -> None:
        unit = self._at(number, REPAIR)
        self.refuse_unless(unit.order == 0 or self._stage(unit.order) >= CANCELLED, "an order runs, or is paid")
        terms = self.world.pools.pools[unit.pool].terms
        ceiling = self.models[unit.pool][unit.model]["repairCeiling"]
        reserve = self.world.market.reserve(number)
        lacking = max(0, ceiling - self.world.accounts.balance(reserve, terms["currency"]))
        if lacking:
            self._spend(call, unit.pool, reserve, lacking, "repair")
        inner = call.by(self.address)
        self.world.service_terms.choose(inner, number, terms["serviceTerms"])
        until = call.now + terms["biddingTime"]
        request = (number, REPAIR_ORDER, 0, ceiling, until, terms["workTime"], True, document_hash, uri)
        self.world.market.open(inner, request)
        unit.order = len(self.world.market.orders)
        self.emit(call, "RepairOrdered", number, unit.order, lacking)

    def shelve(self, call: Call, number: int) -> None:
        unit = self._at(number, REPAIR)
        order, stage = unit.order, self._stage(unit.order)
        if stage not in (PAID, ARBITRATED):
            self.refuse_unless(call.sender == self.keepers[unit.pool], "not repaired")
            if stage == DELIVERED:
                self.world.market.approve(call.by(self.address), order)
            else:
                self.refuse_unless(stage == 0 or stage > PAID, "an order runs")
        unit.order = 0
        self._move(call, number, SHELF)
        self._record(call, number, "spare shelved", word(order))
        self._empty_reserve(call, number, unit.pool)

    # Ends

    def inherit_spare(self, call: Call, pool: int, number: int) -> None:
        heir = self.world.pools.known(pool).heir
        self.refuse_unless(heir != ZERO, "the pool has members")
        self._retire(call, pool, number, heir)

    def skim(self, call: Call, currency: bytes) -> None:
        amount = self.world.accounts.balance(self.address, currency)
        self.refuse_unless(amount > 0, "no gifts")
        self.emit(call, "GiftsSkimmed", currency, self.community, amount)
        token = int.from_bytes(currency, "big")
        self.world.accounts.transfer(call.by(self.address), self.community, token, amount)

    # For pools and loans

    def set_up(self, pool: int, terms: dict[str, Any], models: tuple[tuple[Value, ...], ...], keeper: bytes) -> None:
        self.refuse_unless(1 <= len(models) <= MOST_MODELS and keeper != ZERO, "no models, too many, or no keeper")
        service = self.world.service_terms.of(terms["serviceTerms"])
        self.refuse_unless(service.currency == terms["currency"], "service terms in another currency")
        bidding = service.number("shortestBidding") <= terms["biddingTime"] <= 30 * DAY
        self.refuse_unless(bidding and 1 <= terms["workTime"] <= 90 * DAY, "times of repairs out of bounds")
        most = min(service.number("ruleCeiling"), service.number("ruleBudget"))
        self.models[pool] = tuple(dict(zip(MODEL, model, strict=True)) for model in models)
        sound = all(1 <= model["repairCeiling"] <= most for model in self.models[pool])
        self.refuse_unless(sound, "ceilings that no rule accepts")
        self.keepers[pool] = keeper

    def lend(self, call: Call, number: int, pool: int, model: int, claim: int, is_kept: bool, paper: bytes) -> None:
        unit = self._at(number, SHELF)
        self.refuse_unless((unit.pool, unit.model) == (pool, model), "a spare of another pool or model")
        if not is_kept:
            self._check_not_kept(unit)
        unit.loan = claim
        self._move(call, number, LENT)
        self._record(call, number, "spare lent", paper)

    def take_back(self, call: Call, number: int, is_sound: bool, paper: bytes) -> None:
        self.units[number].loan = 0
        self._move(call, number, SHELF if is_sound else REPAIR)
        self._record(call, number, "spare returned", paper)

    def let_go(self, call: Call, number: int, to: bytes) -> None:
        self._release(call, number, BOUGHT_OUT, to, "spare kept by member")

    def take_exchanged(self, call: Call, pool: int, model: int, number: int, giver: bytes) -> None:
        self._receive(call, pool, model, number, giver, REPAIR)

    def model_of(self, pool: int, asset: int) -> int:
        machine = self.world.assets.known(asset)
        if machine.self_declared_by == ZERO and machine.lifecycle != RETIRED:
            for index, model in enumerate(self.models.get(pool, ())):
                if (model["model"], model["maker"]) == (machine.model, machine.maker):
                    return index
        raise Refused("a model that the pool does not serve")

    # Reading

    def counts(self, pool: int, model: int) -> tuple[int, int, int]:
        """All in custody, on the shelf, and kept for claims that were called out."""
        places = [unit.place for unit in self.units.values() if (unit.pool, unit.model) == (pool, model)]
        kept = self.world.spare_loans.called(pool, model)
        return sum(place in CUSTODY for place in places), places.count(SHELF), kept

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield ("proposalCount",), len(self.proposals)
        for pool, keeper in self.keepers.items():
            yield ("keeperOf", pool), keeper
        for pool, models in self.models.items():
            yield ("_models", pool), len(models)
            for index, model in enumerate(models):
                yield from struct_storage(("_models", pool, index), model)
                total, ready, kept = self.counts(pool, index)
                yield from struct_storage(("_stocks", pool, index), {"total": total, "ready": ready, "kept": kept})
        for number, unit in self.units.items():
            members = {"pool": unit.pool, "place": unit.place, "model": unit.model}
            yield from struct_storage(("_units", number), members | {"loan": unit.loan, "order": unit.order})
        for number, one in self.proposals.items():
            parts: dict[str, Value] = {
                "pool": one.pool, "kind": one.kind, "model": one.model, "isDone": one.done, "openedAt": one.opened_at,
                "closesAt": one.closes_at, "asset": one.asset, "account": one.account, "price": one.price,
            }  # fmt: skip
            yield from struct_storage(("_proposals", number), parts)
            yield ("_voters", number), len(one.voters)
            for index, voter in enumerate(one.voters):
                yield ("_voters", number, index), voter
                yield ("_hasVoted", number, voter), True

    # Internals: votes

    def _propose(self, call: Call, pool: int, kind: int, model: int, asset: int, account: bytes, price: int) -> None:
        self.refuse_unless(account != ZERO, "for nobody")
        number = len(self.proposals) + 1
        closes_at = call.now + self.world.pools.pools[pool].terms["votingTime"]
        self.proposals[number] = Proposal(pool, kind, model, asset, account, price, call.now, closes_at)
        self.emit(call, "Proposed", number, pool, kind, asset, account, price, closes_at)

    def _open(self, call: Call, number: int) -> Proposal:
        if (proposal := self.proposals.get(number)) is None:
            raise Refused(f"there is no proposal {number}")
        self.refuse_unless(not proposal.done and call.now <= proposal.closes_at, "the vote has ended")
        return proposal

    def _pool_of(self, call: Call, member: int) -> int:
        found = self.world.pools.present(member)
        self.refuse_unless(call.sender == found.account, "only the member does that")
        return found.pool

    # Internals: places

    def _at(self, number: int, place: int) -> Unit:
        unit = self.units.get(number)
        if unit is None or unit.place != place:
            raise Refused("the unit is elsewhere")
        return unit

    def _check_not_kept(self, unit: Unit) -> None:
        _, ready, kept = self.counts(unit.pool, unit.model)
        self.refuse_unless(ready > kept, "kept for who was called out")

    def _receive(self, call: Call, pool: int, model: int, number: int, giver: bytes, to: int) -> None:
        machine = self.world.assets.known(number)
        self.refuse_unless(machine.lienholder == ZERO, "the title is under lien")
        self.refuse_unless(machine.lifecycle != RETIRED, "the machine is retired")
        self.refuse_unless(self.world.agreements.open_count(number) == 0, "agreements are open")
        self.refuse_unless(self.world.market.open_orders[number] == 0, "work is ordered")
        before = self.units[number].place if number in self.units else NOWHERE
        self.emit(call, "UnitMoved", number, pool, to, before, model)
        self.units[number] = Unit(pool, to, model)
        self.world.assets.transfer_from(call.by(self.address), giver, self.address, number)
        self._record(call, number, "spare received", word(pool))

    def _release(self, call: Call, number: int, to: int, taker: bytes, kind: str) -> None:
        unit = self.units[number]
        unit.loan = 0
        self._move(call, number, to)
        self._record(call, number, kind, word(unit.pool))
        self.world.assets.transfer_from(call.by(self.address), self.address, taker, number)

    def _retire(self, call: Call, pool: int, number: int, taker: bytes) -> None:
        unit = self.units.get(number)
        if unit is None or unit.pool != pool:
            raise Refused("no unit of the pool")
        if unit.place == LENT:
            self.world.spare_loans.write_off(call, unit.loan)
        elif unit.place == SHELF:
            self._check_not_kept(unit)
        else:
            self.refuse_unless(unit.place == REPAIR, "the unit is gone")
        self._empty_reserve(call, number, pool)
        self._release(call, number, GONE, taker, "spare retired")

    def _move(self, call: Call, number: int, to: int) -> None:
        unit = self.units[number]
        self.emit(call, "UnitMoved", number, unit.pool, to, unit.place, unit.model)
        unit.place = to

    def _record(self, call: Call, number: int, kind: str, paper: bytes) -> None:
        self.world.assets.record_history(call.by(self.address), number, padded(kind), paper, "")

    # Internals: money

    def _stage(self, order: int) -> int:
        """Zero without an order; the first stage of one is 1."""
        stage: int = self.world.market.known(order).stage if order else OPEN - 1
        return stage

    def _spend(self, call: Call, pool: int, to: bytes, amount: int, what: str) -> None:
        self.world.pools.spend(call, pool, to, amount, padded(what))

    def _empty_reserve(self, call: Call, number: int, pool: int) -> None:
        market, currency = self.world.market, self.world.pools.pools[pool].terms["currency"]
        left = self.world.accounts.balance(market.reserve(number), currency)
        if left:
            market.release_reserve(call.by(self.address), number, currency, left, self.world.pools.account_of(pool))
