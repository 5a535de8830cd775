"""Node, client, signers and transactions."""

import json
import signal
import socket
import subprocess
import sys
import textwrap
import time

import pytest
import requests
from eth_account import Account
from pydantic import SecretStr

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform, Route, SlotState, load_artefact
from oracle.chain.events import EventReader
from oracle.chain.node import LocalNode, NodeOptions, find_anvil, free_port, require_free
from oracle.chain.node_errors import CallReverted, NodeNotReachable, NodeRefused
from oracle.chain.signers import permit_key, relayer_secret
from oracle.chain.transactions import Sender
from oracle.errors import Fatal, Rejected
from oracle.settings import Settings
from oracle.types import AgreementId, ChainId
from tests.e2e.world import CUSTOMER, HOLD, RELAYER, secret_of
from tests.environment import ROOT
from tests.helpers.faulty_node import FaultyNode, error

KEY = "0x" + "ab" * 32


def answers(port):
    try:
        requests.post(f"http://127.0.0.1:{port}", json={"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}, timeout=1)
    except requests.RequestException:
        return False
    return True


def test_a_port_in_use_is_refused_with_a_clear_message():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Fatal, match=f"127.0.0.1:{port} is in use.*choose another port"):
            LocalNode(NodeOptions(port=port)).start()
        with pytest.raises(Fatal, match=r"is in use\. Set CISE_PORT"):
            require_free(port, "Set CISE_PORT to another.")


def test_state_survives_a_soft_stop(tmp_path):
    options = NodeOptions(state_file=tmp_path / "state" / "chain.json")
    with LocalNode(options) as node:
        client = ChainClient(node.url)
        client.web3.provider.make_request("evm_mine", [])
        head = client.block(client.head())
        assert head.number == 1
    assert not node.running
    with LocalNode(options) as node:
        again = ChainClient(node.url)
        assert again.block(again.head()) == head
    node.stop()


def test_the_child_ends_with_its_parent_even_when_that_is_killed():
    program = textwrap.dedent(
        """
        from oracle.chain.node import LocalNode
        import time
        print(LocalNode().start().port, flush=True)
        time.sleep(60)
        """
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    port = int(parent.stdout.readline())
    assert answers(port)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    limit = time.monotonic() + 5
    while answers(port) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not answers(port)


def test_a_missing_or_broken_binary_is_named(tmp_path, monkeypatch):
    broken = tmp_path / "anvil"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(Fatal, match="ended at once with code 3"):
        LocalNode(NodeOptions(binary=broken)).start()
    assert find_anvil().is_file()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with pytest.raises(Fatal, match="make setup"):
        find_anvil()


def test_block_time_makes_blocks_by_itself(tmp_path):
    with LocalNode(NodeOptions(block_time=0.2, log_file=tmp_path / "anvil.log")) as node:
        client = ChainClient(node.url)
        limit = time.monotonic() + 10
        while client.head() < 2 and time.monotonic() < limit:
            time.sleep(0.05)
        assert client.head() >= 2


def test_a_node_that_is_away_or_refuses_is_a_typed_error(world):
    away = ChainClient(f"http://127.0.0.1:{free_port()}", 1)
    with pytest.raises(NodeNotReachable, match="did not answer"):
        away.head()
    with FaultyNode(world.node.url) as node:
        client = ChainClient(node.url, 2)
        node.faults["eth_blockNumber"] = lambda _, __: error(-32000, "nope")
        with pytest.raises(NodeRefused, match="nope"):
            client.head()
        node.faults["eth_blockNumber"] = lambda _, __: None
        with pytest.raises(NodeNotReachable):
            client.head()


def test_the_address_of_a_node_is_not_in_its_errors():
    secret = "very-secret-key"
    with pytest.raises(NodeNotReachable) as caught:
        ChainClient(f"http://127.0.0.1:{free_port()}/v3/{secret}", 1).head()
    assert secret not in str(caught.value)


def test_reverts_are_typed(world):
    with pytest.raises(CallReverted, match="reverts"):
        world.client.call(world.platform.agreements.functions.agreementOf(999_999))
    with pytest.raises(CallReverted):
        world.client.try_call({"to": world.platform.addresses["UsageAgreements"], "data": b"\x12\x34\x56\x78"})


def test_the_slot_and_the_route_unpack(world):
    hire = world.hire()
    state = SlotState.unpack(world.client.call(world.platform.agreements.functions.stateOf(hire.agreement)))
    assert (state.special, state.sequence, state.settled, state.hold) == (False, 0, 0, HOLD)
    route = Route.unpack(world.client.call(world.platform.assets.functions.route(hire.machine.asset)))
    assert (route.meter, route.split, route.epoch) == (hire.machine.key.address, hire.machine.split, 1)


def test_events_are_read_in_chunks_in_chain_order(world):
    hire = world.hire()
    reader, head = EventReader(world.platform), world.client.head()
    chunks = list(reader.read(world.client, 0, head, 7))
    assert [last for last, _, _ in chunks] == [*range(6, head, 7), head][: len(chunks)]
    events = [event for _, found, _ in chunks for event in found]
    assert events == sorted(events, key=lambda event: (event.block, event.log_index))
    (opened,) = [event for event in events if event.name == "AgreementOpened"]
    assert (opened.integer("agreement"), opened.address("customer")) == (hire.agreement, world.wallet(CUSTOMER).address)
    (published,) = [event for event in events if event.name == "TariffPublished"]
    assert published.arguments["terms"]["currency"] == world.currency.address


def test_a_directory_without_the_needed_contracts_is_refused(world):
    with pytest.raises(Fatal, match=r"does not list .*UsageAgreements"):
        Platform(world.client.web3, ChainId(1), world.platform.directory, {})


def test_a_missing_abi_says_what_to_do():
    with pytest.raises(Fatal, match="make setup"):
        load_artefact("NoSuchContract")


def test_a_sender_prepares_signs_and_never_shows_its_key(world):
    hire = world.hire()
    sender = Sender(SecretStr(secret_of(RELAYER)), 16_000_000, 500)
    call = sender.prepare(world.client, world.platform.refill(hire.agreement))
    fees = sender.fees(world.client)
    once, again = (sender.sign(call, world.client.chain_id, 3, fees) for _ in range(2))
    assert once == again
    assert Account.recover_transaction(once[0]) == sender.address
    assert secret_of(RELAYER)[2:] not in f"{sender!r} {sender.__dict__}"
    with pytest.raises(CallReverted):
        sender.prepare(world.client, world.platform.refill(AgreementId(77)))
    with pytest.raises(Rejected, match="needs too much gas"):
        Sender(SecretStr(secret_of(RELAYER)), 1_000, 500).prepare(world.client, world.platform.refill(hire.agreement))


def keystore(tmp_path, mode=0o600, password="open sesame"):
    path = tmp_path / "key.json"
    path.write_text(json.dumps(Account.encrypt(KEY, password, kdf="pbkdf2", iterations=2)))
    path.chmod(mode)
    return path


def test_keys_come_from_a_setting_or_a_keystore(tmp_path):
    assert relayer_secret(Settings()) is None
    assert permit_key(Settings()) is None
    address = Account.from_key(KEY).address
    assert permit_key(Settings(permit_key=KEY)).address == address
    stored = Settings(permit_keystore=keystore(tmp_path), permit_keystore_password="open sesame")
    assert permit_key(stored).address == address


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": 0o644}, "chmod 600"),
        ({"password": "other"}, "cannot be opened"),
    ],
)
def test_a_keystore_must_be_private_and_open(tmp_path, options, message):
    settings = Settings(relayer_keystore=keystore(tmp_path, **options), relayer_keystore_password="open sesame")
    with pytest.raises(Fatal, match=message):
        relayer_secret(settings)


def test_keystores_without_password_or_file_and_wrong_keys_are_named(tmp_path):
    with pytest.raises(Fatal, match="CISE_RELAYER_KEYSTORE_PASSWORD"):
        relayer_secret(Settings(relayer_keystore=tmp_path / "x.json"))
    with pytest.raises(Fatal, match="cannot be opened"):
        relayer_secret(Settings(relayer_keystore=tmp_path / "x.json", relayer_keystore_password="p"))
    for wrong in ("0x12", "zz" * 32, "00" * 32, "canary"):
        with pytest.raises(Fatal, match="64 hexadecimal digits") as caught:
            permit_key(Settings(permit_key=wrong))
        assert wrong not in str(caught.value)
