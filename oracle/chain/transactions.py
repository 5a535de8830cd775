"""From a contract call to signed bytes. Nothing here sends."""

from dataclasses import dataclass
from typing import cast

from eth_account import Account
from eth_account.signers.local import LocalAccount
from pydantic import SecretStr
from web3.contract.contract import ContractFunction
from web3.types import TxParams

from oracle.chain.client import ChainClient, Fees
from oracle.chain.contracts import encode
from oracle.errors import Rejected
from oracle.types import Address, ChainId, TransactionHash

GWEI = 10**9
INTRINSIC_MARGIN = 30_000


@dataclass(frozen=True, slots=True)
class PreparedCall:
    """A call that would have succeeded at the head, with the gas to give it."""

    target: Address
    calldata: bytes
    gas: int


class Sender:
    """The relayer's account: prepares and signs."""

    def __init__(self, secret: SecretStr, gas_limit: int, max_fee_gwei: int) -> None:
        self._account: LocalAccount = Account.from_key(secret.get_secret_value())
        self._gas_limit = gas_limit
        self._max_fee = max_fee_gwei * GWEI

    @property
    def address(self) -> Address:
        return Address(self._account.address)

    def prepare(self, client: ChainClient, function: ContractFunction) -> PreparedCall:
        """Runs the call without sending it. Raises CallReverted, or Rejected `gas_above_limit`."""
        target, calldata = Address(str(function.address)), encode(function)
        transaction = cast(TxParams, {"from": self.address, "to": target, "data": calldata})
        estimate = client.try_call(transaction)
        # The state may move before the call is mined: readings that were stale then may be written.
        gas = estimate * 5 // 4 + INTRINSIC_MARGIN
        if gas > self._gas_limit:
            raise Rejected("gas_above_limit", function.fn_name, "needs too much gas", f"{gas} > {self._gas_limit}")
        return PreparedCall(target, calldata, gas)

    def fees(self, client: ChainClient) -> Fees:
        """What the node suggests, up to the limit. Raises Rejected `fee_above_limit` where the chain costs more."""
        fees = client.fees()
        if fees.max_fee // 2 > self._max_fee:
            raise Rejected(
                "fee_above_limit", "chain", "gas costs too much", f"{fees.max_fee // 2} > {self._max_fee} wei"
            )
        most = min(fees.max_fee, self._max_fee)
        return Fees(most, min(fees.tip, most))

    def sign(self, call: PreparedCall, chain_id: ChainId, nonce: int, fees: Fees) -> tuple[bytes, TransactionHash]:
        """Raw bytes and hash; the same arguments give the same bytes."""
        signed = self._account.sign_transaction(
            {
                "type": 2,
                "chainId": chain_id,
                "nonce": nonce,
                "to": bytes.fromhex(call.target[2:]),
                "value": 0,
                "data": call.calldata,
                "gas": call.gas,
                "maxFeePerGas": fees.max_fee,
                "maxPriorityFeePerGas": fees.tip,
            }
        )
        return bytes(signed.raw_transaction), TransactionHash(signed.hash.to_0x_hex())

    def __repr__(self) -> str:
        return f"Sender({self.address})"
