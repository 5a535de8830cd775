"""From events to lives: what counts as a failure, whose, and at which use."""

from __future__ import annotations

from typing import Any

from oracle.advice.circularity import Fate
from oracle.formats.happenings import Happening
from oracle.formats.lives import bring_up_to, records
from oracle.types import Address, AssetId

NOBODY = "0x" + "00" * 20
END_OF_LIFE, MARKET = Address("0x" + "Ee" * 20), Address("0x" + "Dd" * 20)
REPAIR_ORDER, MAINTAIN_ORDER = 2, 1
REPAIR, HARVEST = 2, 6
CONTRACTS = {
    "AssetRegistered": "AssetRegistry", "LifecycleChanged": "AssetRegistry", "StatusRecorded": "MeterRegistry",
    "OrderOpened": "ServiceMarket", "OrderDelivered": "ServiceMarket", "PartAttached": "Components",
    "PartDetached": "Components", "NextUseDecided": "EndOfLife", "MaterialsRecovered": "EndOfLife",
}  # fmt: skip


def told(name: str, **arguments: Any) -> Happening:
    return Happening(CONTRACTS[name], name, arguments, "0x", 0, 1_000)


def made(asset: int, model: str = "drill") -> Happening:
    raw = "0x" + model.encode().ljust(32, b"\0").hex()
    return told("AssetRegistered", asset=asset, maker="0x", model=raw, selfDeclaredBy=NOBODY)


def status(asset: int, odometer: int, state: int = 0) -> Happening:
    return told("StatusRecorded", asset=asset, odometer=odometer, state=state)


def built_in(part: int, parent: int) -> Happening:
    return told("PartAttached", part=part, parent=parent)


def taken_out(part: int, use: int, step: int = 0, source: str = NOBODY) -> Happening:
    return told("PartDetached", part=part, use=use, step=step, source=source)


def work(order: int, asset: int, kind: int, *parts_out: int) -> list[Happening]:
    opened = told("OrderOpened", order=order, asset=asset, request={"kind": kind})
    return [opened, told("OrderDelivered", order=order, evidence={"partsOut": list(parts_out)})]


def failures(*happenings: Happening) -> dict[int, int | None]:
    return {int(asset): one.failed_at for asset, one in records(happenings, END_OF_LIFE, MARKET).items()}


def test_a_machine_fails_at_its_first_word_of_it_and_only_once():
    life = [made(1), status(1, 70), status(1, 90, state=1), status(1, 200, state=1), *work(1, 1, REPAIR_ORDER)]
    assert failures(*life) == {1: 90}
    assert failures(made(1), status(1, 70), *work(1, 1, REPAIR_ORDER)) == {1: 70}
    assert failures(made(1), status(1, 70), *work(1, 1, MAINTAIN_ORDER)) == {1: None}


def test_a_part_fails_where_a_repair_takes_it_out_before_or_after_the_evidence():
    machine = [made(1), made(2), built_in(2, 1), status(1, 50)]
    assert failures(*machine, *work(1, 1, REPAIR_ORDER, 2), taken_out(2, 50))[2] == 50
    assert failures(*machine, taken_out(2, 40), *work(1, 1, REPAIR_ORDER, 2))[2] == 40
    assert failures(*machine, *work(1, 1, MAINTAIN_ORDER, 2), taken_out(2, 50))[2] is None


def test_the_decision_that_was_the_reason_says_whether_a_part_had_failed():
    machine = [made(1), made(2), built_in(2, 1)]
    for use, at in ((REPAIR, 30), (HARVEST, None)):
        decided = told("NextUseDecided", decision=4, use=use)
        assert failures(*machine, decided, taken_out(2, 30, 4, END_OF_LIFE))[2] == at
    stranger = taken_out(2, 30, 4, "0x" + "Aa" * 20)
    assert failures(*machine, told("NextUseDecided", decision=4, use=REPAIR), stranger)[2] is None


def test_the_order_that_was_the_reason_says_so_too():
    machine = [made(1), made(2), built_in(2, 1)]
    for kind, at in ((REPAIR_ORDER, 30), (MAINTAIN_ORDER, None)):
        opened, _ = work(4, 1, kind)
        assert failures(*machine, opened, taken_out(2, 30, 4, MARKET))[2] == at


def test_evidence_says_nothing_of_other_peoples_parts():
    machines = [made(1), made(2), made(3), made(4), built_in(3, 2), built_in(4, 3)]
    assert failures(*machines, *work(1, 1, REPAIR_ORDER, 3, 4, 99), taken_out(3, 10))[3] is None
    assert failures(*machines, *work(1, 2, REPAIR_ORDER, 4), taken_out(4, 10))[4] == 10


def test_what_became_of_it_and_how_often_it_was_built_in():
    lines = [{"grams": 5, "fate": 0}, {"grams": 7, "fate": 3}, {"grams": 1, "fate": 0}]
    life = [
        made(1), made(2, "motor"), built_in(2, 1), taken_out(2, 30), built_in(2, 1),
        told("MaterialsRecovered", asset=1, materials=lines), told("LifecycleChanged", asset=1, to=4),
    ]  # fmt: skip
    found = records(life, END_OF_LIFE, MARKET)
    bring_up_to(found, {AssetId(1): 90}, {AssetId(2): 75})
    machine, motor = found[AssetId(1)], found[AssetId(2)]
    assert (machine.retired, machine.units, machine.recovered) == (True, 90, {Fate.REUSED: 6, Fate.LOST: 7})
    assert (motor.model, motor.attachments, motor.units, motor.parent) == ("motor", 2, 75, 1)
