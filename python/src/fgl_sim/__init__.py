"""Runs fgl-sim, a simulator of Federated Generative Learning, and reads, plots and exports its results.

>>> import fgl_sim as fgl
>>> e = fgl.run("quickstart.yaml", seeds=range(3), set={"training.rounds": 5})
>>> e.plot.accuracy_vs_uplink(save="figure1.pdf")
"""

from __future__ import annotations

from pathlib import Path

from .errors import (
    FglError, FileError, Interrupted, MissingFile, MissingPackage, NothingToShow, ProgramError, ProgramMissing,
)
from .experiment import Experiment
from .experiment import open_experiment as open
from .program import find
from .runner import import_outcomes, resume, run, validate

__version__ = "0.2.0"


def example(name: str = "first") -> Path:
    """A scenario that comes with this package: ``first``, half a minute a seed on two cores."""
    folder = Path(__file__).with_name("scenarios")
    path = folder / f"{name}.yaml"
    if not path.is_file():
        raise FglError(f"there is no example '{name}'; there are {', '.join(sorted(p.stem for p in folder.iterdir()))}")
    return path


__all__ = [
    "Experiment", "FglError", "FileError", "Interrupted", "MissingFile", "MissingPackage", "NothingToShow",
    "ProgramError", "ProgramMissing", "__version__", "example", "find", "import_outcomes", "open", "resume", "run",
    "validate",
]
