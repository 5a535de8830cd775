"""The files of a consortium: two clients, one chain, and gas at no price."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

FILES = Path(__file__).parents[2] / "oracle" / "deployment" / "consortium"
GETH = json.loads((FILES / "geth" / "genesis.json").read_text())
BESU = json.loads((FILES / "besu" / "qbft.json").read_text())["genesis"]
FORKS = ("londonBlock", "shanghaiTime", "cancunTime", "pragueTime", "osakaTime")


def test_both_clients_have_the_same_chain_from_its_first_block():
    for name in ("chainId", "depositContractAddress", *FORKS):
        assert BESU["config"][name] == GETH["config"][name]
    assert {name: GETH["config"][name] for name in FORKS} == dict.fromkeys(FORKS, 0)
    assert (BESU["alloc"], BESU["gasLimit"]) == (GETH["alloc"], GETH["gasLimit"])


def test_gas_has_no_price_and_nobody_has_coins():
    assert {BESU["baseFeePerGas"], GETH["baseFeePerGas"]} == {"0x0"}
    assert BESU["config"]["zeroBaseFee"] is True
    assert {entry["balance"] for entry in GETH["alloc"].values()} == {"0x0"}
    assert tomllib.loads((FILES / "besu" / "node.toml").read_text())["min-gas-price"] == 0


def test_contracts_may_be_as_large_as_elsewhere_and_no_larger():
    assert "contractSizeLimit" not in BESU["config"]


def test_besu_lets_in_only_who_is_listed():
    node = tomllib.loads((FILES / "besu" / "node.toml").read_text())
    assert (node["discovery-enabled"], node["permissions-nodes-config-file-enabled"]) == (False, True)
    listed = tomllib.loads((FILES / "besu" / node["permissions-nodes-config-file"]).read_text())
    assert len(listed["nodes-allowlist"]) == 4
    assert json.loads((FILES / "besu" / node["static-nodes-file"]).read_text()) == listed["nodes-allowlist"]
    assert node["network-id"] == BESU["config"]["chainId"]
