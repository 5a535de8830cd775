"""The oracle's HTTP routes as a customer's app uses them: signs in with the customer's key, reads personal figures."""

from datetime import UTC, datetime
from typing import Any

import httpx

from oracle.domain.signatures import SigningKey
from oracle.errors import Rejected, Retryable
from oracle.ingest.sign_in import Expected, personal_digest, write_message
from oracle.types import Address, AgreementId, Bytes32


class CustomerDoor:
    """One signed-in account. Raises Rejected or Retryable with what the door answers."""

    def __init__(self, url: str, key: SigningKey) -> None:
        self._http = httpx.Client(base_url=url, timeout=10)
        self._key = key
        self.token = ""

    def close(self) -> None:
        self._http.close()

    def sign_in(self) -> None:
        """ERC-4361, as a wallet does it."""
        nonce = self._json("GET", "/v1/sign-in/nonce")
        expected = Expected(nonce["domain"], nonce["uri"], int(nonce["chainId"]))
        message = write_message(expected, Address(self._key.address), nonce["nonce"], datetime.now(UTC))
        signature = self._key.sign(Bytes32(personal_digest(message)))
        body = {"message": message, "signature": "0x" + signature.hex()}
        self.token = str(self._json("POST", "/v1/sign-in", body)["token"])
        self._http.headers["Authorization"] = f"Bearer {self.token}"

    def agreement(self, agreement: AgreementId) -> Any:
        return self._json("GET", f"/v1/agreements/{agreement}")

    def statement(self, agreement: AgreementId) -> Any:
        return self._json("GET", f"/v1/agreements/{agreement}/statement")

    def _json(self, method: str, path: str, body: object = None) -> Any:
        try:
            response = self._http.request(method, path, json=body)
        except httpx.TransportError as error:
            raise Retryable("oracle", f"cannot be reached: {error}") from error
        if response.is_success:
            return response.json()
        if response.is_server_error:
            raise Retryable("oracle", f"answers {response.status_code} to {method} {path}")
        raise Rejected("refused", "oracle", f"answers {response.status_code} to {method} {path}", response.text[:200])
