"""What an honest audit counts, what the replay refuses, and how fast it settles."""

from __future__ import annotations

import ast
import json
import time
from copy import copy
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import oracle.audit
from oracle.audit import abi, quote
from oracle.audit.blocks import Transaction
from oracle.audit.findings import Findings
from oracle.audit.keccak import keccak
from oracle.audit.repair import changed_byte
from oracle.audit.replay.authority import Delay
from oracle.audit.replay.engine import CONSTRUCTOR_NAMES, MODULES, WHERE_MEMBERS_DECIDE, Engine, spelled_log
from oracle.audit.replay.world import Call, Module, NotModelled, Refused
from oracle.audit.rpc import Node
from tests.oracle.audit.beginning import ANNA, COMMUNITY, FLEET, LISTING, OWNER, meter
from tests.oracle.audit.economy import Story
from tests.oracle.audit.financed import CONTRACTS
from tests.oracle.audit.seen import Seen
from tests.oracle.audit.support import Actor, batch, copied

READINGS_A_SECOND = 5_000
TOKEN = b"\x09" * 20


def test_an_honest_chain_is_clean(honest: Seen) -> None:
    assert [str(each) for each in honest.findings] == []
    figures = honest.findings.figures
    assert figures["logs explained by the replay"] == figures["logs of the platform decoded"] > 300
    assert figures["storage roots equal to the replay's"] == len(MODULES)
    assert figures["contracts created from the published code"] == len(MODULES)
    assert figures["calls through other contracts traced"] == 1
    assert figures["signatures asked of contracts (ERC-1271)"] == 5
    assert {each.check for each in honest.findings.balanced} == {
        "I-1",
        "I-2",
        "I-3",
        "I-4",
        "I-5",
        "I-6",
        "I-7",
        "I-8",
        "I-9",
        "I-10",
        "I-11",
        "I-12",
        "I-13",
        "I-17",
        "I-18",
        "I-19",
    }


def test_the_economy_emits_every_event(honest: Seen) -> None:
    """So that the lies below have every kind of log to spoil."""
    seen = {
        (log.address, log.topics[0]) for block in honest.chain for receipt in block.receipts for log in receipt.logs
    }
    missing = {
        f"{module.CONTRACT}.{event.name}"
        for module in honest.world.modules.values()
        # Rounds and pools have stories of their own (test_rounds.py, test_pools.py).
        if module.CONTRACT not in (*CONTRACTS, "SparePools", "SpareLoans", "SpareStock")
        for event in module.abi.events.values()
        # Declared by EIP-5267 for domains that can change; these cannot.
        if event.name != "EIP712DomainChanged" and (module.address, event.topic) not in seen
    }
    assert missing == set()


def test_every_function_that_changes_state_is_modelled(honest: Seen) -> None:
    left = {
        f"{module.CONTRACT}.{entry['name']}"
        for module in honest.world.modules.values()
        for entry in _abi(module.CONTRACT)
        if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
        if entry["name"] not in module.handlers()
    }
    # Called by contracts under an authority only, and by nobody on a platform without delayed restricted calls.
    assert left == {"Authority.consumeScheduledOp", "Authority.multicall"}


