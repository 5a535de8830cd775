"""Lies that are not about one log, byte or word: headers, blocks, senders, code, and what a node keeps to itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from oracle.audit import abi
from oracle.audit.rpc import Node
from oracle.errors import Fatal
from tests.oracle.audit.corruptions import LogLie
from tests.oracle.audit.economy import Story
from tests.oracle.audit.proxy import LyingNode, Silence
from tests.oracle.audit.seen import Seen, seen


@dataclass(frozen=True)
class Told:
    """Alters the results of one method by any function of parameters and result."""

    method: str
    alter: Callable[[Sequence[Any], Any], Any]

    def touches(self, method: str, params: Sequence[Any]) -> bool:
        return method == self.method

    def tell(self, method: str, params: Sequence[Any], result: Any) -> Any:
        return self.alter(params, result)


@pytest.fixture(scope="module")
def liar(chain_url: str, story: Story) -> Iterator[LyingNode]:
    proxy = LyingNode(chain_url)
    yield proxy
    proxy.stop()


def through(liar: LyingNode, directory: bytes, lie: Any, at: int | None = None) -> Seen:
    node = Node(liar.url)
    try:
        with liar.telling(lie):
            return seen(node, directory, at)
    finally:
        node.close()


def in_block(number: int, field: str, value: Any, full: bool | None = None) -> Told:
    def alter(params: Sequence[Any], block: Any) -> Any:
        if block["number"] == hex(number) and full in (None, params[1]):
            block[field] = value
        return block

    return Told("eth_getBlockByNumber", alter)


@pytest.mark.parametrize(
    ("field", "value", "check"),
    [
        ("timestamp", "0x1", "header hash"),
        ("logsBloom", "0x" + "00" * 256, "header hash"),
        ("parentHash", "0x" + "11" * 32, "header chain"),
        ("stateRoot", "0x" + "11" * 32, "header hash"),
    ],
)
def test_a_header_that_was_changed(
    liar: LyingNode, directory: bytes, honest: Seen, field: str, value: str, check: str
) -> None:
    number = honest.chain[40].header.number
    found = through(liar, directory, in_block(number, field, value)).findings.found
    assert any(each.check == check and each.place.block == number for each in found)


def test_a_block_that_is_another(liar: LyingNode, directory: bytes, honest: Seen) -> None:
    number = honest.chain[40].header.number
    found = through(liar, directory, in_block(number, "hash", "0x" + "22" * 32, full=True)).findings.found
    assert [each.check for each in found] == ["header chain"]

    def renumber(params: Sequence[Any], block: Any) -> Any:
        return block | {"number": "0x1"} if params[0] == hex(number) and not params[1] else block

    found = through(liar, directory, Told("eth_getBlockByNumber", renumber)).findings.found
    assert {"header chain", "header hash"} <= {each.check for each in found}


def test_the_pinned_block_must_be_the_last_of_the_chain(liar: LyingNode, directory: bytes, honest: Seen) -> None:
    def other(params: Sequence[Any], block: Any) -> Any:
        return block | {"hash": "0x" + "33" * 32} if params[0] == "latest" else block

    found = through(liar, directory, Told("eth_getBlockByNumber", other)).findings.found
    assert any(each.message == "not the block that was pinned" for each in found)


def test_missing_blocks_are_the_environments_fault(liar: LyingNode, directory: bytes, honest: Seen) -> None:
    last = honest.pinned.number
    with pytest.raises(Fatal, match="no block"):
        through(liar, directory, Told("eth_getBlockByNumber", lambda params, block: None), at=last)

    def hole(params: Sequence[Any], block: Any) -> Any:
        return None if params[0] == hex(last - 3) else block

    with pytest.raises(Fatal, match=f"no block {last - 3}"):
        through(liar, directory, Told("eth_getBlockByNumber", hole))


def in_transaction(honest: Seen, change: dict[str, Any]) -> tuple[str, Told]:
    transaction = honest.chain[60].transactions[0]

    def alter(params: Sequence[Any], block: Any) -> Any:
        for each in block["transactions"] if params[1] is True else ():
            if each["hash"] == transaction.name:
                each.update(change)
        return block

    return transaction.name, Told("eth_getBlockByNumber", alter)


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"from": "0x" + "44" * 20}, "transaction sender"),
        ({"to": "0x" + "44" * 20}, "transaction hash"),
        ({"r": "0x5"}, "transaction hash"),
        ({"nonce": "0x3e7"}, "transaction hash"),
    ],
)
def test_a_transaction_that_was_changed(
    liar: LyingNode, directory: bytes, honest: Seen, change: dict[str, Any], check: str
) -> None:
    name, lie = in_transaction(honest, change)
    found = through(liar, directory, lie).findings.found
    assert any(each.check == check and each.place.transaction == name for each in found)


def test_an_unknown_kind_of_transaction_is_not_passed_over(liar: LyingNode, directory: bytes, honest: Seen) -> None:
    name, lie = in_transaction(honest, {"type": "0x7e"})
    result = through(liar, directory, lie)
    assert [each.place.transaction for each in result.findings.not_checked] == [name]
    assert not result.clean


def test_a_receipt_too_few(liar: LyingNode, directory: bytes, honest: Seen) -> None:
    number = honest.chain[60].header.number
    lie = Told("eth_getBlockReceipts", lambda params, told: told[:-1] if params[0] == hex(number) else told)
    found = through(liar, directory, lie).findings.found
    assert any(each.check == "receipts" and each.place.block == number for each in found)


def test_a_directory_that_lists_another_contract(liar: LyingNode, directory: bytes, honest: Seen) -> None:
    entries = abi.load("Directory").by_name["entries"]

    def listed(change: Callable[[list[bytes], list[bytes]], None]) -> Told:
        def alter(params: Sequence[Any], answer: Any) -> Any:
            if params[0]["data"] != "0x" + entries.selector.hex():
                return answer
            names, places = abi.decode_all(entries.outputs, abi.unhex(answer))
            new_names, new_places = list(names), list(places)
            change(new_names, new_places)
            return "0x" + abi.encode_all(entries.outputs, (tuple(new_names), tuple(new_places))).hex()

        return Told("eth_call", alter)

    def swap(names: list[bytes], places: list[bytes]) -> None:
        places[names.index(b"CreditNotes".ljust(32, b"\0"))] = b"\x55" * 20

    result = through(liar, directory, listed(swap))
    assert any(each.check == "directory" and each.place.contract == "CreditNotes" for each in result.findings.found)
    assert any(each.check == "contract code" for each in result.findings.not_checked)

    def add(names: list[bytes], places: list[bytes]) -> None:
        names.append(b"Insurance".ljust(32, b"\0"))
        places.append(b"\x66" * 20)

    result = through(liar, directory, listed(add))
    assert any(each.place.contract == "Insurance" for each in result.findings.not_checked)

    def drop(names: list[bytes], places: list[bytes]) -> None:
        del names[3], places[3]

    with pytest.raises(Fatal, match="does not list"):
        through(liar, directory, listed(drop))


def test_no_directory_there(liar: LyingNode) -> None:
    with pytest.raises(Fatal, match="no Directory answers"):
        through(liar, b"\x77" * 20, None)


@pytest.mark.parametrize(
    ("method", "check"),
    [
        ("debug_traceTransaction", "calls through other contracts"),
        ("eth_getProof", "storage root"),
    ],
)
def test_what_the_node_does_not_tell_is_said(liar: LyingNode, directory: bytes, method: str, check: str) -> None:
    result = through(liar, directory, Silence(method))
    assert {each.check for each in result.findings.not_checked} == {check}
    assert all(each.message.startswith("not checked") for each in result.findings.not_checked)
    assert not result.clean


def test_a_trace_without_calls_is_none(liar: LyingNode, directory: bytes) -> None:
    result = through(liar, directory, Told("debug_traceTransaction", lambda params, trace: {"structLogs": []}))
    assert [each.check for each in result.findings.not_checked] == ["calls through other contracts"]


def test_failed_inner_calls_count_for_nothing(liar: LyingNode, directory: bytes, story: Story) -> None:
    def fail(params: Sequence[Any], trace: Any) -> Any:
        trace["calls"][0]["error"] = "execution reverted"
        return trace

    found = through(liar, directory, Told("debug_traceTransaction", fail)).findings.found
    assert all(each.place.transaction in (story.relayed, None) for each in found if each.check == "replay") or found
    assert any(each.place.transaction == story.relayed for each in found)


def test_a_node_without_old_states_is_read_from_its_first_block(liar: LyingNode, directory: bytes) -> None:
    result = through(liar, directory, Silence("eth_getCode"))
    assert result.clean
    assert result.chain[0].header.number == 0


@pytest.mark.parametrize("lie", [Silence("anvil_dumpState"), Told("anvil_dumpState", lambda params, dump: "0x1f8b00")])
def test_without_a_witness_anvils_roots_stay_unexplained(liar: LyingNode, directory: bytes, lie: Any) -> None:
    found = through(liar, directory, lie).findings.found
    assert {each.check for each in found} == {"storage root"}


def test_a_broken_proof(liar: LyingNode, directory: bytes) -> None:
    def shorten(params: Sequence[Any], proof: Any) -> Any:
        return proof | {"accountProof": proof["accountProof"][:-1]}

    found = through(liar, directory, Told("eth_getProof", shorten)).findings.found
    assert {each.check for each in found} == {"storage root"}


def test_a_contract_that_does_not_vouch_for_a_signature(liar: LyingNode, directory: bytes) -> None:
    magic = "0x1626ba7e"

    def other(params: Sequence[Any], answer: Any) -> Any:
        return "0x" + "00" * 32 if params[0]["data"].startswith(magic) else answer

    found = through(liar, directory, Told("eth_call", other)).findings.found
    assert any("is not signed" in each.message for each in found)


@pytest.mark.parametrize(("code", "unchecked"), [(3, False), (-32000, True)])
def test_a_contract_that_cannot_be_asked(liar: LyingNode, directory: bytes, code: int, unchecked: bool) -> None:
    class Mute(Silence):
        def touches(self, method: str, params: Sequence[Any]) -> bool:
            return method == "eth_call" and str(params[0]["data"]).startswith("0x1626ba7e")

    result = through(liar, directory, Mute("eth_call", code))
    assert any("ERC-1271" in each.message for each in result.findings.not_checked) is unchecked
    assert not result.clean


def test_a_currency_that_tells_no_balance_or_another(liar: LyingNode, directory: bytes) -> None:
    balance_of = "0x70a08231"

    class Mute(Silence):
        def touches(self, method: str, params: Sequence[Any]) -> bool:
            return method == "eth_call" and str(params[0]["data"]).startswith(balance_of)

    assert {each.check for each in through(liar, directory, Mute("eth_call")).findings.not_checked} == {"I-1"}

    def less(params: Sequence[Any], answer: Any) -> Any:
        return hex(int(answer, 16) - 10_000) if params[0]["data"].startswith(balance_of) else answer

    def padded(params: Sequence[Any], answer: Any) -> Any:
        return "0x" + less(params, answer)[2:].rjust(64, "0") if params[0]["data"].startswith(balance_of) else answer

    found = through(liar, directory, Told("eth_call", padded)).findings.found
    assert {each.check for each in found} == {"I-1"}


@pytest.mark.parametrize("method", ["eth_getBlockByNumber", "eth_getBlockReceipts"])
def test_answers_that_cannot_be_read(liar: LyingNode, directory: bytes, method: str) -> None:
    def spoil(params: Sequence[Any], result: Any) -> Any:
        if isinstance(result, list):
            return [{} for _ in result]
        return result | {"timestamp": "soon"}

    with pytest.raises(Fatal, match="cannot be read"):
        through(liar, directory, Told(method, spoil))


@pytest.mark.parametrize("renumber", [False, True])
@pytest.mark.parametrize("kind", ["data", "topic", "address", "dropped"])
@pytest.mark.parametrize("event", ["Deposited", "Withdrawn"])
def test_a_currencys_own_log(
    liar: LyingNode, directory: bytes, honest: Seen, event: str, kind: str, renumber: bool
) -> None:
    ledger = honest.world.accounts
    topic = ledger.abi.event_names[event].topic
    block, transaction, log = next(
        (block, transaction, next(log for log in receipt.logs if log.address in ledger.admitted))
        for block in honest.chain
        for transaction, receipt in zip(block.transactions, block.receipts, strict=True)
        if any(log.topics[:1] == (topic,) for log in receipt.logs)
    )
    lie = LogLie(kind, block.header.number, transaction.name, log.index, 40, 1, renumber)
    found = through(liar, directory, lie).findings.found
    assert any(each.check == "I-1" and lie.found_by(each) for each in found)
