"""A results file as data frames, comparisons, what-ifs and figures."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

import pandas as pd

from . import child, comparison, frames, settings
from .errors import FglError, NothingToShow
from .file import ResultsFile
from .program import StrPath, find

if TYPE_CHECKING:
    from .plot import Plots

#: Statuses of runs that have come to their end.
WHOLE = ("finished", "diverged")

_SHORT_KEYS = {
    "uplink": "network.client.uplink",
    "downlink": "network.client.downlink",
    "latency": "network.client.latency",
    "server_uplink": "network.server.uplink",
    "server_downlink": "network.server.downlink",
    "device": "devices.client",
    "server_device": "devices.server",
    "slowdown": "devices.slowdown",
}


class Experiment:
    """The runs of a results file, or some of them.

    The file is only read, and may be written by a run at the same time: a data frame is read anew when the
    file has changed. Frames other than ``runs`` have the columns ``method``, ``seed``, ``variant`` and
    ``what_if`` of their run, and every frame has a column for each key in which the runs differ.

    Args:
        path: the results file.
        program: for ``compare`` and ``what_if``; found as in :func:`fgl_sim.run` where not given.
    """

    def __init__(
        self, path: StrPath, *, program: Optional[StrPath] = None, runs: Optional[Iterable[int]] = None
    ) -> None:
        self.path = Path(path).expanduser()
        self._program = program
        self._chosen: Optional[Tuple[int, ...]] = None if runs is None else tuple(runs)
        self._file = ResultsFile(self.path)
        self._version: Tuple[Any, ...] = ()
        self._kept: Dict[str, pd.DataFrame] = {}

    # Data frames

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
        if name not in frames.TABLES:
            raise FglError(f"there is no frame '{name}'; there are {', '.join(frames.TABLES)}, settings")
        self._refresh()
        if name not in self._kept:
            self._kept[name] = self._read(name)
        return self._kept[name].copy()

    def sql(self, query: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The answer to a query on the tables and views of docs/schema.md. Nothing can be changed by it."""
        with self._file.connection() as database:
            cursor = database.execute(query, tuple(parameters))
            names = [column[0] for column in cursor.description or ()]
            return pd.DataFrame(cursor.fetchall(), columns=names)

    def scenario(self, run_id: int) -> str:
        """The resolved scenario of a run, in YAML, every default filled in."""
        with self._file.connection() as database:
            row = database.execute("SELECT scenario FROM run WHERE run_id = ?", (int(run_id),)).fetchone()
        if row is None:
            raise NothingToShow(f"{self.path} has no run {run_id}")
        return str(row[0])

    def where(self, conditions: Optional[Mapping[str, Any]] = None, **columns: Any) -> "Experiment":
        """The runs whose columns in ``runs`` have a value, or one of several.

        ``e.where(method="fedavg", seed=[1, 2])``, ``e.where({"data.partition.beta": 0.1}, what_if=False)``.
        """
        runs = self.runs
        for name, wanted in {**(conditions or {}), **columns}.items():
            if name not in runs:
                raise FglError(f"there is no column '{name}' in runs; there are {', '.join(map(str, runs.columns))}")
            is_one = isinstance(wanted, str) or not isinstance(wanted, Iterable)
            runs = runs[runs[name].isin([wanted] if is_one else list(wanted))]
        return self._with(int(run) for run in runs["run_id"])

    def _with(self, runs: Iterable[int]) -> "Experiment":
        return Experiment(self.path, program=self._program, runs=runs)

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
        wide = frames.swept(differing)
        for key in wide.columns:
            if key not in frame:
                frame[key] = wide[key].reindex(frame["run_id"]).array
        return frame

    # What the program does

    def compare(self, target: Optional[float] = None, *, by: str = "variant") -> pd.DataFrame:
        """What each method costs and reaches, as ``fgl-sim compare`` has it.

        Args:
            target: an accuracy, a fraction: adds bytes and virtual time until it is first reached.
            by: ``"variant"``: a row per method and variant, means over seeds (``…_sd``: sample standard
                deviation); ``"run"``: a row per run.
        """
        if by not in ("variant", "run"):
            raise FglError(f"by is {by!r}; allowed are 'variant' and 'run'")
        if target is not None and not 0 <= target <= 1:
            raise FglError(f"target is {target}; it is a fraction from 0 to 1")
        arguments = ["compare", str(self.path), "--format", "json"]
        if target is not None:
            arguments += ["--target-accuracy", str(float(target))]
        rows = json.loads(child.call(find(self._program), arguments).stdout)
        table = comparison.typed(rows, target is not None)
        runs = self.runs
        table = table[table["run_id"].isin(runs["run_id"])].reset_index(drop=True)
        for key in frames.swept(self.settings).columns:
            if key not in table:
                table[key] = runs.set_index("run_id")[key].reindex(table["run_id"]).array
        return table if by == "run" else comparison.means(table)

    def what_if(
        self, *, set: Optional[Mapping[str, Any]] = None, train_missing: bool = False, jobs: Optional[int] = None,
        **short: Any
    ) -> "Experiment":
        """Re-times the recorded runs under other links or devices, without training.

        The new runs are added to the file; the result shows them alone. Short names: ``uplink``, ``downlink``,
        ``latency`` (of clients), ``server_uplink``, ``server_downlink``, ``device``, ``server_device``,
        ``slowdown``; every other key of a scenario goes into ``set``.

        Args:
            set: keys of the scenario with their values, as in :func:`fgl_sim.run`.
            train_missing: does the work that the file has no result of, instead of stopping there.
            jobs: worker threads.
        """
        unknown = [name for name in short if name not in _SHORT_KEYS]
        if unknown:
            raise FglError(f"what_if has no '{unknown[0]}'; it has {', '.join(_SHORT_KEYS)}, and set={{key: value}}")
        changes = {**{_SHORT_KEYS[name]: value for name, value in short.items()}, **(set or {})}
        if not changes:
            raise FglError("what_if needs a change, such as uplink='2Mbps' or set={'network.client.latency': '1s'}")
        extra = ["--train-missing"] if train_missing else []
        extra += [] if jobs is None else ["--jobs", str(jobs)]
        program = find(self._program)
        before = self._whole_recorded_runs()
        if not before:
            raise NothingToShow(f"{self.path} has no finished run to re-time")
        found: List[int] = []
        for run in [None] if self._chosen is None else before:
            found += self._replay(program, run, settings.options(changes) + extra)
        return self._with(found)

    def _whole_recorded_runs(self) -> List[int]:
        runs = self.runs
        chosen = runs[runs["status"].isin(WHOLE)]
        if self._chosen is None:
            chosen = chosen[~chosen["what_if"]]
        return [int(run) for run in chosen["run_id"]]

    def _replay(self, program: Path, run: Optional[int], arguments: Sequence[str]) -> List[int]:
        """Re-times one run or all, and returns the runs that show it."""
        earlier = {int(number) for number in self.sql("SELECT run_id FROM run")["run_id"]}
        only = [] if run is None else ["--run", str(run)]
        done = child.call(program, ["replay", str(self.path), *only, *arguments])
        now = [int(number) for number in self.sql("SELECT run_id FROM run ORDER BY run_id")["run_id"]]
        known = [int(number) for line in done.messages for number in _KNOWN_WHAT_IF.findall(line)]
        return known + [number for number in now if number not in earlier]

    # Figures and other programs

    @property
    def plot(self) -> "Plots":
        """Figures for papers; needs matplotlib."""
        from .plot import Plots

        return Plots(self)

    def to_parquet(self, folder: StrPath) -> List[Path]:
        """Writes every data frame into ``folder/<name>.parquet``; needs pyarrow."""
        from .export.parquet import write

        return write(self, Path(folder))

    def to_mlflow(self, uri: StrPath = "mlruns", *, experiment: Optional[str] = None) -> List[str]:
        """Logs every run into MLflow, once; needs mlflow.

        Args:
            uri: a folder, or any tracking URI (``http://…``, ``sqlite:///…``).
            experiment: its name in MLflow; default: the name of the file.

        Returns:
            MLflow's identities of the runs.
        """
        from .export.mlflow import log

        return log(self, uri, experiment or self.path.stem)

    def to_wandb(
        self, *, project: Optional[str] = None, mode: str = "offline", folder: StrPath = "."
    ) -> List[Path]:
        """Logs every run into Weights & Biases; needs wandb.

        Args:
            project: its name; default: the name of the file.
            mode: ``"offline"`` writes ``folder/wandb``, for ``wandb sync``; ``"online"`` sends.
            folder: where wandb keeps its files.

        Returns:
            The folders of the runs.
        """
        from .export.wandb import log

        return log(self, project or self.path.stem, mode, Path(folder))

    def __repr__(self) -> str:
        runs = self.runs
        counts = [(len(runs), "run"), (runs["method"].nunique(), "method"), (runs["seed"].nunique(), "seed")]
        parts = [f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in counts]
        what_ifs = int(runs["what_if"].sum())
        unfinished = int((~runs["status"].isin(WHOLE)).sum())
        parts += [f"{what_ifs} of them what-ifs"] if what_ifs else []
        parts += [f"{unfinished} not finished"] if unfinished else []
        return f"<Experiment {self.path}: {', '.join(parts)}>"


_KNOWN_WHAT_IF = re.compile(r"^run (\d+) of .* is this what-if already")


def open_experiment(path: StrPath, *, program: Optional[StrPath] = None) -> Experiment:
    """Opens a results file, also one that is being written.

    Raises:
        MissingFile: there is no such file (a ``FileNotFoundError``).
        FileError: it is not a results file, empty or damaged.
    """
    return Experiment(path, program=program)
