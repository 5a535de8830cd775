"""I-16: after deployment only the declared holders have power, and the deployer none."""

import pytest
from eth_utils.abi import function_abi_to_4byte_selector
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes
from web3 import Web3

from oracle.chain.contracts import load_artefact
from oracle.deployment.config import DeploymentConfig, read_config
from oracle.deployment.manifest import read_manifest, write_manifest
from oracle.deployment.protocol import Deployment, deploy
from oracle.deployment.roles import ADMIN, GUARDIAN, LISTING, RESTRICTED
from oracle.errors import Fatal

EVERYONE = 2**64 - 1


@pytest.fixture(scope="module")
def web3(anvil) -> Web3:
    return Web3(Web3.HTTPProvider(anvil.url))


@pytest.fixture(scope="module")
def deployment(web3: Web3) -> Deployment:
    return deploy(web3, web3.eth.accounts[0], read_config("local"))


@pytest.fixture(scope="module")
def plan(web3: Web3) -> DeploymentConfig:
    return DeploymentConfig.parse(read_config("local"), web3.eth.accounts)


def contract(web3: Web3, deployment: Deployment, name: str):
    address = to_checksum_address(deployment.addresses[name])
    return web3.eth.contract(address=address, abi=load_artefact(name)["abi"])


def test_i16_the_deployer_keeps_no_role(web3, deployment):
    authority = contract(web3, deployment, "Authority")
    for role in (ADMIN, GUARDIAN, LISTING):
        assert authority.functions.hasRole(role, web3.eth.accounts[0]).call()[0] is False


def test_i16_the_declared_holders_have_their_role_at_once_and_nobody_else_was_ever_granted_one(web3, deployment, plan):
    authority = contract(web3, deployment, "Authority")
    holders = {ADMIN: plan.admin, GUARDIAN: plan.guardian, LISTING: plan.listing}
    granted, revoked = set(), set()
    for event in authority.events.RoleGranted().get_logs(from_block=0):
        granted.add((event["args"]["roleId"], event["args"]["account"]))
    for event in authority.events.RoleRevoked().get_logs(from_block=0):
        revoked.add((event["args"]["roleId"], event["args"]["account"]))
    assert granted - revoked == set(holders.items())
    for role, holder in holders.items():
        assert authority.functions.hasRole(role, holder).call() == [True, 0]


def test_i16_the_live_function_roles_are_the_declared_ones(web3, deployment):
    authority = contract(web3, deployment, "Authority")
    for name in deployment.addresses:
        for function in (entry for entry in load_artefact(name)["abi"] if entry["type"] == "function"):
            signature = f"{function['name']}({','.join(one['type'] for one in function['inputs'])})"
            selector = HexBytes(function_abi_to_4byte_selector(function))
            live = authority.functions.getTargetFunctionRole(deployment.addresses[name], selector).call()
            assert live == RESTRICTED.get(name, {}).get(signature, ADMIN), (name, signature)


def test_i16_only_contracts_of_the_matrix_have_an_authority_at_all(deployment):
    with_authority = {
        name
        for name in deployment.addresses
        if any(entry.get("name") == "authority" for entry in load_artefact(name)["abi"])
    }
    assert with_authority == set(RESTRICTED)


def test_every_contract_is_listed_in_the_directory_under_its_name(web3, deployment):
    names, locations = contract(web3, deployment, "Directory").functions.entries().call()
    listed = {name.rstrip(b"\0").decode(): location for name, location in zip(names, locations, strict=True)}
    assert listed == dict(deployment.addresses)


def test_runtime_code_fits_eip_170(web3, deployment):
    for name, address in deployment.addresses.items():
        assert len(web3.eth.get_code(to_checksum_address(address))) <= 24_576, name


def test_the_same_nonce_and_configuration_give_the_same_addresses(start_node, deployment):
    web3 = Web3(Web3.HTTPProvider(start_node().url))
    again = deploy(web3, web3.eth.accounts[0], read_config("local"))
    assert again == deployment


def test_a_key_that_the_node_does_not_hold_deploys_as_well(web3, deployment):
    account = web3.eth.account.from_key("0x" + "11" * 32)
    web3.eth.send_transaction({"from": web3.eth.accounts[0], "to": account.address, "value": 10**19})
    deployed = deploy(web3, account, read_config("local"))
    assert set(deployed.addresses) == set(deployment.addresses)
    authority = contract(web3, deployed, "Authority")
    assert authority.functions.hasRole(ADMIN, account.address).call()[0] is False


def test_a_manifest_is_read_back_as_written(tmp_path, deployment):
    write_manifest(tmp_path / "deployment.json", deployment)
    assert read_manifest(tmp_path / "deployment.json") == deployment


@pytest.mark.parametrize("text", ["", "[]", '{"chainId": 1}'])
def test_a_file_that_is_no_manifest_is_refused(tmp_path, text):
    (tmp_path / "deployment.json").write_text(text)
    with pytest.raises(Fatal, match="no deployment manifest"):
        read_manifest(tmp_path / "deployment.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"community": "somebody"}, "community: 'somebody' is no address"),
        ({"community": "account:99"}, "the node has 10 accounts, no account:99"),
        ({"roles": {"admin": "account:1"}}, "missing guardian, listing"),
    ],
)
def test_a_wrong_configuration_names_the_entry(web3, change, message):
    with pytest.raises(Fatal, match=message):
        DeploymentConfig.parse({**read_config("local"), **change}, web3.eth.accounts)


def test_an_unknown_configuration_is_refused():
    with pytest.raises(Fatal, match="no configuration 'mars'"):
        read_config("mars")
