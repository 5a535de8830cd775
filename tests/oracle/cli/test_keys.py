"""Keys stay in files that only their owner can read, and never on the screen."""

from __future__ import annotations

import json
import stat

import pytest
from eth_account import Account

SECRET = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
ADDRESS = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"


def test_a_new_key_is_encrypted_and_for_its_owner_only(cise, folder):
    (made,) = cise.json("keys", "new", "fresh", "--password-file", str(folder / "password"))
    path = folder / "keys" / "fresh.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    opened = Account.from_key(Account.decrypt(json.loads(path.read_text()), "correct horse"))
    assert made == {"name": "fresh", "address": opened.address, "file": str(path)}


def test_a_name_is_never_overwritten(cise, folder):
    before = (folder / "keys" / "fresh.json").read_bytes()
    error = cise.json("keys", "new", "fresh", "--password-file", str(folder / "password"), code=1)["error"]
    assert error["code"] == "name_taken"
    assert (folder / "keys" / "fresh.json").read_bytes() == before


def test_an_imported_key_has_its_address_and_shows_nothing_else(cise, folder):
    (folder / "secret").write_text(f"0x{SECRET}\n")
    arguments = ("--secret-file", str(folder / "secret"), "--password-file", str(folder / "password"))
    result = cise("keys", "import", "known", *arguments)
    assert result.exit_code == 0
    assert ADDRESS in result.output
    assert SECRET not in result.output + (folder / "keys" / "known.json").read_text()


def test_list_needs_no_password(cise):
    assert {"fresh": None, "known": ADDRESS}.items() <= {
        key["name"]: key["address"] if key["name"] == "known" else None for key in cise.json("keys", "list")
    }.items()


@pytest.mark.parametrize("text", ["", "12", "zz" * 32, SECRET + "00"])
def test_what_is_no_key_is_refused_without_showing_it(cise, folder, text):
    (folder / "wrong").write_text(text)
    arguments = ("--secret-file", str(folder / "wrong"), "--password-file", str(folder / "password"))
    result = cise("keys", "import", "never", *arguments)
    assert result.exit_code == 1
    assert not text or text not in result.output
    assert not (folder / "keys" / "never.json").exists()


def test_a_readable_keystore_is_not_used(cise, folder):
    path = folder / "keys" / "known.json"
    path.chmod(0o644)
    try:
        error = cise.json(
            "account", "allow", "1", "--key", "known", "--password-file", str(folder / "password"), code=3
        )["error"]
    finally:
        path.chmod(0o600)
    assert error["what"] == f"{path} can be read by others"
    assert error["remedy"] == f"Run `chmod 600 {path}`."


def test_a_wrong_password_opens_nothing(cise, folder):
    (folder / "other").write_text("wrong\n")
    error = cise.json("account", "allow", "1", "--key", "known", "--password-file", str(folder / "other"), code=3)
    assert error["error"]["remedy"] == "Check the password."
