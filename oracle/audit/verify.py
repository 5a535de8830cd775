"""One audit: pin a block; block by block check the node's word and replay; compare storage, check the invariants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from oracle.audit import abi, checks, tokens
from oracle.audit.blocks import Block
from oracle.audit.chain import Pinned, pin, read_call, read_slots
from oracle.audit.check_guarantees import check_i10, check_i18
from oracle.audit.check_members import check_i20
from oracle.audit.check_orders import check_i13
from oracle.audit.check_pools import check_i12, check_i19
from oracle.audit.check_rounds import check_i8, check_i9, check_rounds_collateral
from oracle.audit.check_titles import check_i11
from oracle.audit.findings import Findings, Place
from oracle.audit.keccak import keccak
from oracle.audit.onlooker import Onlooker
from oracle.audit.platform import check_listing, directory_entries, require_complete, scope_of
from oracle.audit.replay.engine import Engine
from oracle.audit.replay.governance import Directory
from oracle.audit.replay.world import AskContract, Module, World
from oracle.audit.roots import Roots
from oracle.audit.rpc import Node, NodeError, Progress, silent
from oracle.audit.storage import Layout, UnknownVariable
from oracle.audit.stream import STANDARD, Sizes, Stream
from oracle.audit.tally import Tally
from oracle.audit.told import decode_logs

IS_VALID_SIGNATURE: Final = keccak(b"isValidSignature(bytes32,bytes)")[:4]
REVERTED: Final = 3
OF_PARTS: Final = (
    check_i8, check_i9, check_i10, check_i11, check_rounds_collateral, check_i12, check_i13, check_i18, check_i19,
    check_i20,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Audit:
    """What came out, and the books as they stand at the pinned block."""

    pinned: Pinned
    addresses: Mapping[str, bytes]
    world: World
    findings: Findings

    @property
    def clean(self) -> bool:
        return self.findings.clean


def audit(
    node: Node,
    directory: bytes,
    at: int | None = None,
    progress: Progress = silent,
    onlookers: Sequence[Onlooker] = (),
    sizes: Sizes = STANDARD,
) -> Audit:
    """Recomputes the whole platform up to one block, as the chain goes by: what is held grows with assets, agreements
    and accounts, not with readings.

    Args:
        directory: address of the platform's Directory, the only thing taken on trust besides the pinned block's hash.
        at: the block to pin; the latest where None.
        onlookers: see every settlement and every block, and keep what they need.

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
    world.onlookers = onlookers
    tally, purse = Tally(world, findings), tokens.Purse(world.accounts.address)
    scope = scope_of(node, pinned, list(world.modules), purse.bloom)
    stream = Stream(node, pinned, scope.first, findings, progress, sizes)
    for block in stream.blocks(scope.concerns):
        engine.run(block)
        purse.follow(block)
        _look_at_logs(block, world, tally, findings)
    _check_births(world, findings)
    _check_directory(engine.directory, addresses, findings)
    currencies = world.accounts.admitted
    check_listing(addresses, currencies, findings)
    words = _check_storage(node, pinned, stream, world, findings)
    custodies = {
        currency: custody for currency in currencies if (custody := purse.custody(node, pinned, currency, findings))
    }
    evidence = checks.Evidence(world, tally, words, custodies, findings)
    for check in (*checks.ALL, *OF_PARTS):
        try:
            check(evidence)
        except UnknownVariable as error:
            findings.unchecked("invariants", Place(), f"not checked: {error}")
    return Audit(pinned, addresses, world, findings)


def _look_at_logs(block: Block, world: World, tally: Tally, findings: Findings) -> None:
    told = list(decode_logs(block, world, findings))
    for each in told:
        tally.add(each)
    tokens.check_moves(block, told, world.accounts.address, findings)
    for onlooker in world.onlookers:
        onlooker.block(block, told, world)


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


def _check_storage(
    node: Node, pinned: Pinned, stream: Stream, world: World, findings: Findings
) -> dict[bytes, dict[int, int]]:
    """Every word that the replay knows, one by one; then the proven storage root, so that there is no other word."""
    images = {address: _image(module, findings) for address, module in world.modules.items()}
    words: dict[bytes, dict[int, int]] = {}
    differing: set[bytes] = set()
    for address, image in images.items():
        slots = list(image)
        words[address] = dict(zip(slots, read_slots(node, pinned, address, slots), strict=True))
        findings.figures["storage words compared"] += len(slots)
        if words[address] != image:
            differing.add(address)
            _storage_findings(world.modules[address], image, words[address], findings)
    if stream.last is not None:
        Roots(node, pinned, stream.last.state_root, findings).check_all(world.modules, images, differing)
    return words


def _image(module: Module, findings: Findings) -> dict[int, int]:
    """What the contract's storage must hold, word by word."""
    try:
        return Layout(module.abi.layout).words(module.storage())
    except UnknownVariable as error:
        place = Place(contract=module.CONTRACT, address=module.address)
        findings.unchecked("storage", place, f"not checked: {error}")
        return {}


def _storage_findings(module: Module, image: Mapping[int, int], words: Mapping[int, int], findings: Findings) -> None:
    wrong = [slot for slot, word in words.items() if word != image[slot]]
    names = Layout(module.abi.layout).names(wrong, module.storage())
    for slot in wrong:
        place = Place(contract=module.CONTRACT, address=module.address, slot=slot, variable=names[slot])
        findings.add("storage", place, f"the chain holds {words[slot]:#066x}, the replay {image[slot]:#066x}")
