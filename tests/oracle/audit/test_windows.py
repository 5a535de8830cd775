"""Windows of any size give the same audit, and no more than two of them are held; dumps are read in pieces."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import pytest

from oracle.audit import dump
from oracle.audit.ahead import AT_ONCE, Ahead, Question, Window
from oracle.audit.rpc import Node, NodeError
from oracle.audit.stream import Sizes
from oracle.audit.verify import audit
from oracle.errors import Retryable
from tests.oracle.audit.seen import Seen


@pytest.mark.parametrize("sizes", [Sizes(1, 1), Sizes(7, 3), Sizes(1_000, 1_000, 1), Sizes(1_000, 1_000, 10**12)])
def test_windows_of_any_size_give_the_same_audit(node: Node, directory: bytes, honest: Seen, sizes: Sizes) -> None:
    result = audit(node, directory, sizes=sizes)
    assert result.findings.figures == honest.findings.figures
    assert result.findings.balanced == honest.findings.balanced
    assert result.clean


def test_progress_is_told_block_by_block(node: Node, directory: bytes, honest: Seen) -> None:
    steps: list[tuple[str, int, int]] = []
    audit(node, directory, progress=lambda *step: steps.append(step))
    blocks = [(done, whole) for what, done, whole in steps if what == "blocks"]
    assert blocks == sorted(blocks)
    assert len(blocks) == honest.findings.figures["blocks checked against their roots"]
    assert ("headers", blocks[0][1], blocks[0][1]) in steps


def test_no_more_than_two_windows_are_held(node: Node) -> None:
    drawn = 0

    def windows() -> Iterator[Window[int]]:
        nonlocal drawn
        for number in range(9):
            drawn += 1
            yield Window(number, [Question("eth_getBlockByNumber", [(hex(number), False)])])

    with Ahead(node) as ahead:
        for used, (key, (answers,)) in enumerate(ahead.answers(windows())):
            assert json.loads(bytes(answers[0]))["number"] == hex(key) == hex(used)
            assert drawn - used <= AT_ONCE
    assert drawn == 9


def test_what_the_node_refuses_is_raised_where_it_is_used(node: Node) -> None:
    with Ahead(node) as ahead, pytest.raises(NodeError):
        list(ahead.answers([Window(None, [Question("eth_noSuchMethod", [()])])]))


STORAGE = {"0x01": {"storage": {"0x0": "0x5"}, "code": 'a "brace" } and \\ ['}, "0x02": {"storage": {}}}
HISTORY = {"block": {"accounts": {"not": "these"}, "list": [[]]}, "blocks": [{"accounts": 5}] * 3}


def answer(packed: bytes) -> bytes:
    return b'{"jsonrpc": "2.0", "id": 0, "result": "0x' + packed.hex().encode() + b'"}'


@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
@pytest.mark.parametrize("packed", [False, True])
def test_the_accounts_are_found_however_the_answer_is_cut(size: int, packed: bool) -> None:
    plain = json.dumps({"block": HISTORY["block"], "accounts": STORAGE, "blocks": HISTORY["blocks"]}).encode()
    whole = answer(gzip.compress(plain) if packed else plain)
    pieces = (whole[at : at + size] for at in range(0, len(whole), size))
    found = dump.accounts(pieces)
    assert found is not None
    assert json.loads(found) == STORAGE


@pytest.mark.parametrize(
    "told",
    [b"", b'{"error": {"code": 1}}', b'{"result": "text"}', b"x" * 10_000, answer(b""), answer(b'{"accounts": 5}'),
     answer(b'{"accounts": {"cut": "off')],
)  # fmt: skip
def test_what_is_no_dump(told: bytes) -> None:
    assert dump.accounts([told]) is None


def test_what_stands_behind_the_accounts_is_not_read() -> None:
    plain = json.dumps({"accounts": STORAGE}).encode()[:-1] + b', "blocks": ['
    pieces = iter([answer(plain)[:-2], b"never to be asked for: this is no hexadecimal"])
    assert json.loads(dump.accounts(pieces) or b"") == STORAGE


def test_a_stream_from_nobody() -> None:
    with pytest.raises(Retryable, match="no answer"), Node("http://127.0.0.1:9").stream("m") as body:
        list(body)
