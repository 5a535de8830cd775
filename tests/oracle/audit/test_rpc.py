"""The JSON-RPC client against servers that answer badly or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from oracle.audit.rpc import Node, NodeError
from oracle.errors import Fatal, Retryable


@pytest.fixture
def answering() -> Iterator[Callable[..., Node]]:
    servers: list[HTTPServer] = []
    nodes: list[Node] = []

    def make(answer: bytes, status: int = 200) -> Node:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        nodes.append(Node(f"http://127.0.0.1:{server.server_address[1]}/rpc?key=1"))
        return nodes[-1]

    yield make
    for node in nodes:
        node.close()
    for server in servers:
        server.shutdown()
        server.server_close()


def test_results_and_errors(answering: Callable[..., Node]) -> None:
    assert answering(b'{"jsonrpc":"2.0","id":0,"result":"0x5"}').call("eth_chainId") == "0x5"
    with pytest.raises(NodeError, match="no such block"):
        answering(b'{"jsonrpc":"2.0","id":0,"error":{"code":-1,"message":"no such block"}}').call("eth_chainId")


def test_batches_come_back_in_order(answering: Callable[..., Node]) -> None:
    seen: list[tuple[str, int, int]] = []
    node = answering(b'[{"id":1,"result":"b"},{"id":0,"result":"a"}]')
    node._progress = lambda *step: seen.append(step)
    assert list(node.many("m", [(), ()], "asking")) == ["a", "b"]
    assert seen == [("asking", 2, 2)]


@pytest.mark.parametrize("answer", [b"[]", b'{"id":0}', b'[{"id":5,"result":1}]', b'[{"id":0}]', b'"text"'])
def test_a_batch_that_is_none(answering: Callable[..., Node], answer: bytes) -> None:
    with pytest.raises(Fatal, match="not JSON-RPC"):
        list(answering(answer).many("m", [()], "asking"))


def test_a_batch_refused_whole(answering: Callable[..., Node]) -> None:
    with pytest.raises(NodeError, match="too many"):
        list(answering(b'{"id":null,"error":{"code":-5,"message":"too many"}}').many("m", [()], "asking"))


def test_a_call_that_is_answered_with_a_list(answering: Callable[..., Node]) -> None:
    with pytest.raises(Fatal, match="not JSON-RPC"):
        answering(b"[]").call("m")


def test_no_json(answering: Callable[..., Node]) -> None:
    with pytest.raises(Fatal, match="not JSON"):
        answering(b"<html>").call("m")
    with pytest.raises(Retryable, match="status 502"):
        answering(b"<html>", 502).call("m")


def test_nobody_there() -> None:
    with pytest.raises(Retryable, match="no answer"):
        Node("http://127.0.0.1:9").call("m")


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "127.0.0.1:8545", "http://"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(Fatal, match="is not an http address"):
        Node(url)


def test_https_is_understood() -> None:
    Node("https://127.0.0.1:9").close()
