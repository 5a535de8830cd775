"""Papers on a command line: hashes of files, and signed documents in them."""

from pathlib import Path

from oracle.domain.forms import Signed, parse_signed
from oracle.domain.hand_overs import HandOverPaper, SparePaper
from oracle.domain.hashing import keccak
from oracle.domain.readings import SignedReading, parse_signed_reading
from oracle.domain.statuses import Status
from oracle.domain.wire import decode_json
from oracle.errors import Fatal
from oracle.parties.orders import NOTHING, Document
from oracle.types import Bytes32


def hash_of(path: Path) -> Bytes32:
    """keccak256 of the file's bytes. Raises Fatal where it cannot be read."""
    return keccak(read_paper(path))


def paper(path: Path | None, uri: str) -> Document:
    return NOTHING if path is None else Document(hash_of(path), uri)


def status_from(path: Path | None) -> Signed[Status] | None:
    """`{"status": …, "signature": …}`, as a device posts it. Raises Malformed or Fatal."""
    return None if path is None else parse_signed(Status, decode_json(read_paper(path)))


def hand_over_from(path: Path) -> HandOverPaper:
    """What `cise hand-over write` wrote. Raises Malformed or Fatal."""
    return HandOverPaper.parse(decode_json(read_paper(path)))


def spare_paper_from(path: Path) -> SparePaper:
    """What `cise pool lend`, `bring` or `return` wrote. Raises Malformed or Fatal."""
    return SparePaper.parse(decode_json(read_paper(path)))


def reading_from(path: Path) -> SignedReading:
    """`{"reading": …, "signature": …}`, as a device posts it. Raises Malformed or Fatal."""
    return parse_signed_reading(decode_json(read_paper(path)))


def write_text(path: Path, text: str) -> None:
    """Raises Fatal where it cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        remedy = "Name a file in a folder that you may write to."
        raise Fatal("file", f"{path} cannot be written ({type(error).__name__})", remedy) from error


def read_paper(path: Path) -> bytes:
    """Raises Fatal where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Fatal("document", f"{path} cannot be read ({type(error).__name__})", "Name a readable file.") from error
