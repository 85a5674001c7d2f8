"""A results file: its data frames, comparisons, what-ifs, figures, exports."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterable, List, Mapping, Optional, Sequence

import pandas as pd

from . import child, comparison, settings
from .errors import FglError, NothingToShow
from .program import StrPath, find
from .tables import Tables

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


class Experiment(Tables):
    """The runs of a results file, or some of them.

    The file is only read, and may be written by a run at the same time: a data frame is read anew when the
    file has changed. Frames other than ``runs`` have the columns ``method``, ``seed``, ``variant`` and
    ``what_if`` of their run, and every frame has a column for each key in which the runs of one scenario differ.

    Args:
        path: the results file.
        program: for ``compare`` and ``what_if``; found as in :func:`fgl_sim.run` where not given.
    """

    def __init__(
        self, path: StrPath, *, program: Optional[StrPath] = None, runs: Optional[Iterable[int]] = None
    ) -> None:
        super().__init__(path, runs)
        self._program = program

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
        keys = sorted(self.settings["key"].unique())
        table = table.drop(columns=[name for name in table if "." in str(name) and name not in keys])
        # The program has them as texts of YAML.
        for key in keys:
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
        twice = [name for name in short if _SHORT_KEYS[name] in (set or {})]
        if twice:
            raise FglError(f"{twice[0]} and set say '{_SHORT_KEYS[twice[0]]}' both; it has one value")
        changes = {**{_SHORT_KEYS[name]: value for name, value in short.items()}, **(set or {})}
        if not changes:
            raise FglError("what_if needs a change, such as uplink='2Mbps' or set={'network.client.latency': '1s'}")
        extra = ["--train-missing"] if train_missing else []
        extra += settings.jobs_option(jobs)
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
        # What-ifs are re-timed again only where nothing else was asked for.
        if self._chosen is None or not chosen["what_if"].all():
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

        return write(self, Path(folder).expanduser())

    def to_mlflow(self, uri: StrPath = "mlruns", *, experiment: Optional[str] = None) -> List[str]:
        """Logs every run that has come to its end into MLflow, once; needs mlflow.

        Args:
            uri: a folder, or any tracking URI (``http://…``, ``sqlite:///…``, ``databricks``).
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

        return log(self, project or self.path.stem, mode, Path(folder).expanduser())

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
