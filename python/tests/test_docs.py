"""What docs/python.md and the notebooks promise."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fgl_sim as fgl
from conftest import ROOT

DOCUMENT = ROOT / "docs" / "python.md"
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks(program, path, tmp_path, monkeypatch):
    """Each runs from its first cell to its last; FGL_UPDATE_SNAPSHOTS=1 stores the outputs."""
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    if path.stem == "flower":
        pytest.importorskip("flwr")
    for name in ("scenarios", "results"):
        (tmp_path / name).symlink_to(ROOT / name)
    folder = tmp_path / "examples"
    (folder / "out").mkdir(parents=True)
    monkeypatch.setenv("FGL_SIM", str(fgl.find()))
    monkeypatch.delenv("MPLBACKEND")
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}}).execute()
    texts = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert texts and not any(output["output_type"] == "error" for output in texts)
    figures = sum("image/png" in output.get("data", {}) for output in texts)
    assert figures == {"figure1": 2, "what_if": 2, "flower": 1}[path.stem]
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    if os.environ.get("FGL_UPDATE_SNAPSHOTS"):
        nbformat.write(notebook, path)


def test_notebooks_are_stored_with_small_outputs():
    assert len(NOTEBOOKS) == 3
    for path in NOTEBOOKS:
        assert path.stat().st_size < 200_000 and '"image/png"' in path.read_text()


def test_the_first_figure_is_ten_lines():
    import json

    cells = [cell for cell in json.loads((ROOT / "examples" / "figure1.ipynb").read_text())["cells"]
             if cell["cell_type"] == "code"]
    assert len("".join(cells[0]["source"]).splitlines()) <= 10


def test_transcript(program, tmp_path):
    """From pip to a figure: the commands of docs/python.md, in a shell, in an empty folder."""
    wheels = tmp_path / "wheels"
    source = tmp_path / "source"
    shutil.copytree(ROOT / "python", source, ignore=shutil.ignore_patterns("tests", "build", "*.egg-info", ".*"))
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", wheels, source], check=True)
    folder = tmp_path / "empty"
    folder.mkdir()
    (wheel,) = wheels.glob("*.whl")
    shutil.copy(wheel, folder)
    (folder / "fgl-sim").symlink_to(Path(program).resolve().parent)
    text = re.search(r"<!-- transcript:begin -->\n```console\n(.*?)```", DOCUMENT.read_text(), re.DOTALL).group(1)
    commands = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
    expected = [line for line in text.splitlines() if not line.startswith("$ ")]
    assert len(commands) == 5 and not any("build" in command for command in commands)
    environment = {key: value for key, value in os.environ.items() if key != "FGL_SIM"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(commands)], cwd=folder, env=environment, capture_output=True,
        text=True, timeout=1800)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == expected
    assert (folder / "figure1.pdf").read_bytes().startswith(b"%PDF")


def test_every_name_of_the_package_is_in_the_document():
    text = DOCUMENT.read_text()
    names = [name for name in fgl.__all__ if name not in ("__version__", "open")]
    names += [name for name in dir(fgl.Experiment) if not name.startswith("_") and name not in ("frame", "path", "methods")]
    from fgl_sim.plot import Plots

    names += [name for name in dir(Plots) if not name.startswith("_")]
    assert [name for name in names if name not in text] == []


def test_examples_of_the_package(program):
    assert "valid" in fgl.validate(fgl.example())
    with pytest.raises(fgl.FglError, match="there is no example 'last'; there are first"):
        fgl.example("last")
