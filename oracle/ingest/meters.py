"""Whether an asset's present meter signed: computed here for plain keys, asked of the chain for ERC-1271 contracts."""

from collections.abc import Sequence
from typing import Final

from web3.contract.contract import ContractFunction

from oracle.chain.client import ChainClient
from oracle.chain.contracts import METERS, contract
from oracle.chain.node_errors import CallReverted, NodeRefused
from oracle.domain.forms import Domains, Form, digest
from oracle.domain.signatures import Curve, are_signed_by, meter_signer
from oracle.errors import BadSignature
from oracle.settings import Settings
from oracle.store.checkpoints import Checkpoint
from oracle.store.read_model import Asset
from oracle.types import ZERO_ADDRESS, Address, Bytes32

_LONGEST_SIGNATURE: Final = 8_192
"""Far more than a committee of 32 needs; what is longer is not worth a question to the node."""


class MeterCheck:
    """One per door. A node is talked to only for contracts, and first when one is met."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: ChainClient | None = None

    def require(
        self, checkpoint: Checkpoint, domains: Domains, asset: Asset, form: Form, signature: bytes, who: str
    ) -> Bytes32:
        """The form's digest. Raises BadSignature unless the meter signed it, Retryable where the node is away."""
        found = digest(domains.of(form), form)
        if asset.meter is None:
            raise BadSignature(who, "its asset has no meter")
        if asset.curve == Curve.ERC1271:
            signer = asset.meter if self.ask(checkpoint, [(asset, found, signature)])[0] else ZERO_ADDRESS
        else:
            signer = meter_signer(asset.curve, found, signature)
        if signer != asset.meter:
            raise BadSignature(who, "is not signed by the asset's present meter", asset.meter)
        return found

    def are_signed(self, asset: Asset, signed: Sequence[tuple[Bytes32, bytes]]) -> list[bool] | None:
        """Whether the asset's meter signed each of these digests; None where only the chain can tell (`ask`).

        With either parity bit: `relay.seal` puts it right before the chain sees it.
        """
        meter = asset.meter
        if meter is None:
            return [False] * len(signed)
        if asset.curve == Curve.SECP256K1:
            return are_signed_by(meter, signed)
        if asset.curve == Curve.ERC1271:
            return None
        return [_signer(asset.curve, digest, signature) == meter for digest, signature in signed]

    def ask(self, checkpoint: Checkpoint, questions: Sequence[tuple[Asset, Bytes32, bytes]]) -> list[bool]:
        """What the registry answers now for each asset, digest and signature, in one request for a hundred of them;
        settlement asks it again, and that answer decides. Raises Retryable where the node is away."""
        calls = [question for question in questions if len(question[2]) <= _LONGEST_SIGNATURE]
        if not calls:
            return [False] * len(questions)
        if self._client is None:
            self._client = ChainClient(self._settings.rpc_url, self._settings.rpc_timeout, checkpoint.chain_id)
        registry = contract(self._client.web3, f"I{METERS}", checkpoint.contracts[METERS])
        functions = [registry.functions.signerOf(asset.id, digest, signature) for asset, digest, signature in calls]
        signers = iter(self._answers(self._client, functions))
        return [
            len(signature) <= _LONGEST_SIGNATURE and next(signers) == asset.meter for asset, _, signature in questions
        ]

    def _answers(self, client: ChainClient, calls: Sequence[ContractFunction]) -> list[Address]:
        """One call that reverts spoils its request, so that its neighbours are asked again, one by one."""
        try:
            return [Address(found) for found in client.call_many(calls, client.head())]
        except (CallReverted, NodeRefused):
            return [self._one(client, call) for call in calls]

    def _one(self, client: ChainClient, call: ContractFunction) -> Address:
        try:
            return Address(client.call(call))
        except CallReverted:
            return ZERO_ADDRESS


def _signer(curve: int, digest: Bytes32, signature: bytes) -> Address:
    try:
        return meter_signer(curve, digest, signature)
    except BadSignature:
        return ZERO_ADDRESS


def why_not(asset: Asset, digest: Bytes32, signature: bytes, who: str) -> BadSignature:
    """The reason for a reading that `are_signed` or `ask` did not find signed."""
    if asset.meter is None:
        return BadSignature(who, "its asset has no meter")
    try:
        if asset.curve != Curve.ERC1271:
            meter_signer(asset.curve, digest, signature)
    except BadSignature as error:
        return error
    return BadSignature(who, "is not signed by the asset's present meter", asset.meter)
