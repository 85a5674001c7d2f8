"""Runs fgl-sim, a simulator of Federated Generative Learning, and reads, plots and exports its results.

>>> import fgl_sim as fgl
>>> e = fgl.run("quickstart.yaml", seeds=range(3), set={"training.rounds": 5})
>>> e.plot.accuracy_vs_uplink(save="figure1.pdf")
"""

from __future__ import annotations

from .errors import (
    FglError, FileError, Interrupted, MissingFile, MissingPackage, NothingToShow, ProgramError, ProgramMissing,
)
from .experiment import Experiment
from .experiment import open_experiment as open
from .program import find
from .runner import import_outcomes, resume, run, validate

__version__ = "0.2.0"

__all__ = [
    "Experiment", "FglError", "FileError", "Interrupted", "MissingFile", "MissingPackage", "NothingToShow",
    "ProgramError", "ProgramMissing", "__version__", "find", "import_outcomes", "open", "resume", "run", "validate",
]
