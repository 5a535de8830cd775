"""A pool of spares on a chain beside its Python truth: four factories, two models, three spares, one keeper."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from eth_account import Account
from eth_utils.address import to_checksum_address

from oracle.domain.bindings import MeterBinding
from oracle.domain.forms import Struct, digest
from oracle.domain.hand_overs import SpareHandOver
from oracle.domain.hashing import address_bytes, keccak
from oracle.domain.readings import Flag, Reading
from oracle.domain.signatures import Curve, SigningKey
from oracle.domain.statuses import Status
from oracle.types import ZERO_BYTES32
from tests.models.accounts import Refused
from tests.models.pools import CUSTODY, DAY, ON_LOAN, OPEN, WAITING, Price, Terms
from tests.models.spare_loans import PoolModel
from tests.stateful.deployed import Deployed

EUR = 1_000_000
HOUR = 3_600
UNLIMITED = (1 << 256) - 1
MNEMONIC = "test test test test test test test test test test test junk"
FAR_FUTURE = (1 << 40) - 1
PURSE = 30 * EUR
PAPER = keccak(b"paper")
# Primes: what does not divide shows where something is rounded.
TERMS = Terms(
    70_001, 500_009, 300_007, 50_021, 10_007, 40_009, 30 * DAY, 10 * DAY, 2 * DAY, 20 * DAY, 3 * DAY, 5 * DAY, 15 * DAY,
    20 * DAY,
)  # fmt: skip
PRICES = (Price(900_001, 100_003, 200_003), Price(700_001, 0, 150_001))
MODELS = {1: 0, 2: 0, 3: 0, 4: 1, 5: 0, 6: 0, 7: 1, 8: 0}
SPARES = (5, 6, 7)
"""Offered by a seller; the pool begins with the first and the last."""
POOLS, LOANS, STOCK, MARKET = "SparePools", "SpareLoans", "SpareStock", "ServiceMarket"
HAND_OVER = Struct(
    "SpareHandOver(uint64 claimId,uint64 assetId,address giver,address taker,uint8 grade,bytes32 conditionHash,"
    "uint256 giverNonce,uint256 takerNonce,uint40 deadline)"
)


class PoolWorld(Deployed):
    """Steps happen on both sides, or are refused on both by the same error."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        accounts = self.accounts
        self.listing, self.guardian, self.maker, self.stranger = accounts[1:5]
        self.worker, self.seller, self.community = accounts[6], accounts[7], accounts[9]
        self.keys = {account: _key(number) for number, account in enumerate(accounts[10:15], 10)}
        self.keeper, *self.factories = self.keys
        self.people = [*self.factories, self.keeper, self.seller, self.stranger, self.worker]
        self._hands = self.domains.of(SpareHandOver)
        self._nonce = 0
        self.refused = ""
        self._paused_until = 0
        self.odometers = dict.fromkeys(MODELS, 0)
        self._build()
        owner = {asset: self._owner(asset) for asset in MODELS}
        self.model = PoolModel(
            self.books, *(self.contracts[name].address for name in (POOLS, STOCK, MARKET)), self.currency, TERMS,
            PRICES, MODELS, owner, self.keeper,
        )  # fmt: skip
        self.keep(self.model)

    def reset(self) -> None:
        self._restore(*self.go_back())
        self._paused_until = 0
        self.odometers = dict.fromkeys(MODELS, 0)

    def _restore(self, model: PoolModel) -> None:
        self.model, self.books = model, model.books

    # Building

    def _owner(self, asset: int) -> str:
        if asset in SPARES:
            return self.seller
        return self.factories[0] if asset == 8 else self.factories[asset - 1]

    def _build(self) -> None:
        for person in self.people:
            self.do(person, "MicroEuro", "mint", person, PURSE)
            self.do(person, "MicroEuro", "approve", self.ledger.address, UNLIMITED)
            self.deposit(person, person, PURSE)
            pools = self.contracts[POOLS].address
            self.do(person, "PrepaidAccounts", "approve", pools, int(self.currency, 16), UNLIMITED)
            self.books.approve(person, pools, self.currency, UNLIMITED)
            self.do(person, "AssetRegistry", "setApprovalForAll", self.contracts[STOCK].address, True)
        for asset, model in MODELS.items():
            self._machine(asset, b"pump %d" % model, self._owner(asset))
        self.do(self.listing, "WorkerList", "admit", self.worker, 127)
        service = (self.currency, EUR, 0, 100 * EUR, 0, HOUR, DAY, DAY, DAY, DAY, 0, 1, False, False, PAPER)
        self.do(self.stranger, "ServiceTermsBook", "publish", service, (0, 0, 0, 0), [self.stranger])
        self.do(self.maker, POOLS, "open", *self.rules())
        self.rules_hash = self.hash_of_rules(1)

    def hash_of_rules(self, pool: int) -> bytes:
        (found,) = self.chain.read([(self.contracts[POOLS], "poolOf", (pool,))])
        return bytes(found[6])

    def rules(self, **changes: Any) -> tuple[Any, ...]:
        """The arguments of `SparePools.open`."""
        t = TERMS._replace(**{name: value for name, value in changes.items() if name in TERMS._fields})
        other = {"currency": self.currency, "terms_hash": PAPER} | changes
        terms = (
            other["currency"], t.dues, other.get("least_grade", 1), other.get("vouched", False), t.entry, t.deposit,
            t.claim_fee, t.fee_per_day, t.late_fee_per_day, t.period, t.waiting, t.fresh, t.longest_loan, t.collect,
            t.defective, t.rest, t.voting, other.get("bidding", HOUR), DAY, other.get("service_terms", 1),
            other["terms_hash"],
        )  # fmt: skip
        models = [
            (self.maker, p.buy_out, (b"pump %d" % n).ljust(32, b"\0"), p.exchange, changes.get("ceiling", p.ceiling))
            for n, p in enumerate(PRICES)
        ]
        return terms, other.get("models", models), other.get("keeper", self.keeper)

    def _machine(self, asset: int, model: bytes, owner: str) -> None:
        self.do(self.maker, "AssetRegistry", "register", model.ljust(32, b"\0"), keccak(b"%d" % asset), owner)
        self.bind(asset, self.meter(asset), grade=1, epoch=1, owner=owner)

    def bind(self, asset: int, key: SigningKey, grade: int, epoch: int, owner: str = "") -> None:
        """A meter, at once: the one before signs it too."""
        binding = MeterBinding(asset, address_bytes(key.address), int(Curve.SECP256K1), epoch, 0, ZERO_BYTES32, 0)
        signed = digest(self.domains.of(binding), binding)
        before = self.meter(asset).sign(signed) if epoch > 1 else b""
        sender = owner or self.model.owner[asset]
        self.do(sender, "MeterRegistry", "announceMeter", tuple(binding.values()), grade, key.sign(signed), before)

    def meter(self, asset: int) -> SigningKey:
        return SigningKey(keccak(b"meter of asset %d" % asset))

    # What meters and hands sign

    def status(self, asset: int, time: int, state: int) -> tuple[Any, bytes]:
        form = Status(asset, 1, time, state, 7, self.odometers[asset])
        return tuple(form.values()), self.meter(asset).sign(digest(self.domains.of(form), form))

    def reading(self, asset: int) -> tuple[Any, bytes]:
        form = Reading(1, asset, 1, self.chain.now, (1, 0, 0, 0), self.odometers[asset], Flag(0), ZERO_BYTES32)
        return tuple(form.values()), self.meter(asset).sign(digest(self.domains.of(form), form))

    def paper(self, claim: int, asset: int, giver: str, taker: str, grade: int = 0) -> tuple[Any, bytes, bytes]:
        self._nonce += 2
        values = (claim, asset, giver, taker, grade, PAPER, self._nonce, self._nonce + 1, FAR_FUTURE)
        signed = keccak(b"\x19\x01" + self._hands.separator + HAND_OVER.hash(values))
        return values, *(self.keys[hand].sign(signed) for hand in (giver, taker))

    # Steps on both sides

    def step(self, sender: str, contract: str, function: str, act: Callable[[int], Any], *arguments: Any) -> bool:
        """`act` takes the step in the model at the block's time; True where both took it, else see `refused`."""
        self.model.paused = self.is_paused()
        before, self.refused = deepcopy(self.model), ""
        try:
            act(self.chain.now + 1)
        except Refused as refused:
            self._restore(before)
            self.refuse(sender, contract, function, arguments, refused.name)
            self.refused = refused.name
            return False
        self.do(sender, contract, function, *arguments)
        return True

    def market_order(self) -> int:
        """The last one."""
        (order,) = self.chain.read([(self.contracts[MARKET], "orderCount", ())])
        return int(order)

    def queue_of_chain(self, model: int) -> list[int]:
        (queue,) = self.chain.read([(self.contracts[LOANS], "queueOf", (1, model))])
        return list(queue)

    def gift(self, amount: int) -> None:
        """Straight to the pool's account: cash like any other."""
        self.do(self.stranger, "PrepaidAccounts", "transfer", self.model.account, int(self.currency, 16), amount)
        self.books.transfer(self.stranger, self.model.account, self.currency, amount)

    def sell(self, asset: int, buyer: str) -> None:
        owner = self.model.owner[asset]
        if owner in self.people and owner != buyer:
            self.do(owner, "AssetRegistry", "transferFrom", owner, buyer, asset)
            self.model.owner[asset] = buyer

    def mend(self, unit: int, bid: int, by_keeper: bool) -> None:
        """A repair from order to shelf, for `bid`; zero: nobody bids, and the keeper puts the unit back as it is."""
        ordered = self.step(
            self.stranger, STOCK, "repair", lambda _: self.model.order_repair(unit), unit, PAPER, "",
        )  # fmt: skip
        if not ordered:
            return
        order = self.market_order()
        if bid:
            self.do(self.worker, MARKET, "bid", order, bid, HOUR)
        self.chain.warp(2 * HOUR if bid else 2 * DAY)
        if not bid:
            self.do(self.stranger, MARKET, "lapse", order)
        else:
            self.do(self.stranger, MARKET, "acceptLowest", order)
            self.do(self.worker, MARKET, "deliver", order, (PAPER, "", [], []), (0,) * 6, b"")
            self.refuse(self.stranger, STOCK, "shelve", (unit,), "Stock_NotRepaired")
            self.books.move_from(
                self.contracts[MARKET].address, unit.to_bytes(32), self.worker, self.currency, bid
            )  # fmt: skip
            if not by_keeper:
                self.chain.warp(DAY)
                self.do(self.stranger, MARKET, "release", order)
        who = self.keeper if by_keeper or not bid else self.stranger
        self.step(who, STOCK, "shelve", lambda _: self.model.shelve(who, unit, is_paid=bool(bid)), unit)

    def pause(self, on: bool) -> None:
        if on != self.is_paused():
            for name in ("OfferBook", "PrepaidAccounts", "AssetRegistry", MARKET):
                self.do(self.guardian, name, "pause" if on else "unpause")
            self._paused_until = self.chain.now + 14 * DAY if on else 0

    def is_paused(self) -> bool:
        return self.chain.now + 1 < self._paused_until


