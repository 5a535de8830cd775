"""WorkerList, ServiceTermsBook and HandOvers again: who may work, under which terms, and how a machine came back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, Refused, World, struct_storage
from oracle.audit.signatures import HAND_OVER

KINDS: Final = 7
COLLECT: Final = 5
ASSIGNED: Final = 2
HOUR: Final = 3_600
LONGEST: Final = 30 * 24 * HOUR
MOST_ARBITERS: Final = 7
ALL_BPS: Final = 10_000


def padded(text: str) -> bytes:
    """A short text as a bytes32 constant holds it."""
    return text.encode().ljust(32, b"\0")


class Workers(Module):
    CONTRACT = "WorkerList"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.kinds: dict[bytes, int] = {}

    def handlers(self) -> dict[str, Handler]:
        return {"admit": self.admit, "setAuthority": self.set_authority}

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        self.begin_managed(call, arguments[0])

    def admit(self, call: Call, worker: bytes, kinds: int) -> None:
        self.require_role(call, "admit")
        self.refuse_unless(kinds >> KINDS == 0, "unknown kinds of work")
        self.kinds[worker] = kinds
        self.emit(call, "WorkerAdmitted", worker, kinds)

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield from self.managed_storage()
        for worker, kinds in self.kinds.items():
            yield ("kindsOf", worker), kinds


@dataclass(frozen=True, slots=True)
class ServiceTerms:
    """Published terms of service; amounts in base units, durations in seconds."""

    named: dict[str, Value]
    core_prices: tuple[int, ...]
    arbiters: tuple[bytes, ...]

    def number(self, name: str) -> int:
        return int(self.named[name])

    @property
    def currency(self) -> bytes:
        return bytes(self.named["currency"])


class TermsBook(Module):
    CONTRACT = "ServiceTermsBook"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.terms: dict[int, ServiceTerms] = {}
        self.choices: dict[int, tuple[int, int]] = {}
        self.watchers: dict[tuple[int, int, bytes], bool] = {}

    def handlers(self) -> dict[str, Handler]:
        return {"publish": self.publish, "choose": self.choose, "appointWatcher": self.appoint_watcher}

    def publish(
        self, call: Call, content: tuple[Value, ...], core_prices: tuple[int, ...], arbiters: tuple[bytes, ...]
    ) -> None:
        named = dict(zip(self.abi.by_name["publish"].member_names[0], content, strict=True))
        terms = ServiceTerms(named, core_prices, arbiters)
        self._check(terms)
        self.terms[len(self.terms) + 1] = terms
        self.emit(call, "ServiceTermsPublished", len(self.terms), call.sender, content, core_prices, arbiters)

    def choose(self, call: Call, asset: int, number: int) -> None:
        self._check_provider(call, asset)
        self.refuse_unless(call.sender not in self.of(number).arbiters, "an arbiter of the terms is no provider")
        self.choices[asset] = (number, self.world.assets.known(asset).title_epoch)
        self.emit(call, "ServiceTermsChosen", asset, number, call.sender)

    def appoint_watcher(self, call: Call, asset: int, watcher: bytes, on: bool) -> None:
        self._check_provider(call, asset)
        self.watchers[asset, self.world.assets.known(asset).title_epoch, watcher] = on
        self.emit(call, "WatcherAppointed", asset, watcher, call.sender, on)

    # Reading

    def of(self, number: int) -> ServiceTerms:
        if (terms := self.terms.get(number)) is None:
            raise Refused(f"there are no terms {number}")
        return terms

    def chosen_by(self, asset: int) -> int:
        number, epoch = self.choices.get(asset, (0, 0))
        self.refuse_unless(number != 0, "no terms are chosen")
        self.refuse_unless(epoch == self.world.assets.known(asset).title_epoch, "no terms are chosen since")
        return number

    def is_watcher(self, asset: int, account: bytes) -> bool:
        return self.watchers.get((asset, self.world.assets.known(asset).title_epoch, account), False)

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield ("termsCount",), len(self.terms)
        for number, terms in self.terms.items():
            yield from struct_storage(("_terms", number), terms.named)
            yield ("_arbiters", number), len(terms.arbiters)
            for index, arbiter in enumerate(terms.arbiters):
                yield ("_arbiters", number, index), arbiter
                yield ("isArbiter", number, arbiter), True
            for index, price in enumerate(terms.core_prices):
                yield ("_corePrices", number, index), price
        for asset, (number, epoch) in self.choices.items():
            yield from struct_storage(("_choices", asset), {"terms": number, "titleEpoch": epoch})
        for (asset, epoch, watcher), on in self.watchers.items():
            yield ("_watchers", asset, epoch, watcher), on

    # Internals

    def _check(self, terms: ServiceTerms) -> None:
        need, of = self.refuse_unless, terms.number
        need(terms.currency in self.world.accounts.admitted, "the currency is not admitted")
        need(any(terms.named["termsHash"]), "terms without a text")
        need(of("silentShareBps") <= ALL_BPS, "more than all for silence")
        need(1 <= of("shortestBidding") <= LONGEST and 1 <= of("graceTime") <= LONGEST, "a time out of range")
        for name in ("acceptanceTime", "inspectionTime", "arbitrationTime"):
            need(HOUR <= of(name) <= LONGEST, "a time out of range")
        count = len(terms.arbiters)
        need(1 <= count <= MOST_ARBITERS, "1 to 7 arbiters")
        need(count < 2 * of("quorum") and of("quorum") <= count, "a quorum is more than half and no more than all")
        need(len(set(terms.arbiters)) == count and ZERO not in terms.arbiters, "arbiters are different and somebody")

    def _check_provider(self, call: Call, asset: int) -> None:
        self.refuse_unless(call.sender == self.world.assets.known(asset).owner, "only the provider does that")


class HandOvers(Module):
    CONTRACT = "HandOvers"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.collections: dict[int, tuple[bytes, int]] = {}

    def handlers(self) -> dict[str, Handler]:
        return {"handOver": self.hand_over, "cancelNonce": self.cancel_nonce}

    def hand_over(self, call: Call, form: tuple[Value, ...], by_giver: bytes, by_taker: bytes) -> None:
        """To the worker without a grade, then from the worker to the provider, or whom it names, with one."""
        number, giver, taker, grade, condition, giver_nonce, taker_nonce, _deadline = form
        order = self.world.market.known(number)
        need = self.refuse_unless
        need(order.kind == COLLECT and order.stage == ASSIGNED, "not a collect order that is assigned")
        need(giver != taker, "one hand")
        need(grade <= 4, "no such grade")
        first, graded = self.collections.get(number, (ZERO, 0))
        if first == ZERO:
            need(taker == order.worker and grade == 0, "the first hand-over goes to the worker, without a grade")
            self.collections[number] = (giver, 0)
        else:
            need(graded == 0, "the machine is back already")
            need(giver == order.worker and grade != 0, "the second comes from the worker, with a grade")
            provider = self.world.assets.known(order.asset).owner
            need(provider in (taker, call.sender), "the taker is not named by the provider")
            self.collections[number] = (first, grade)
        self.emit(call, "HandedOver", number, giver, taker, grade, condition)
        record_history(self, call, order.asset, "handed over", condition, "")
        self._consume(call, giver, giver_nonce, form, by_giver)
        self._consume(call, taker, taker_nonce, form, by_taker)

    def of(self, order: int) -> tuple[bytes, int]:
        """Who gave the machine, and its grade once it is back."""
        return self.collections.get(order, (ZERO, 0))

    def _consume(self, call: Call, signer: bytes, nonce: int, form: tuple[Value, ...], signature: bytes) -> None:
        self.refuse_unless(call.now <= form[-1], "the form has expired")
        self.refuse_unless((signer, nonce) not in self.used_nonces, "the form's nonce is used")
        self.used_nonces.add((signer, nonce))
        self.emit(call, "NonceUsed", signer, nonce)
        self.check_signature(call, signer, HAND_OVER, form, signature)

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield from self.nonce_storage()
        for order, (giver, grade) in self.collections.items():
            yield from struct_storage(("_collections", order), {"giver": giver, "grade": grade})


def record_history(module: Module, call: Call, asset: int, kind: str, document_hash: bytes, uri: str) -> None:
    """Only while the registry takes the module for a recorder: no dismissal stops a payment."""
    assets = module.world.assets
    if assets.recorders.get(module.address, False):
        assets.record_history(call.by(module.address), asset, padded(kind), document_hash, uri)
