"""Storage that the chain itself changed behind the contracts' backs, and variables found by the compiler's layout."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oracle.audit import abi
from oracle.audit.keccak import keccak, word
from oracle.audit.rpc import Node
from oracle.audit.storage import Layout, UnknownVariable
from oracle.audit.verify import audit
from tests.oracle.audit.seen import Seen


@pytest.fixture
def changeable(node: Node) -> Iterator[Node]:
    """The chain as it is, and back to that afterwards."""
    snapshot = node.call("evm_snapshot")
    yield node
    node.call("evm_revert", snapshot)


def spoil(node: Node, contract: bytes, slot: int, value: int) -> None:
    node.call("anvil_setStorageAt", "0x" + contract.hex(), f"{slot:#066x}", f"{value:#066x}")
    node.call("evm_mine")


@pytest.mark.parametrize(
    ("contract", "path"),
    [
        ("PrepaidAccounts", ("_supply",)),
        ("UsageAgreements", ("_agreementCount",)),
        ("FeeSplitter", ("_count",)),
        ("AssetRegistry", ("assetCount",)),
        ("MeterRegistry", ("_odometers", 1, "odometer")),
        ("Authority", ("_roles", 7, "admin")),
    ],
)
def test_a_word_the_chain_changed_is_found(
    changeable: Node, directory: bytes, honest: Seen, contract: str, path: tuple[str | int, ...]
) -> None:
    module = next(each for each in honest.world.modules.values() if contract == each.CONTRACT)
    full = (*path, int.from_bytes(min(honest.world.accounts.admitted), "big")) if path == ("_supply",) else path
    slot = Layout(module.abi.layout).spot(full).slot
    spoil(changeable, module.address, slot, 3 << 200)
    found = audit(changeable, directory).findings.found
    assert any(each.place.slot == slot and each.place.address == module.address for each in found)


def test_a_word_where_the_replay_knows_none_is_found(changeable: Node, directory: bytes, honest: Seen) -> None:
    ledger = honest.world.accounts.address
    slot = int.from_bytes(keccak(b"somewhere"), "big")
    spoil(changeable, ledger, slot, 7)
    found = audit(changeable, directory).findings.found
    assert [(each.place.address, each.place.slot) for each in found] == [(ledger, slot)]


def test_a_balance_out_of_nothing_breaks_the_books(changeable: Node, directory: bytes, honest: Seen) -> None:
    ledger = honest.world.accounts
    (owner, token), amount = max(ledger.balances.items(), key=lambda item: item[1])
    slot = Layout(ledger.abi.layout).spot(("_credit", token, owner)).slot
    spoil(changeable, ledger.address, slot, amount + 1)
    found = audit(changeable, directory).findings.found
    assert {"storage", "I-1"} <= {each.check for each in found}


def test_an_older_block_is_audited_as_it_was(node: Node, directory: bytes, honest: Seen) -> None:
    result = audit(node, directory, honest.pinned.number - 10)
    assert result.pinned.number == honest.pinned.number - 10
    assert [str(each) for each in result.findings] == []


def test_short_and_long_texts() -> None:
    layout = Layout(abi.load("AssetRegistry").layout)
    short = layout.words([(("_assets", 1, "passportUri"), "short")])
    long = layout.words([(("_assets", 1, "passportUri"), "x" * 70)])
    (slot,) = short
    assert short[slot] == int.from_bytes(b"short".ljust(31, b"\0"), "big") << 8 | 10
    base = int.from_bytes(keccak(word(slot)), "big")
    assert long[slot] == 141
    assert sorted(long) == sorted([slot, base, base + 1, base + 2])


def test_a_variable_that_is_not_there() -> None:
    layout = Layout(abi.load("AssetRegistry").layout)
    with pytest.raises(UnknownVariable):
        layout.spot(("_nothing",))


def test_a_layout_that_the_auditor_does_not_know_is_said(
    node: Node, directory: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(self: Layout, path: object) -> None:
        raise UnknownVariable("no such variable")

    monkeypatch.setattr(Layout, "spot", unknown)
    result = audit(node, directory)
    assert {"storage", "invariants"} <= {each.check for each in result.findings.not_checked}
    assert not result.clean