def _key(number: int) -> SigningKey:
    """Of the node's own account of this number: what it signs and what it sends are one person's."""
    Account.enable_unaudited_hdwallet_features()
    return SigningKey(bytes(Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{number}").key))


def check(world: PoolWorld) -> None:
    """I-1, I-2, I-12, exactly: every balance, member, claim, unit and queue against the model, in one round trip."""
    model, token, now = world.model, int(world.currency, 16), world.chain.now
    pools, loans, stock = (world.contracts[name] for name in (POOLS, LOANS, STOCK))
    market = world.contracts[MARKET]
    owners = [*world.people, model.account]
    models, present, count = range(len(PRICES)), model.present, len(model.claims)
    calls: list[tuple[Any, str, tuple[Any, ...]]] = [(world.ledger, "balanceOf", (owner, token)) for owner in owners]
    calls += [(world.ledger, "totalSupply", (token,)), (pools, "poolOf", (1,)), (pools, "cashOf", (1,))]
    calls += [(stock, "keeperOf", (1,)), (loans, "claimCount", ())]
    calls += [(pools, "memberOf", (number,)) for number in model.members]
    calls += [(pools, "arrearsOf", (number,)) for number in present]
    calls += [(pools, "refundOf", (number,)) for number in present]
    calls += [(loans, "openClaimOf", (number,)) for number in present]
    calls += [(loans, "claimOf", (number,)) for number in model.claims]
    calls += [(stock, "stockOf", (1, one)) for one in models]
    calls += [(loans, "queueOf", (1, one)) for one in models]
    calls += [(stock, "unitOf", (asset,)) for asset in model.units]
    calls += [(world.contracts["AssetRegistry"], "ownerOf", (asset,)) for asset in MODELS]
    calls += [(market, "openOrdersOf", (asset,)) for asset in model.units]
    answers = iter(world.chain.read(calls))
    for owner in owners:
        assert next(answers) == world.books.balance(owner, world.currency), f"I-2: {owner}"
    assert next(answers) == world.books.total(world.currency), "I-1"
    _, members, closed, heir, held, contributed, _ = next(answers)
    assert (members, held, contributed) == (len(present), model.held, model.contributed), "what the pool owes"
    assert (closed, int(heir, 16)) == (bool(model.heir), int(model.heir or "0", 16))
    assert next(answers) == model.cash >= 0, "the pool has what it owes, and its cash"
    assert to_checksum_address(next(answers)) == model.keeper
    assert next(answers) == count
    for number, member in model.members.items():
        _check_member(number, member, next(answers))
    for number, member in present.items():
        missing = model.arrears(member, now)[1]
        assert next(answers) == (missing, missing * TERMS.dues), f"member {number}"
    for number in present:
        assert next(answers) == model.refund(number, now), f"member {number}"
    for number in present:
        assert next(answers) == model.open_claim(number), f"member {number}"
    for number, claim in model.claims.items():
        found = next(answers)
        expected = (
            claim.member, 1, claim.stage, claim.model, claim.is_behind, claim.fee_held, claim.has_arrived,
            claim.forfeited, claim.odometer, claim.asset, claim.unit, claim.claimed_at, claim.lent_at, claim.deadline,
        )  # fmt: skip
        assert found == expected, f"claim {number}"
    for one in models:
        assert next(answers) == model.counts(one), f"stock of model {one}"
    for one in models:
        assert list(next(answers)) == model.queue(one), "nobody is overtaken against the terms"
    _check_places(world, answers)
    world.books.check()


def _check_member(number: int, member: Any, found: tuple[Any, ...]) -> None:
    expected = (
        member.account, member.joined_at, member.covered_from, member.model, member.has_left, 1, member.asset,
        member.contributed, member.credit, member.deposit, member.dues_until, member.last_loan_end,
    )  # fmt: skip
    assert (to_checksum_address(found[0]), *found[1:]) == expected, f"member {number}"


def _check_places(world: PoolWorld, answers: Any) -> None:
    """I-12: one place for each spare; in custody exactly while the title is, lent exactly while one loan is open."""
    model = world.model
    places = {}
    for asset, unit in model.units.items():
        pool, place, kind, loan, _ = next(answers)
        assert (pool, place, kind, loan) == (1, unit.place, unit.model, unit.loan), f"I-12: unit {asset}"
        places[asset] = place
        borrowers = [n for n, one in model.claims.items() if one.stage == ON_LOAN and one.unit == asset]
        assert borrowers == ([unit.loan] if unit.loan else []), f"I-12: unit {asset}"
    for asset in MODELS:
        owner = to_checksum_address(next(answers))
        assert owner == model.owner[asset], f"title {asset}"
        assert (owner == model.stock) == (places.get(asset) in CUSTODY), f"I-12: title {asset}"
    assert [next(answers) for _ in model.units] == [0] * len(model.units)
    for member in model.members:
        open_ = [one for one in model.claims.values() if one.member == member and one.stage in OPEN]
        assert len(open_) <= 1, f"one claim at a time: member {member}"
    waiting = [one for one in model.claims.values() if one.stage == WAITING]
    assert len({one.asset for one in waiting}) == len(waiting), "one place in the queue for each machine"
