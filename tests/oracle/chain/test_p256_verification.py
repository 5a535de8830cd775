"""The registry verifies the golden P-256 signatures with the chain's precompile and, where there is none, without."""

import json
from pathlib import Path

import pytest
from web3 import HTTPProvider, Web3

from oracle.chain.contracts import load_artefact
from oracle.types import ZERO_ADDRESS

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "p256.json").read_text())
PRECOMPILE_GAS, SOLIDITY_GAS = 20_000, 400_000


@pytest.fixture(params=["osaka", "prague"])
def registry(request, start_node):
    node = start_node(hardfork=request.param)
    web3 = Web3(HTTPProvider(node.url))
    artefact = load_artefact("MeterRegistry")
    factory = web3.eth.contract(abi=artefact["abi"], bytecode=artefact["bytecode"])
    sent = factory.constructor(ZERO_ADDRESS, ZERO_ADDRESS).transact({"from": web3.eth.accounts[0]})
    address = web3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
    contract = web3.eth.contract(address=address, abi=artefact["abi"])
    contract.bound = PRECOMPILE_GAS if request.param == "osaka" else SOLIDITY_GAS
    return contract


def asked(registry, case):
    return registry.functions.signerP256(case["digest"], case["signature"])


def test_good_signatures_are_of_the_key(registry):
    for case in VECTORS["signatures"]:
        assert asked(registry, case).call() == VECTORS["address"], case["digest"]


def test_bad_signatures_are_of_nobody_and_never_revert(registry):
    for case in VECTORS["refused"]:
        assert asked(registry, case).call() == ZERO_ADDRESS, case["why"]


def test_an_answer_costs_no_more_than_published(registry):
    for case in VECTORS["signatures"] + VECTORS["refused"]:
        spent = asked(registry, case).estimate_gas() - 21_000 - 16 * (4 + 32 * 6 + len(case["signature"]) // 2)
        assert spent <= registry.bound, case
