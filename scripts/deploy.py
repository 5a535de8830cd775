"""`brownie run deploy [configuration]`: reads the configuration, prints what it means, asks, deploys."""

from pathlib import Path

import brownie
import yaml

from oracle.deployment.config import DeploymentConfig, read_config
from oracle.deployment.manifest import write_manifest
from oracle.deployment.protocol import deploy


def main(configuration: str = "local", account: str = "0", manifest: str = "deployment.json") -> None:
    """`account`: index of a node's account, or the id of a keystore that brownie keeps."""
    document = read_config(configuration)
    DeploymentConfig.parse(document, brownie.web3.eth.accounts)
    deployer = brownie.accounts[int(account)] if account.isdigit() else brownie.accounts.load(account)
    print(f"chain {brownie.web3.eth.chain_id}, deployer {deployer.address} (keeps no role), configuration:")
    print(yaml.safe_dump(dict(document), sort_keys=False))
    if input("Deploy? [y/N] ").strip().lower() != "y":
        print("Nothing was sent.")
        return
    key = brownie.web3.eth.account.from_key(deployer.private_key) if hasattr(deployer, "private_key") else None
    deployed = deploy(brownie.web3, key or deployer.address, document)
    write_manifest(Path(manifest), deployed)
    for name, address in deployed.addresses.items():
        print(f"{name:18} {address}")
