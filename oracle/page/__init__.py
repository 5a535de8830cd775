"""The live page: static files, no build step, nothing from other hosts. Reads only."""

from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, Response

from oracle.errors import Fatal

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


def mount(app: FastAPI) -> None:
    """Serves the page at `/`. Raises Fatal where its files are not in the package."""
    folder = Path(str(files(__name__) / "static"))
    served = {path.name: path for path in sorted(folder.glob("*")) if path.suffix in _TYPES}
    if "index.html" not in served:
        raise Fatal("page", f"{folder} has no index.html", "Install the package again.")

    @app.get("/", include_in_schema=False)
    def index() -> Response:
        return _answer(served["index.html"])

    @app.get("/page/{name}", include_in_schema=False)
    def file(name: str) -> Response:
        # Only names found at the start: no path of the visitor ever reaches the disk.
        return _answer(served[name]) if name in served else Response(status_code=404, headers=HEADERS)


def _answer(path: Path) -> Response:
    return FileResponse(path, media_type=_TYPES[path.suffix], headers=HEADERS)
