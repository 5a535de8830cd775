"""From a contract call to signed bytes. Nothing here sends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from eth_account import Account
from eth_account.signers.local import LocalAccount
from pydantic import SecretStr
from web3.contract.contract import ContractFunction
from web3.types import TxParams

from oracle.chain.client import ChainClient, Fees
from oracle.chain.contracts import encode
from oracle.errors import Fatal, Rejected
from oracle.types import Address, ChainId, TransactionHash

GWEI = 10**9
INTRINSIC_MARGIN = 30_000
NOOP_GAS = 21_000
Allowed = Mapping[Address, frozenset[bytes]]
"""The functions, by their four bytes, that may be called on each contract."""


@dataclass(frozen=True, slots=True)
class PreparedCall:
    """A call that would have succeeded at the head, with the gas to give it."""

    target: Address
    calldata: bytes
    gas: int


class Sender:
    """The relayer's account: prepares and signs."""

    def __init__(self, secret: SecretStr, gas_limit: int, max_fee_gwei: int, allowed: Allowed | None = None) -> None:
        """
        Args:
            allowed: all that is ever signed, besides nothing at all to itself. None: a participant's own wallet.
        """
        self._account: LocalAccount = Account.from_key(secret.get_secret_value())
        self._gas_limit = gas_limit
        self._max_fee = max_fee_gwei * GWEI
        self._allowed = allowed

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
        return self._limited(client.fees())

    def bumped(self, client: ChainClient, before: Fees) -> Fees | None:
        """An eighth more of both fees at least, or what the node suggests now if that is more.

        None where gas is free: there a higher price makes nothing faster, and the same bytes are sent again. Raises
        Rejected `fee_above_limit` where the limit does not allow an eighth more.
        """
        suggested = client.fees()
        if suggested.max_fee == 0:
            return None
        most = max(_an_eighth_more(before.max_fee), min(suggested.max_fee, self._max_fee))
        if most > self._max_fee:
            raise Rejected("fee_above_limit", "chain", "a bump costs too much", f"{most} > {self._max_fee} wei")
        return Fees(most, min(max(_an_eighth_more(before.tip), suggested.tip), most))

    def noop(self) -> PreparedCall:
        """Nothing, to ourselves: uses up a nonce."""
        return PreparedCall(self.address, b"", NOOP_GAS)

    def _limited(self, fees: Fees) -> Fees:
        if fees.max_fee // 2 > self._max_fee:
            raise Rejected(
                "fee_above_limit", "chain", "gas costs too much", f"{fees.max_fee // 2} > {self._max_fee} wei"
            )
        most = min(fees.max_fee, self._max_fee)
        return Fees(most, min(fees.tip, most))

    def sign(self, call: PreparedCall, chain_id: ChainId, nonce: int, fees: Fees) -> tuple[bytes, TransactionHash]:
        """Raw bytes and hash; the same arguments give the same bytes. Raises Fatal for a call that is not allowed."""
        self._require_allowed(call)
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

    def _require_allowed(self, call: PreparedCall) -> None:
        if self._allowed is None or call == self.noop():
            return
        if call.calldata[:4] not in self._allowed.get(call.target, frozenset()):
            raise Fatal(
                "relayer key",
                f"was asked to sign {call.calldata[:4].hex() or 'a plain transfer'} on {call.target}",
                "Report this: the relay calls its platform's contracts only.",
            )

    def __repr__(self) -> str:
        return f"Sender({self.address})"


def _an_eighth_more(fee: int) -> int:
    """Rounded up, and never the same: nodes want at least a tenth, and more than before."""
    return max(-(-fee * 9 // 8), fee + 1)
