"""The data frames of a results file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

import pandas as pd

from . import frames
from .errors import FglError, NothingToShow
from .file import ResultsFile
from .program import StrPath


class Tables:
    """The runs of a results file, or some of them, as data frames.

    A frame is read anew when the file has changed.
    """

    def __init__(self, path: StrPath, runs: Optional[Iterable[int]] = None) -> None:
        self.path = Path(path).expanduser()
        self._chosen: Optional[Tuple[int, ...]] = None if runs is None else tuple(runs)
        self._file = ResultsFile(self.path)
        self._version: Tuple[Any, ...] = ()
        self._kept: Dict[str, pd.DataFrame] = {}

    @property
    def runs(self) -> pd.DataFrame:
        """A row per run: the view ``comparison`` with what else the file says of a run.

        ``what_if`` marks runs that ``what_if`` re-timed, ``parent_run_id`` names the recorded run; ``repeats``
        names the run that a run is once more, which counts in its place.
        """
        return self.frame("runs")

    @property
    def accuracy(self) -> pd.DataFrame:
        """A row per evaluation of the global model: round, virtual seconds, bytes moved until then, accuracy."""
        return self.frame("accuracy")

    @property
    def communication(self) -> pd.DataFrame:
        """A row per run, direction and payload: messages, bytes, MiB, undelivered messages."""
        return self.frame("communication")

    @property
    def transfers(self) -> pd.DataFrame:
        """A row per message that has ended."""
        return self.frame("transfers")

    @property
    def clients(self) -> pd.DataFrame:
        """A row per run and client: samples, links, device."""
        return self.frame("clients")

    @property
    def labels(self) -> pd.DataFrame:
        """A row per run, client and class that it holds: number of samples."""
        return self.frame("labels")

    @property
    def events(self) -> pd.DataFrame:
        """A row per event, in order. ``detail`` is a text in JSON."""
        return self.frame("events")

    @property
    def metrics(self) -> pd.DataFrame:
        """A row per measured value."""
        return self.frame("metrics")

    @property
    def prompts(self) -> pd.DataFrame:
        """A row per prompt that a client sent."""
        return self.frame("prompts")

    @property
    def work(self) -> pd.DataFrame:
        """A row per piece of real work. ``metrics`` is a text in JSON."""
        return self.frame("work")

    @property
    def participants(self) -> pd.DataFrame:
        """A row per round: clients selected, updates that counted."""
        return self.frame("participants")

    @property
    def settings(self) -> pd.DataFrame:
        """A row per run and key in which the runs of the file differ; values as in YAML."""
        self._refresh()
        if "settings" not in self._kept:
            with self._file.connection() as database:
                self._kept["settings"] = frames.settings(database)
        return self._only_chosen(self._kept["settings"])

    @property
    def methods(self) -> List[str]:
        """The methods of the runs, in the order of the file."""
        return [str(method) for method in self.runs["method"].unique()]

    def frame(self, name: str) -> pd.DataFrame:
        """One of the data frames by its name."""
        if name == "settings":
            return self.settings
        if name not in frames.TABLES:
            raise FglError(f"there is no frame '{name}'; there are {', '.join(frames.TABLES)}, settings")
        self._refresh()
        if name not in self._kept:
            self._kept[name] = self._read(name)
        return self._kept[name].copy()

    def sql(self, query: str, parameters: Union[Sequence[Any], Mapping[str, Any]] = ()) -> pd.DataFrame:
        """The answer to a query on the tables and views of docs/schema.md. Nothing can be changed by it.

        Args:
            query: with ``?`` or ``:name`` for values.
            parameters: the values; a dictionary for those with names.
        """
        values = _plain(parameters)
        with self._file.connection(is_query=True) as database:
            cursor = database.execute(query, values)
            names = [column[0] for column in cursor.description or ()]
            return pd.DataFrame(cursor.fetchall(), columns=names)

    def scenario(self, run_id: int) -> str:
        """The resolved scenario of a run, in YAML, every default filled in."""
        with self._file.connection() as database:
            row = database.execute("SELECT scenario FROM run WHERE run_id = ?", (int(run_id),)).fetchone()
        if row is None:
            raise NothingToShow(f"{self.path} has no run {run_id}")
        return str(row[0])

    def _refresh(self) -> None:
        version = self._file.version()
        if version != self._version:
            self._kept.clear()
            self._version = version

    def _only_chosen(self, frame: pd.DataFrame) -> pd.DataFrame:
        if self._chosen is None:
            return frame.copy()
        return frame[frame["run_id"].isin(self._chosen)].reset_index(drop=True)

    def _read(self, name: str) -> pd.DataFrame:
        with self._file.connection() as database:
            # One transaction, so that runs and rows are of one state of the file.
            database.execute("BEGIN")
            frame = frames.read(database, name, self.path, self._chosen)
            runs = frame if name == "runs" else frames.read(database, "runs", self.path, self._chosen)
            differing = self._only_chosen(frames.settings(database))
        runs = runs.set_index("run_id", drop=False).rename_axis(None)
        if name == "runs":
            frame["what_if"] = (frame["origin"] == "what-if").astype(bool)
        else:
            for column in ("method", "seed", "variant"):
                frame[column] = runs[column].reindex(frame["run_id"]).array
            is_what_if = (runs["origin"] == "what-if").astype(bool)
            frame["what_if"] = is_what_if.reindex(frame["run_id"]).to_numpy(dtype=bool)
        wide = frames.swept(differing, runs.index)
        for key in wide.columns:
            if key not in frame:
                frame[key] = wide[key].reindex(frame["run_id"]).array
        return frame


def _plain(parameters: Union[Sequence[Any], Mapping[str, Any]]) -> Any:
    """Parameters as SQLite takes them: it would store the bytes of a NumPy number."""
    if isinstance(parameters, Mapping):
        return {name: _plain_value(value) for name, value in parameters.items()}
    return tuple(_plain_value(value) for value in parameters)


def _plain_value(value: Any) -> Any:
    if getattr(value, "ndim", 0) > 0:
        raise FglError(f"a value of a query is one number or text, not {type(value).__name__}")
    return value.item() if hasattr(value, "item") else value
