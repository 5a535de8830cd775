"""One audit: pin a block, fetch, check the node's word, replay, compare with storage, check the invariants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from oracle.audit import abi, checks, tokens
from oracle.audit.blocks import Block, Header
from oracle.audit.chain import Pinned, pin, read_call, read_slots
from oracle.audit.check_orders import check_i13
from oracle.audit.findings import Findings, Place
from oracle.audit.keccak import keccak
from oracle.audit.platform import check_listing, directory_entries, own_blocks, require_complete
from oracle.audit.replay.engine import Engine
from oracle.audit.replay.governance import Directory
from oracle.audit.replay.world import AskContract, Module, World
from oracle.audit.roots import Roots
from oracle.audit.rpc import Node, NodeError, Progress, silent
from oracle.audit.storage import Image, Layout, UnknownVariable

IS_VALID_SIGNATURE: Final = keccak(b"isValidSignature(bytes32,bytes)")[:4]
REVERTED: Final = 3


@dataclass(frozen=True, slots=True)
class Audit:
    """What came out, and the replayed books for bills and receipts."""

    pinned: Pinned
    addresses: Mapping[str, bytes]
    world: World
    chain: Sequence[Block]
    findings: Findings

    @property
    def clean(self) -> bool:
        return self.findings.clean


def audit(node: Node, directory: bytes, at: int | None = None, progress: Progress = silent) -> Audit:
    """Recomputes the whole platform up to one block.

    Args:
        directory: address of the platform's Directory, the only thing taken on trust besides the pinned block's hash.
        at: the block to pin; the latest where None.

    Raises:
        Fatal: there is no such platform behind this node.
        Retryable: the node does not answer.
    """
    findings = Findings()
    pinned = pin(node, at)
    addresses = directory_entries(node, pinned, directory)
    require_complete(addresses, directory)
    engine = Engine(node, pinned.chain_id, addresses, findings, _contract_asker(node, pinned))
    world = engine.world
    headers, chain = own_blocks(node, pinned, list(world.modules), findings)
    engine.run(chain, progress)
    _check_births(world, findings)
    _check_directory(engine.directory, addresses, findings)
    currencies = world.accounts.admitted
    check_listing(addresses, currencies, findings)
    told = checks.decode_logs(chain, world, findings)
    whole = tokens.with_token_blocks(node, headers, chain, currencies, world.accounts.address, findings)
    _check_token_moves(whole, told, world, findings)
    words = _check_storage(node, pinned, headers, world, findings)
    custodies = {
        currency: custody
        for currency in currencies
        if (custody := tokens.custody(node, pinned, whole, currency, world.accounts.address, findings))
    }
    evidence = checks.Evidence(world, told, words, custodies, findings)
    for check in (*checks.ALL, check_i13):
        try:
            check(evidence)
        except UnknownVariable as error:
            findings.unchecked("invariants", Place(), f"not checked: {error}")
    return Audit(pinned, addresses, world, chain, findings)


def _contract_asker(node: Node, pinned: Pinned) -> AskContract:
    encode = abi.encode_all
    types = (abi.parse_type({"type": "bytes32"}), abi.parse_type({"type": "bytes"}))

    def ask(signer: bytes, digest: bytes, signature: bytes, block: int) -> bool | None:
        try:
            answer = read_call(node, pinned, signer, IS_VALID_SIGNATURE + encode(types, (digest, signature)), block)
        except NodeError as error:
            return False if error.code == REVERTED or "revert" in str(error) else None
        return answer[:32] == IS_VALID_SIGNATURE.ljust(32, b"\0")

    return ask


def _check_births(world: World, findings: Findings) -> None:
    for module in world.modules.values():
        if not module.created:
            place = Place(contract=module.CONTRACT, address=module.address)
            findings.unchecked("contract code", place, "not checked: no transaction created it directly")


def _check_directory(directory: Module, addresses: Mapping[str, bytes], findings: Findings) -> None:
    listed = {name.rstrip(b"\0").decode("utf-8", "replace"): at for name, at in _entries(directory).items()}
    for name, address in addresses.items():
        if name in ("Directory", "Authority") and name not in listed:
            continue
        if listed.get(name) != address:
            findings.add("directory", Place(contract=name, address=address), "not what the Directory's logs list")


def _entries(directory: Module) -> Mapping[bytes, bytes]:
    return directory.entries if isinstance(directory, Directory) else {}


def _check_token_moves(chain: Sequence[Block], told: Sequence[checks.Told], world: World, findings: Findings) -> None:
    moves: dict[str | None, list[tokens.Move]] = {}
    ledger = world.accounts.address
    for each in told:
        if each.contract == "PrepaidAccounts" and each.event in ("Deposited", "Withdrawn"):
            values, deposit = each.values, each.event == "Deposited"
            source, target = (values["payer"], ledger) if deposit else (ledger, values["to"])
            anchor = each.place.log_index or 0
            move = tokens.Move(values["currency"], source, target, values["amount"], anchor, deposit)
            moves.setdefault(each.place.transaction, []).append(move)
    for block in chain:
        for position, transaction in enumerate(block.transactions[: len(block.receipts)]):
            if transaction.name in moves:
                tokens.check_moves(block, position, moves[transaction.name], findings)


def _check_storage(
    node: Node, pinned: Pinned, headers: Sequence[Header], world: World, findings: Findings
) -> dict[bytes, dict[int, int]]:
    """Every word that the replay knows, one by one; then the proven storage root, so that there is no other word."""
    images = {address: _image(module, findings) for address, module in world.modules.items()}
    slots = [(address, slot) for address, image in images.items() for slot in image.words]
    words: dict[bytes, dict[int, int]] = {address: {} for address in images}
    differing: set[bytes] = set()
    for (address, slot), word in zip(slots, read_slots(node, pinned, slots), strict=True):
        words[address][slot] = word
        findings.figures["storage words compared"] += 1
        if word != images[address].words[slot]:
            differing.add(address)
            _storage_finding(world.modules[address], slot, images[address], word, findings)
    Roots(node, pinned, headers[-1].state_root, findings).check_all(world.modules, images, differing)
    return words


def _image(module: Module, findings: Findings) -> Image:
    try:
        return Layout(module.abi.layout).image(module.storage())
    except UnknownVariable as error:
        place = Place(contract=module.CONTRACT, address=module.address)
        findings.unchecked("storage", place, f"not checked: {error}")
        return Image()


def _storage_finding(module: Module, slot: int, image: Image, word: int, findings: Findings) -> None:
    place = Place(contract=module.CONTRACT, address=module.address, slot=slot, variable=image.name_of(slot))
    findings.add("storage", place, f"the chain holds {word:#066x}, the replay {image.words[slot]:#066x}")
