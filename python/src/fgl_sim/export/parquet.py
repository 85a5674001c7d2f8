"""Data frames as Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, List

from .. import frames
from ..errors import FglError, missing

if TYPE_CHECKING:
    from ..experiment import Experiment


def write(experiment: "Experiment", folder: Path) -> List[Path]:
    """Writes ``folder/<frame>.parquet`` for every data frame; files of an earlier call are replaced."""
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise missing("pyarrow", "parquet", "to_parquet") from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for name in [*frames.TABLES, "settings"]:
            path = folder / f"{name}.parquet"
            experiment.frame(name).to_parquet(path, engine="pyarrow", index=False)
            written.append(path)
        return written
    except OSError as error:
        raise FglError(f"{folder}: cannot be written: {error.strerror or error}") from error
