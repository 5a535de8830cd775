"""A machine on which set-up cannot work is told what to do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scripts.setup import machine
from scripts.setup.errors import BrokenPython, UnsupportedPlatform
from tests.environment import ROOT


def _run(code: str, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"PATH": path}, capture_output=True, text=True, check=False
    )


def test_missing_tool(tmp_path):
    done = _run("import runpy; runpy.run_module('scripts.setup', run_name='__main__')", str(tmp_path))
    assert done.returncode == 2
    assert "MissingTool: `git` is not on the PATH" in done.stderr
    assert "what to do: install git" in done.stderr


@pytest.mark.parametrize("version", [(3, 8, 10), (3, 15, 0)])
def test_unsupported_python(tmp_path, version):
    code = f"import runpy, sys; sys.version_info = {version}; runpy.run_module('scripts.setup', run_name='__main__')"
    done = _run(code, str(tmp_path))
    assert done.returncode == 2
    assert f"UnsupportedPython: this is Python {version[0]}.{version[1]}," in done.stderr
    assert "3.11 to 3.13" in done.stderr


def test_python_without_venv(monkeypatch):
    monkeypatch.setattr(machine.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BrokenPython, match="no `venv` module"):
        machine.check()


def test_machine_without_a_locked_chain(monkeypatch):
    monkeypatch.setattr(machine.platform, "machine", lambda: "riscv64")
    with pytest.raises(UnsupportedPlatform, match="riscv64"):
        machine.check()
