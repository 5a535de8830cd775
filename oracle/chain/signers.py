"""Keys of the oracle: from a setting or a keystore file (v3). No key is ever printed, logged or stored."""

import json
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount
from pydantic import SecretStr

from oracle.domain.signatures import SigningKey
from oracle.errors import BadSignature, Fatal
from oracle.settings import Settings


def relayer_secret(settings: Settings) -> SecretStr | None:
    """The key that pays gas; None: the relay runs dry."""
    return _secret("relayer", settings.relayer_key, settings.relayer_keystore, settings.relayer_keystore_password)


def permit_key(settings: Settings) -> SigningKey | None:
    """The key that signs permits; None: this oracle issues none. Raises Fatal where it is no key."""
    secret = _secret("permit", settings.permit_key, settings.permit_keystore, settings.permit_keystore_password)
    return None if secret is None else SigningKey(bytes.fromhex(secret.get_secret_value()))


def watcher_account(settings: Settings) -> LocalAccount | None:
    """The account that opens service orders; None: this oracle watches nothing. Raises Fatal where it is no key."""
    secret = _secret("watcher", settings.watcher_key, None, None)
    if secret is None:
        return None
    account: LocalAccount = Account.from_key(secret.get_secret_value())
    return account


def _secret(role: str, key: SecretStr | None, keystore: Path | None, password: SecretStr | None) -> SecretStr | None:
    if key is not None:
        return _checked(role, key.get_secret_value())
    if keystore is None:
        return None
    remedy = f"Correct CISE_{role.upper()}_KEYSTORE and its password."
    if password is None:
        raise Fatal(f"{role} key", "its keystore needs a password", f"Set CISE_{role.upper()}_KEYSTORE_PASSWORD.")
    try:
        if keystore.stat().st_mode & 0o077:
            raise Fatal(f"{role} key", f"{keystore} can be read by others", f"Run `chmod 600 {keystore}`.")
        document = json.loads(keystore.read_text())
        return SecretStr(Account.decrypt(document, password.get_secret_value()).hex())
    except (OSError, ValueError, KeyError, TypeError, NotImplementedError) as error:
        # Without the cause: its text could quote the file.
        raise Fatal(f"{role} key", f"{keystore} cannot be opened ({type(error).__name__})", remedy) from None


def _checked(role: str, text: str) -> SecretStr:
    digits = text.removeprefix("0x")
    try:
        SigningKey(bytes.fromhex(digits))
    except (ValueError, BadSignature):
        raise Fatal(
            f"{role} key", "is not a private key", f"Set CISE_{role.upper()}_KEY to 64 hexadecimal digits."
        ) from None
    return SecretStr(digits)
