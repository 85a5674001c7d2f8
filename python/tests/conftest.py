"""What the tests share: the program, and results files that it makes once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

os.environ["MPLBACKEND"] = "Agg"
os.environ.setdefault("WANDB_SILENT", "true")

import pytest

import fgl_sim as fgl

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "results"

TIMING = """
name: timing
clients: 5
methods: [fgl-one-shot, fedavg]
data: { set: shapes, train-per-class: 20, test-per-class: 20, partition: { kind: dirichlet, beta: 0.5 } }
training: { rounds: 4, mode: none }
"""

# Real training, as little of it as there can be.
TINY = """
name: tiny
clients: 2
methods: [fedavg, centralized]
data: { set: shapes, side: 16, train-per-class: 2, test-per-class: 2, partition: { kind: iid } }
training: { rounds: 2, local-epochs: 1, batch: 10 }
centralized: { epochs: 2, batch: 10 }
sweep:
  training.learning-rate: [0.01, 0.1]
"""

DIVERGING = TINY.replace("name: tiny", "name: diverging").replace("[0.01, 0.1]", "[0.01, 100]")


@pytest.fixture(scope="session")
def program() -> Path:
    """The program; all tests fail without it, since most of this package is about it."""
    for build in ("release", "debug"):
        path = ROOT / ".build" / build / "fgl-sim"
        if "FGL_SIM" not in os.environ and path.is_file():
            os.environ["FGL_SIM"] = str(path)
    return fgl.find()


def _made(program: Path, folder: Path, text: str, seeds: "range") -> Path:
    scenario = folder / "scenario.yaml"
    scenario.write_text(text)
    return fgl.run(scenario, seeds=seeds, output=folder / "results.sqlite", progress=False).path


@pytest.fixture(scope="session")
def timing(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two methods, three seeds, timing only. Read only: what changes a file uses a copy."""
    return _made(program, tmp_path_factory.mktemp("timing"), TIMING, range(1, 4))


@pytest.fixture(scope="session")
def tiny(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep over two learning rates, two methods, two seeds, trained."""
    return _made(program, tmp_path_factory.mktemp("tiny"), TINY, range(1, 3))


@pytest.fixture(scope="session")
def diverging(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of which some come to values that are not numbers."""
    return _made(program, tmp_path_factory.mktemp("diverging"), DIVERGING, range(1, 3))


@pytest.fixture
def copy_of(tmp_path: Path):
    """Copies a results file to where a test may change it."""
    def copy(path: Path) -> Path:
        target = tmp_path / "copy.sqlite"
        shutil.copy(path, target)
        return target

    return copy


def python(code: str, *arguments: str, **keywords: object) -> "subprocess.CompletedProcess[str]":
    """Runs Python code in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=300, **keywords)  # type: ignore[call-overload]
