"""What can go wrong between the oracle and its node, by what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from web3.exceptions import (
    BadFunctionCallOutput,
    ContractCustomError,
    ContractLogicError,
    TimeExhausted,
    Web3Exception,
    Web3RPCError,
)

from oracle.errors import Fatal, Rejected, Retryable


class NodeNotReachable(Retryable):
    """No answer: whatever was asked may have happened or not."""


class NodeRefused(Retryable):
    """The node answered with an error. Its wording differs between nodes and decides nothing."""


class WrongChain(Fatal):
    """The node belongs to another chain than the one this oracle works on."""


class CallReverted(Rejected):
    """A contract refuses the call."""

    def __init__(self, who: str, reason: str) -> None:
        super().__init__("call_reverted", who, "reverts", reason)


@contextmanager
def typed_errors(who: str) -> Iterator[None]:
    """Turns the errors of requests and web3 into those above."""
    try:
        yield
    except (requests.RequestException, TimeExhausted) as error:
        # The text of a connection error holds the address, which may hold a key.
        raise NodeNotReachable("node", f"did not answer {who} ({type(error).__name__})") from None
    except (ContractCustomError, ContractLogicError) as error:
        raise CallReverted(who, str(error.data or error)[:200]) from error
    except BadFunctionCallOutput as error:
        raise CallReverted(who, "there is no such contract at this address") from error
    except Web3RPCError as error:
        raise NodeRefused("node", f"refused {who}: {str(error.message)[:200]}") from error
    except Web3Exception as error:
        raise NodeRefused("node", f"{who}: {str(error)[:200]}") from error
