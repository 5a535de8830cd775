"""Custom errors of contracts: `with typed_error("Accounts_Insufficient", account, 5, 3): …`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from brownie.exceptions import VirtualMachineError


@contextmanager
def typed_error(name: str, *arguments: Any) -> Iterator[None]:
    """Passes only if the block reverts with exactly this custom error and these arguments."""
    with pytest.raises(VirtualMachineError) as caught:
        yield
    # brownie writes "Name: a, b", with the blank even when there is nothing behind it.
    assert caught.value.revert_msg == f"{name}: {', '.join(map(_shown, arguments))}"


@contextmanager
def typed_error_named(name: str) -> Iterator[None]:
    """For errors of libraries whose arguments say nothing about the behaviour under test."""
    with pytest.raises(VirtualMachineError) as caught:
        yield
    assert str(caught.value.revert_msg).partition(": ")[0] == name


def _shown(value: Any) -> str:
    """As brownie prints a decoded argument: addresses in lower case, bytes as Python bytes."""
    address = getattr(value, "address", value)
    if isinstance(address, str) and address.startswith("0x") and len(address) == 42:
        return address.lower()
    if isinstance(value, bytes):
        return str(bytes(value))
    if isinstance(value, (list, tuple)):
        inner = ", ".join(repr(_shown(item)) if isinstance(item, str) else _shown(item) for item in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return str(value)
