"""Carries customers' signed forms to the chain. Each is tried first; one that would revert costs no gas."""

from web3.contract.contract import ContractFunction

from oracle.chain.node_errors import CallReverted
from oracle.errors import Fatal
from oracle.relay.context import NOTHING, Outcome, RelayContext
from oracle.relay.submit import queue_call
from oracle.store import form_requests
from oracle.store.batches import BatchKind
from oracle.store.form_requests import FormRequest


def relay_forms(context: RelayContext, now: float) -> Outcome:
    """Every waiting form once."""
    with context.database.reading() as connection:
        waiting = form_requests.waiting(connection)
    if not waiting:
        return NOTHING
    if context.sender is None:
        return Outcome("dry", {"forms": len(waiting)})
    sent = refused = 0
    for request in waiting:
        function = _function(context, request)
        try:
            queue_call(
                context,
                context.sender,
                BatchKind.FORM,
                f"form {request.id}",
                function,
                now,
                along=lambda connection, key=request.id: form_requests.close(connection, key, "sent"),  # type: ignore[misc]
            )
            sent += 1
        except CallReverted:
            refused += 1
            with context.writing() as connection:
                form_requests.close(connection, request.id, "refused")
    return Outcome("done", {"sent": sent, "refused": refused})


def _function(context: RelayContext, request: FormRequest) -> ContractFunction:
    functions = context.platform.agreements.functions
    values = tuple(request.form.values())
    match request.kind:
        case "Suspend":
            return functions.suspendSigned(_integers(values), request.signature)
        case "EndAgreement":
            return functions.endSigned(_integers(values), request.signature)
        case kind:
            raise Fatal("forms", f"{kind} is not relayed", "Report this: the door accepts what the relay cannot carry.")


def _integers(values: tuple[object, ...]) -> tuple[object, ...]:
    """Wide integers travel as decimal text."""
    return tuple(int(value) if isinstance(value, str) else value for value in values)