def _abi(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(files("oracle.chain").joinpath("abi", f"{name}.json").read_text())["abi"]
    return found


def test_the_auditor_shares_no_arithmetic_with_what_it_audits() -> None:
    allowed = {"oracle.audit", "oracle.errors"}
    for path in Path(oracle.audit.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            own = [name for name in names if name.split(".")[0] == "oracle"]
            assert all(any(name == each or name.startswith(each + ".") for each in allowed) for name in own), path


@pytest.fixture
def world(honest: Seen) -> Any:
    """A copy of the books that a test may spoil."""
    return copied(honest.world)


def test_what_is_not_modelled_says_so(world: Any, story: Story) -> None:
    with pytest.raises(NotModelled, match="Authority"):
        world.authority.run(Actor(story.platform).call(0), world.authority.abi.by_name["multicall"].encode(()))
    with pytest.raises(NotModelled, match="0x12345678"):
        world.splits.run(Actor(story.platform).call(0), b"\x12\x34\x56\x78")


def test_an_authority_that_moved_is_left_to_itself(world: Any, story: Story) -> None:
    actor = Actor(story.platform)
    world.authority.update_authority(actor.call(LISTING), world.assets.address, TOKEN)
    world.authority.update_authority(actor.call(LISTING), TOKEN, TOKEN)
    world.assets.unpause(actor.call(ANNA)) if world.assets.paused else world.assets.pause(actor.call(ANNA))
    assert world.findings.figures["calls left to an authority outside the platform"] == 1
    with pytest.raises(Refused):
        world.assets.set_authority(actor.call(ANNA), TOKEN)


def test_a_policy_outside_the_platform_judges_itself(world: Any, story: Story) -> None:
    actor = Actor(story.platform)
    world.assets.set_eligibility(actor.call(LISTING), TOKEN)
    world.offers.offer(actor.call(FLEET), 3, 1, True, 2**40 - 1)
    assert world.findings.figures["offers left to a policy outside the platform"] == 1


def test_arrears_complete_after_a_refill(world: Any, story: Story) -> None:
    """The stored sequence is accepted again once the hold can pay more of it."""
    actor = Actor(story.platform)
    agreement = world.agreements.agreements[3]
    values = (3, 3, agreement.sequence, actor.now, *agreement.last_registers, 0, 2, bytes(32))
    _, signature = story.platform.reading(meter(3), 3, 3, values[2], agreement.last_registers, time=actor.now, flags=2)
    due = quote.charge(agreement.terms.prices, 0, agreement.last_registers, 0) - agreement.settled
    agreement.settled, agreement.hold = agreement.settled - 50_000, due + 50_005
    agreement.suspended = True
    world.agreements.settle_signed(actor.call(0), values, signature)
    assert (agreement.hold, agreement.settled) == (5, quote.usage(agreement.terms.prices, agreement.last_registers))


def test_delays_change_at_their_time() -> None:
    delay = Delay(0, 10, 0).changed(4, 0, 100)
    assert (delay.at(105), delay.at(106)) == (10, 4)
    assert delay.packed == 106 << 64 | 10 << 32 | 4


def test_logs_are_spelled_or_said_to_be_none(honest: Seen) -> None:
    contract = honest.world.accounts.abi
    assert spelled_log(contract, (), b"") == "a log that PrepaidAccounts does not declare"
    topics, data = contract.event_names["Deposited"].encode((TOKEN, TOKEN, TOKEN, 5))
    assert spelled_log(contract, topics, data).startswith("Deposited(payer=0x0909")
    assert "do not decode" in spelled_log(contract, topics, b"")


def test_every_contract_names_its_references() -> None:
    for name, references in CONSTRUCTOR_NAMES.items():
        assert len(references) == len(abi.load(name).constructor)
        assert {each for each in references if each} <= {*MODULES, *WHERE_MEMBERS_DECIDE}


def test_a_contract_from_other_code_or_with_other_references(honest: Seen, node: Node) -> None:
    births = {
        each.created: (block, each) for block in honest.chain for each in block.transactions if each.created is not None
    }
    block, birth = births[honest.world.agreements.address]
    length = len(honest.world.agreements.abi.creation_code)

    def created(data: bytes) -> list[tuple[str, int | None]]:
        findings = Findings()
        engine = Engine(node, honest.pinned.chain_id, honest.addresses, findings, lambda *_: None)
        module: Module = engine.world.agreements
        changed = copy(birth)
        object.__setattr__(changed, "input", data)
        engine._create(Call(birth.sender, 1, block.header.number, birth.name), module, changed)
        return [(each.check, each.place.offset) for each in findings.found]

    assert created(birth.input) == []
    assert created(birth.input[:100] + b"\0\1\2" + birth.input[103:])[0][0] == "contract code"
    assert created(birth.input[:500]) == [("contract code", 500)]
    assert created(birth.input[:-1]) == [("contract code", None)]
    other = birth.input[: length + 12] + TOKEN + birth.input[length + 32 :]
    assert created(other) == [("contract references", None)]


def test_the_changed_byte_is_named_within_reach(honest: Seen) -> None:
    transaction = max(
        (each for block in honest.chain for each in block.transactions if each.to), key=lambda each: len(each.input)
    )

    def altered(at: int, raw: dict[str, Any]) -> Transaction:
        data = bytearray(transaction.input)
        data[at] ^= 1
        told = dict(raw) | {"input": "0x" + data.hex()}
        return Transaction(
            transaction.hash, 0, transaction.sender, transaction.to, transaction.nonce, bytes(data), told
        )

    raw = dict(transaction.raw)
    assert changed_byte(altered(len(transaction.input) - 3, raw)) is not None
    assert changed_byte(altered(5, raw | {"value": "0x5"})) is None
    empty = Transaction(keccak(b""), 0, transaction.sender, TOKEN, 0, b"", raw | {"input": "0x"})
    assert changed_byte(empty) is None


def test_settling_again_is_fast(world: Any, story: Story) -> None:
    """One core replays at least 5,000 signed readings a second."""
    actor, agreement = Actor(story.platform), world.agreements.agreements[3]
    agreement.hold, count = 10**9, 400
    start = agreement.last_registers[0]
    readings = [
        story.platform.reading(
            meter(3), 3, 3, agreement.sequence + 1 + each, (start + each, 0, 0, 0), time=actor.now - 5
        )
        for each in range(count)
    ]
    packed = batch((1, readings))
    best = 0.0
    for _ in range(5):
        books = copied(world)
        call = actor.call(COMMUNITY)
        began = time.process_time()
        books.agreements.settle(call, packed)
        best = max(best, count / (time.process_time() - began))
        assert len(call.logs) == count + 1
    assert best >= READINGS_A_SECOND


def test_owner_is_a_provider(honest: Seen, story: Story) -> None:
    assert honest.world.assets.assets[1].owner == Actor(story.platform).names[FLEET]
    assert Actor(story.platform).names[OWNER] in {payee for payee, _ in honest.world.splits.splits[1].payees}
