"""Whether an asset's present meter signed: computed here for plain keys, asked of the chain for ERC-1271 contracts."""

from typing import Final

from oracle.chain.client import ChainClient
from oracle.chain.contracts import METERS, contract
from oracle.chain.node_errors import CallReverted
from oracle.domain.forms import Domains, Form, digest
from oracle.domain.signatures import Curve, meter_signer
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
            signer = self._ask(checkpoint, asset, found, signature)
        else:
            signer = meter_signer(asset.curve, found, signature)
        if signer != asset.meter:
            raise BadSignature(who, "is not signed by the asset's present meter", asset.meter)
        return found

    def _ask(self, checkpoint: Checkpoint, asset: Asset, found: Bytes32, signature: bytes) -> Address:
        """What the registry answers now; settlement asks it again, and that answer decides."""
        if len(signature) > _LONGEST_SIGNATURE:
            return ZERO_ADDRESS
        if self._client is None:
            self._client = ChainClient(self._settings.rpc_url, self._settings.rpc_timeout, checkpoint.chain_id)
        registry = contract(self._client.web3, f"I{METERS}", checkpoint.contracts[METERS])
        try:
            return Address(self._client.call(registry.functions.signerOf(asset.id, found, signature)))
        except CallReverted:
            return ZERO_ADDRESS
