"""Check, backup, replay and status as an operator calls them."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing

import pytest
from eth_account import Account

from oracle.chain.client import ChainClient
from oracle.chain.node import MNEMONIC, free_port
from oracle.deployment.manifest import read_manifest, write_manifest
from oracle.relay.daemon import Daemon
from oracle.settings import Settings
from tests.e2e.world import PERMIT_KEY, secret_of

RELAYER = 8
ACCOUNTS = 20


@pytest.fixture
def oracle(cise, tmp_path):
    """An oracle that has read the chain once; the environment of its operator."""
    environment = dict(cise.environment) | {
        "CISE_DATA_DIR": str(tmp_path),
        "CISE_RELAYER_KEY": secret_of(RELAYER),
        "CISE_PERMIT_KEY": PERMIT_KEY,
        "CISE_CONFIRMATIONS": "0",
    }
    made = type(cise)(environment)
    daemon = Daemon(
        Settings(
            rpc_url=environment["CISE_RPC_URL"],
            directory_address=environment["CISE_DIRECTORY_ADDRESS"],
            data_dir=tmp_path,
            relayer_key=secret_of(RELAYER),
            permit_key=PERMIT_KEY,
            confirmations=0,
        )
    )
    daemon.run_once(("index", "confirm", "permits", "gas"))
    daemon.stop()
    daemon.database.close()
    return made


def checked(cise, code=0):
    return {one["check"]: one for one in cise.json("oracle", "check", code=code)}


def test_check_of_a_sound_oracle(oracle):
    found = checked(oracle)
    assert [name for name, one in found.items() if not one["ok"]] == []
    assert set(found) == {
        "chain", "contracts", "code", "roles", "relayer", "permits", "clock", "disk", "database", "terms",
    }  # fmt: skip
    assert "are those of this release" in found["code"]["found"]
    text = oracle("oracle", "check").output
    assert text.count("✓") == len(found)


def test_check_names_the_node_that_is_away(oracle):
    oracle.environment["CISE_RPC_URLS"] = f"http://127.0.0.1:{free_port()}/secret-path"
    result = oracle("oracle", "check", "--json")
    found = {one["check"]: one for one in json.loads(result.stdout)}
    assert [name for name, one in found.items() if not one["ok"]] == ["chain"]
    assert "secret-path" not in result.output


def test_check_says_which_contract_differs(oracle, chain):
    node, deployment = chain
    client = ChainClient(node.url)
    address = deployment.addresses["TariffBook"]
    code = client.web3.eth.get_code(address)
    changed = "0x" + code[:-1].hex().removeprefix("0x") + f"{code[-1] ^ 1:02x}"
    client.web3.provider.make_request("anvil_setCode", [address, changed])
    try:
        found = checked(oracle, code=3)["code"]
        assert (found["ok"], found["found"]) == (False, "differs from this release: TariffBook")
        assert "Directory" in found["remedy"]
    finally:
        client.web3.provider.make_request("anvil_setCode", [address, code.to_0x_hex()])
    assert checked(oracle)["code"]["ok"]


def test_check_compares_roles_with_the_manifest(oracle, chain, tmp_path):
    _, deployment = chain
    manifest = tmp_path / "deployment.json"
    write_manifest(manifest, deployment)
    assert read_manifest(manifest).roles == deployment.roles
    assert checked(oracle)["roles"]["found"].startswith("as declared")
    document = json.loads(manifest.read_text())
    document["roles"]["guardian"] = "0x" + "11" * 20
    manifest.write_text(json.dumps(document))
    found = checked(oracle, code=3)["roles"]
    assert not found["ok"]
    assert found["found"].startswith("guardian is")


def test_check_names_a_low_balance_a_small_disk_and_a_damaged_file(oracle, tmp_path):
    Account.enable_unaudited_hdwallet_features()
    poor = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{ACCOUNTS + 5}")
    oracle.environment["CISE_RELAYER_KEY"] = poor.key.hex()
    oracle.environment["CISE_LEAST_FREE_DISK"] = str(1 << 60)
    with closing(sqlite3.connect(tmp_path / "oracle.db")) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    data = bytearray((tmp_path / "oracle.db").read_bytes())
    data[8_192:12_288] = b"\xff" * 4_096
    (tmp_path / "oracle.db").write_bytes(data)
    found = checked(oracle, code=3)
    assert {name for name, one in found.items() if not one["ok"]} >= {"relayer", "disk", "database"}
    assert "cise oracle backup" in found["database"]["remedy"]
    assert poor.address in found["relayer"]["found"]


def test_check_sees_a_clock_that_has_gone_back(oracle, tmp_path):
    with closing(sqlite3.connect(tmp_path / "oracle.db")) as connection:
        connection.execute("update cycles set at = ?", (time.time() + 86_400,))
        connection.commit()
    found = checked(oracle, code=3)["clock"]
    assert not found["ok"]
    assert "has gone back" in found["found"]


def test_backup_is_made_once(oracle, tmp_path):
    target = tmp_path / "copy.db"
    made = oracle.json("oracle", "backup", str(target))
    assert made["bytes"] == target.stat().st_size
    error = oracle.json("oracle", "backup", str(target), code=3)["error"]
    assert error["what"].endswith("is there already")
    oracle.json("oracle", "backup", str(target), "--overwrite")


def test_replay_checks_and_replaces(oracle, tmp_path):
    assert oracle.json("oracle", "replay", "--check")["equal"] is True
    with closing(sqlite3.connect(tmp_path / "oracle.db")) as connection:
        connection.execute("delete from chain_events where block = (select min(block) from chain_events)")
        connection.commit()
    found = oracle.json("oracle", "replay", "--check", code=1)
    assert found["equal"] is False
    assert {one["table"] for one in found["differences"]} == {"chain_events"}
    assert "fresh index" in oracle("oracle", "replay", "--check").output
    assert oracle.json("oracle", "replay")["replaced"] is True
    assert oracle.json("oracle", "replay", "--check")["equal"] is True


def test_status_shows_what_needs_a_person_first(oracle, tmp_path):
    assert oracle.json("oracle", "status")["alerts"] == []
    with closing(sqlite3.connect(tmp_path / "oracle.db")) as connection:
        connection.execute("update cycles set at = at - 3600, succeeded_at = succeeded_at - 3600")
        connection.commit()
    found = oracle.json("oracle", "status")
    assert [one["alert"] for one in found["alerts"]] == ["chain-behind", "permits-behind"]
    lines = oracle("oracle", "status").output.splitlines()
    assert lines[0] == "2 alerts"
    assert "docs/runbook/chain-behind.md" in lines[1]
