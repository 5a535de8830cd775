"""The live page: static files, no build step, nothing from other hosts. Reads only."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, JSONResponse, Response

from oracle.errors import Fatal
from oracle.types import Address

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class ShownCurrency:
    """How the page writes amounts of a currency."""

    symbol: str
    decimals: int


def mount(app: FastAPI, currencies: Callable[[], Mapping[Address, ShownCurrency]]) -> None:
    """Serves the page at `/`. `currencies` is asked again at each visit, because new ones can be admitted.

    Raises Fatal where the page's files are not in the package.
    """
    folder = Path(str(files(__name__) / "static"))
    served = {path.name: path for path in sorted(folder.glob("*")) if path.suffix in _TYPES}
    if "index.html" not in served:
        raise Fatal("page", f"{folder} has no index.html", "Install the package again.")

    @app.get("/", include_in_schema=False)
    def index() -> Response:
        return _answer(served["index.html"])

    @app.get("/page/currencies.json", include_in_schema=False)
    def shown_currencies() -> Response:
        return JSONResponse({address: asdict(one) for address, one in currencies().items()}, headers=HEADERS)

    @app.get("/page/{name}", include_in_schema=False)
    def file(name: str) -> Response:
        # Only names found at the start: no path of the visitor ever reaches the disk.
        return _answer(served[name]) if name in served else Response(status_code=404, headers=HEADERS)


def _answer(path: Path) -> Response:
    return FileResponse(path, media_type=_TYPES[path.suffix], headers=HEADERS)
