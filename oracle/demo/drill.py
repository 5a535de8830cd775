"""The drill's story: refuses, starts after a deposit, stops at its limit, goes on after a top-up, pays everyone."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oracle.chain.contracts import SlotState
from oracle.demo.auditing import run_audit
from oracle.demo.cast import NAMES, SHARES, Part
from oracle.demo.claims import Claims
from oracle.demo.customer_door import CustomerDoor
from oracle.demo.device_process import DeviceProcess, Turn
from oracle.demo.prices import FACTOR, Tempo, demo_tariff
from oracle.demo.processes import wait_until
from oracle.demo.stack import PERMIT_SIGNER, LocalStack, StackOptions
from oracle.demo.stage import Money, PayeeFigures, Stage
from oracle.domain.signatures import SigningKey
from oracle.domain.stop_reasons import StopReason
from oracle.domain.tariffs import Tariff, charge
from oracle.errors import Rejected
from oracle.formats import passport
from oracle.parties import accounts, agreements, assets, splits, tariffs
from oracle.parties.circular import Paper, make_offerable
from oracle.parties.currencies import find_currency, token
from oracle.parties.keystore import local_account
from oracle.parties.reverts import Refused
from oracle.types import Address, AgreementId, BaseUnits, Registers, Seconds, UnixTime

MODEL, SERIAL = "Smart Drill SD-1", "SN-2026-0001"
DEPOSIT, TOP_UP = "20", "5"
ODOMETER_PER_DAY = 86_400_000
DAY = 86_400
SHORTEST_STEP_MS = 50
LEVEL_SECONDS = {1: 10.0, 2: 14.0}
AFTER_TOP_UP_SECONDS = 6.0
PAUSE_SECONDS = 1.5
SETTLE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class StoryOptions:
    """`command`: how to start this program. `instant`: every transaction is mined at once instead of each second."""

    command: Sequence[str]
    folder: Path
    tempo: Tempo
    instant: bool = False
    door_port: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """How the story ended. `figures`: base units and registers, as JSON."""

    claims: Claims
    figures: Mapping[str, Any]
    statement: Mapping[str, Any]
    audit: Mapping[str, Any]
    seconds: float

    @property
    def holds(self) -> bool:
        return not self.claims.failed and bool(self.audit.get("clean"))


class DrillStory:
    """Plays once, on a chain of its own. Raises Fatal where a part of the machinery fails."""

    def __init__(self, options: StoryOptions, stage: Stage) -> None:
        self._options, self._stage = options, stage
        self._tempo = options.tempo
        self.claims = Claims()
        self._figures: dict[str, Any] = {}

    def play(self, at_the_end: Callable[[Told], None] = lambda _: None) -> Told:
        """`at_the_end` is called while everything still runs."""
        with ExitStack() as stack:
            self._prepare(stack)
            self._refuse_without_money()
            self._deposit_and_open()
            self._run_at_three_levels()
            self._stop_at_the_limit()
            self._top_up_and_go_on()
            self._end()
            self._pay_everyone()
            statement = self._door.statement(self._agreement)
            self._check_statement(statement)
            audit = self._audit()
            told = Told(self.claims, self._figures, statement, audit, self._stage.elapsed)
            at_the_end(told)
        return told

    # Scenes

    def _prepare(self, stack: ExitStack) -> None:
        stage, options = self._stage, self._options
        stage.scene("A platform of one's own")
        settings = {"SEAL_POLICY": "each_block", "DISTRIBUTE_EVERY": "86400", "ACCRUE_EVERY": "86400"}
        quick = dict.fromkeys(("INDEX_EVERY", "RELAY_EVERY", "PERMITS_EVERY", "REFILL_EVERY", "FORMS_EVERY"), "0.25")
        stage.say("Anvil starts, the contracts are deployed, the oracle opens its door.")
        self._stack = stack.enter_context(
            LocalStack(
                StackOptions(
                    folder=options.folder,
                    command=options.command,
                    door_port=options.door_port,
                    block_time=None if options.instant else 1,
                    instant_set_up=True,
                    oracle_settings={f"CISE_{name}": value for name, value in (settings | quick).items()},
                )
            )
        )
        self._client, self._platform = self._stack.client, self._stack.platform
        self.currency = find_currency(self._client, self._platform, None)
        self._customer = self._stack.wallet(Part.CUSTOMER)
        self._door = CustomerDoor(self._stack.door_url, _key(Part.CUSTOMER))
        stack.callback(self._door.close)
        self._provide()
        self._stack.tick()
        self._device = stack.enter_context(self._machine())
        self._stack.await_door()
        stage.show(currency=self.currency, place=self._stack.door_url + "/")
        self._show_payees()

    def _provide(self) -> None:
        """Maker, owner and oracle do their part."""
        maker, owner = self._stack.wallet(Part.MAKER), self._stack.wallet(Part.OWNER)
        self._asset, _ = assets.register(maker, MODEL, SERIAL, owner.address)
        assets.declare_odometer_rate(maker, self._asset, ODOMETER_PER_DAY)
        assets.bind_meter(owner, self._asset, _key(Part.METER))
        rotation = _key(Part.ROTATION_KEY)
        assets.set_rotation_key(owner, self._asset, rotation.address)
        signer = Address(local_account(PERMIT_SIGNER).address)
        assets.appoint_permit_signer(owner, self._asset, rotation, signer)
        material = passport.read(passport.shipped("smart-drill"), datetime.now(UTC).date())
        make_offerable(maker, owner, self._asset, Paper(passport.passport_hash(material), ""))
        assets.put_in_service(owner, self._asset)
        payees = [splits.Payee(_address(part), share) for part, share in SHARES.items()]
        self._split, _ = splits.create(owner, payees, [self.currency.address])
        splits.point(owner, self._asset, self._split)
        self._tariff: Tariff = demo_tariff(self.currency.address, self._tempo)
        self._tariff_id, _ = tariffs.publish(owner, self._tariff)
        until = UnixTime(self._client.block(self._client.head()).time + DAY)
        assets.offer(owner, self._asset, self._tariff_id, True, until)
        self._agreement = AgreementId(self._client.call(self._platform.agreements.functions.agreementCount()) + 1)
        text = self.currency.text
        per_second = [BaseUnits(price * 1_000 // 1_000_000) for price in self._tariff.price_per_million[:3]]
        self._stage.say(
            f"The maker registers {MODEL}; its owner offers it at {', '.join(map(text, per_second))} a second."
        )
        self._stage.say(f"({FACTOR * self._tempo.speed:,} times the published prices, so that days fit into a minute.)")

    def _refuse_without_money(self) -> None:
        stage = self._stage
        stage.scene("1 · Without money it does not start")
        turn = self._device.wait(lambda turn: turn.count > 0, "the machine's first turn")
        self._see(turn)
        self.claims.equal("refuses to start without a permit", StopReason.NO_PERMIT.value, turn.stop_reason)
        self.claims.equal("charge before any agreement", 0, turn.charge)
        stage.say(f"The trigger is pulled. {StopReason.NO_PERMIT.text}")
        wish = self._wish(self._tariff.hold_target)
        accounts.allow(self._customer, self.currency, wish.hold)
        try:
            agreements.open_agreement(self._customer, wish)
            refusal = "none"
        except Refused as refused:
            refusal = refused.code
        self.claims.equal("opening an agreement without a balance", "ERC6909InsufficientBalance", refusal)
        stage.say(f"An unpaid agreement? Refused: {refusal}.")
        self._pause()

    def _deposit_and_open(self) -> None:
        stage, customer, text = self._stage, self._customer, self.currency.text
        stage.scene("2 · A deposit, two signatures, one transaction")
        self._paid_in = self.currency.parse(DEPOSIT)
        accounts.mint_play_money(customer, self.currency, BaseUnits(self._paid_in + self.currency.parse(TOP_UP)))
        before = self._client.nonce(customer.address)
        wish = self._wish(self._tariff.hold_target)
        opened, done = agreements.fund_and_open(customer, self.currency, self._paid_in, wish)
        self.claims.equal("number of the agreement", self._agreement, opened)
        self.claims.equal("transactions to open", 1, self._client.nonce(customer.address) - before)
        self._figures["gasToOpen"] = done.gas_used
        self._door.sign_in()
        wait_until(self._agreement_is_known, SETTLE_SECONDS, "the oracle's view of the agreement", self._stack.oracle)
        view = self._see()
        self.claims.equal("hold after opening", self._tariff.hold_target, view["settled"]["hold"])
        self.claims.equal("free balance after opening", self._paid_in - wish.hold, view["freeBalance"])
        stage.say(f"{text(self._paid_in)} paid in, {text(wish.hold)} of it held for the drill.")
        self._figures["page"] = f"{self._stack.door_url}/#token={self._door.token}"
        stage.show(place=str(self._figures["page"]))

    def _run_at_three_levels(self) -> None:
        stage = self._stage
        stage.scene("3 · It runs, and the balance falls")
        for level, seconds in LEVEL_SECONDS.items():
            self._device.order(str(level))
            self._runs_at(level)
            stage.say(f"Drilling at load level {level}.")
            self._watch(self._tempo.seconds(seconds))
        self._device.order("3")
        self._runs_at(3)
        stage.say("Drilling at load level 3, until the money is gone.")

    def _stop_at_the_limit(self) -> None:
        stage, text = self._stage, self.currency.text

        # What cannot pay the shortest step at the dearest level with the standing charge of a second.
        shortest = max(self._tariff.price_per_million) * SHORTEST_STEP_MS // 1_000_000
        shortest += self._tariff.standing_per_day // DAY + 1

        def used_up() -> bool:
            """Stopped for want of balance, all of it settled, and nothing left that a refill could add."""
            self._see()
            stopped = self._device.turn.stop_reason == StopReason.NO_BALANCE.value
            return stopped and self._free() == 0 and self._slot().hold < shortest

        wait_until(used_up, SETTLE_SECONDS + self._tempo.seconds(90), "the stop at the limit", self._stack.oracle, 0.2)
        stage.scene("4 · It stops itself at its limit")
        turn, state = self._device.turn, self._slot()
        left = state.hold
        self.claims.equal("stop reason at the limit", StopReason.NO_BALANCE.value, turn.stop_reason)
        self.claims.equal("paid in = free + settled + hold", self._paid_in, self._free() + state.settled + state.hold)
        self.claims.true("what is left pays no further step", left < shortest)
        self.claims.equal("own charge beyond the permit, ever", 0, self._device.overrun)
        stage.say(f"The balance is used up: {text(state.settled)} settled, {text(left)} left.")
        self._figures["settledAtLimit"] = str(state.settled)
        self._figures["holdAtLimit"] = str(left)
        self._watch(self._tempo.seconds(3))

    def _top_up_and_go_on(self) -> None:
        stage, text = self._stage, self.currency.text
        stage.scene("5 · A top-up, and it goes on by itself")
        more = self.currency.parse(TOP_UP)
        self._device.order("2")
        agreements.top_up(self._customer, self.currency, more, self._agreement)
        self._paid_in = BaseUnits(self._paid_in + more)
        stage.say(f"{text(more)} topped up. Nobody touches the machine.")
        turn = self._device.wait(
            lambda turn: turn.level == 2 and turn.stop_reason is None, "the start after the top-up"
        )
        self.claims.equal("level after the top-up", 2, turn.level)
        stage.say("A new permit arrives, the drill turns again at load level 2.")
        self._watch(self._tempo.seconds(AFTER_TOP_UP_SECONDS))

    def _end(self) -> None:
        stage, text = self._stage, self.currency.text
        stage.scene("6 · The end, and the rest comes back")
        self._device.order("stop")
        self._device.wait(lambda turn: turn.stop_reason == StopReason.LOCAL_STOP.value, "the stop at the machine")
        agreements.end(self._customer, self._agreement)
        wait_until(lambda: self._see()["ending"] is not None, SETTLE_SECONDS, "the end", self._stack.oracle, 0.2)
        final = self._device.finish()
        wait_until(self._final_is_settled, SETTLE_SECONDS, "the final reading's settlement", self._stack.oracle, 0.1)
        view = agreements.agreement_view(self._client, self._platform, self._agreement)
        returned, _ = agreements.close(self._customer, self._agreement)
        self._settled = view.settled
        self._check_final_reading(final)
        self.claims.equal("hold that came back", view.hold, returned)
        rest = accounts.prepaid(self._client, self._platform, self._customer.address, self.currency)
        self.claims.equal("paid in = fees + what came back", self._paid_in, self._settled + rest)
        accounts.withdraw(self._customer, self.currency, rest, self._customer.address)
        wallet = self._client.call(
            token(self._client, self.currency.address).functions.balanceOf(self._customer.address)
        )
        self.claims.equal("withdrawn to the wallet", rest, wallet)
        self._figures |= {"settled": str(self._settled), "paidIn": str(self._paid_in), "withdrawn": str(rest)}
        stage.say(f"The customer ends it; {text(rest)} are back in the wallet at once.")
        closed = Money(int(wallet), 0, 0, self._settled, self._settled, None)
        stage.show(money=closed, stop_text=StopReason.ENDED.text)

    def _pay_everyone(self) -> None:
        stage, text = self._stage, self.currency.text
        stage.scene("7 · Everyone is paid by rule")
        waiting = splits.undistributed(self._client, self._platform, self._split, self.currency)
        before = self._payee_balances()
        paid, _ = splits.distribute(self._stack.wallet(Part.OWNER), self._split, self.currency)
        after = self._payee_balances()
        left = splits.undistributed(self._client, self._platform, self._split, self.currency)
        gains = {part: after[part] - before[part] for part in SHARES}
        whole = sum(SHARES.values())
        for part, share in SHARES.items():
            self.claims.equal(f"share of the {NAMES[part]}", self._settled * share // whole, gains[part])
        self.claims.equal("fees in the split = settled", self._settled, waiting)
        self.claims.equal("fees = payees' gains + remainder", self._settled, sum(gains.values()) + left)
        self.claims.equal("paid out", paid, sum(gains.values()))
        self.claims.true("remainder is fewer units than payees", left < len(SHARES))
        self._figures["payees"] = {
            NAMES[part]: {
                "account": _address(part),
                "share": SHARES[part],
                "before": str(before[part]),
                "after": str(after[part]),
            }
            for part in SHARES
        }
        self._figures["undistributed"] = str(left)
        stage.show(payees={NAMES[part]: PayeeFigures(after[part], gains[part]) for part in SHARES})
        stage.say(f"{text(paid)} of fees distributed, {left} units wait. No platform fee.")
        self._pause()

    def _audit(self) -> Mapping[str, Any]:
        stage = self._stage
        stage.scene("8 · A stranger recomputes everything")
        stage.say("cise audit verify: only a node's address and the Directory's.")
        code, document = run_audit(self._options.command, self._stack, self._options.folder / "auditor")
        self.claims.equal("exit code of the audit", 0, code)
        self.claims.true("audit: all balanced", bool(document.get("clean")))
        stage.say("All balanced." if document.get("clean") else "The audit found something.")
        return document

    # What scenes share

    def _machine(self) -> DeviceProcess:
        options, speed = self._options, self._tempo.speed
        pace = {
            "--step-ms": max(100, 500 // speed),
            "--reading-ms": 1_000 // speed,
            "--permit-ms": max(100, 500 // speed),
        }
        command = [*options.command, "device", "run", "--kind", "drill", "--json", "--level", "1"]
        command += ["--asset", str(self._asset), "--agreement", str(self._agreement)]
        command += ["--key", f"account:{Part.METER.value}", "--door", self._stack.door_url]
        command += ["--rpc", self._stack.node.url, "--directory", self._stack.deployment.directory]
        command += ["--data", str(options.folder), *(str(word) for pair in pace.items() for word in pair)]
        return DeviceProcess(command, options.folder / "device.log")

    def _wish(self, hold: BaseUnits) -> agreements.Wish:
        cap = self.currency.parse("100")
        return agreements.Wish(self._asset, self._tariff_id, True, hold, cap, Seconds(DAY))

    def _pause(self) -> None:
        time.sleep(self._tempo.seconds(PAUSE_SECONDS))

    def _watch(self, seconds: float) -> None:
        """Shows how it goes on for a while."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._see()
            time.sleep(0.2)

    def _see(self, turn: Turn | None = None) -> Any:
        """Looks at machine and agreement and shows both; returns the oracle's view of the agreement."""
        turn = turn or self._device.turn
        reason = None if turn.stop_reason is None else StopReason(turn.stop_reason).text
        self._stage.show(turn=turn, stop_text=reason)
        if not self._door.token:
            return None
        view = self._door.agreement(self._agreement)
        seen = None if view["seen"] is None else int(view["seen"]["charge"])
        runs_out = None if view["runsOut"] is None else view["runsOut"]["inSeconds"]
        money = Money(
            0, int(view["freeBalance"]), int(view["settled"]["hold"]), seen, int(view["settled"]["charge"]), runs_out
        )
        self._stage.show(money=money)
        self._show_payees(int(view["settled"]["charge"]))
        return view

    def _agreement_is_known(self) -> bool:
        """Who is not a party yet does not learn which agreements exist: the door refuses until it has read it."""
        try:
            self._door.agreement(self._agreement)
        except Rejected:
            return False
        return True

    def _free(self) -> int:
        return accounts.prepaid(self._client, self._platform, self._customer.address, self.currency)

    def _slot(self) -> SlotState:
        return agreements.slot_of(self._client, self._platform, self._agreement)

    def _runs_at(self, level: int) -> None:
        self._device.wait(lambda turn: turn.level == level, f"load level {level}")

    def _final_is_settled(self) -> bool:
        return agreements.agreement_view(self._client, self._platform, self._agreement).final_accepted

    def _check_final_reading(self, final: Mapping[str, Any]) -> None:
        """The machine's own registers, priced with the machine's own arithmetic, against what the chain took."""
        registers: Registers = (final["register0"], final["register1"], final["register2"], final["register3"])
        state = self._slot()
        own = charge(self._tariff, registers, state.last_elapsed)
        self.claims.equal("device's charge = settled", own, self._settled)
        self.claims.equal("final reading is the last settled", final["sequence"], state.sequence)
        self.claims.true("all three load levels were used", all(registers[level] > 0 for level in range(3)))
        self.claims.equal("odometer = sum of the registers", sum(registers), final["odometer"])
        self._figures |= {
            "registers": list(registers),
            "elapsed": state.last_elapsed,
            "openedAt": state.opened_at,
            "finalTime": final["time"],
            "pricePerMillion": [str(price) for price in self._tariff.price_per_million],
            "standingPerDay": str(self._tariff.standing_per_day),
            "taxBps": self._tariff.tax_bps,
        }

    def _check_statement(self, statement: Mapping[str, Any]) -> None:
        taken = sum(int(line["taken"]) for line in statement["lines"])
        self.claims.equal("sum of the statement's lines", self._settled, taken)
        self.claims.true(
            "every settled reading has its signature", all(line["signature"] for line in statement["lines"])
        )
        self._figures["settlements"] = len(statement["lines"])

    def _payee_balances(self) -> dict[Part, int]:
        return {part: accounts.prepaid(self._client, self._platform, _address(part), self.currency) for part in SHARES}

    def _show_payees(self, settled: int = 0) -> None:
        whole = sum(SHARES.values())
        self._stage.show(
            payees={NAMES[part]: PayeeFigures(0, 0, settled * share // whole) for part, share in SHARES.items()}
        )


def _key(part: Part) -> SigningKey:
    return SigningKey(bytes(local_account(part).key))


def _address(part: Part) -> Address:
    return Address(local_account(part).address)
