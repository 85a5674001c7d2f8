"""What a figure draws: runs that differ in their seed alone, and their means."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, List, NamedTuple

import pandas as pd

from .. import frames
from ..errors import NothingToShow

if TYPE_CHECKING:
    from ..experiment import Experiment


class Series(NamedTuple):
    """The runs of a method and variant."""

    label: str
    place: int
    runs: List[int]
    seeds: int
    diverged: int

    @property
    def text(self) -> str:
        """For the legend; says how many runs diverged."""
        if not self.diverged:
            return self.label
        if self.diverged == len(self.runs):
            return f"{self.label} (diverged)"
        return f"{self.label} ({self.diverged} of {len(self.runs)} diverged)"


def counted(experiment: "Experiment", unfinished: bool) -> pd.DataFrame:
    """The runs that a figure shows: whole ones, each seed once; with ``unfinished`` the others too.

    Raises:
        NothingToShow: there is none.
    """
    runs = experiment.runs
    chosen = runs[runs["repeats"].isna()]
    if not unfinished:
        chosen = chosen[chosen["status"].isin(("finished", "diverged"))]
    if len(chosen) == 0:
        hint = "" if unfinished or len(runs) == 0 else "; unfinished=True shows the others"
        raise NothingToShow(f"{experiment.path} has no finished run{hint}")
    return chosen


def series(runs: pd.DataFrame) -> List[Series]:
    """Runs with equal name, method and variant, in the order of the file."""
    found = []
    common = _common_words([str(name) for name in runs["name"].unique()])
    groups = runs.groupby(["name", "method", "variant"], sort=False)
    for index, ((name, method, variant), group) in enumerate(groups):
        parts = [str(method), str(name)[common:], str(variant)]
        found.append(Series(
            ", ".join(part for part in parts if part), index, [int(run) for run in group["run_id"]],
            int(group["seed"].nunique()), int((group["status"] == "diverged").sum())))
    return found


def _common_words(names: List[str]) -> int:
    """How many characters of the names are the same words; all of a single name."""
    if len(names) == 1:
        return len(names[0])
    beginning = os.path.commonprefix(names)
    return beginning.rfind(" ") + 1


def seeds_text(drawn: List[Series]) -> str:
    """What a band or bar shows, for the legend; empty where there is one seed."""
    numbers = [entry.seeds for entry in drawn]
    if not numbers or max(numbers) < 2:
        return ""
    text = f"{max(numbers)}" if min(numbers) == max(numbers) else f"{min(numbers)} to {max(numbers)}"
    return f"mean ± standard deviation, {text} seeds"


def curve(frame: pd.DataFrame, own: Series, x: str, y: str) -> pd.DataFrame:
    """Means over seeds by round: columns ``x``, ``y``, ``sd`` (0 for one seed), in the order of rounds.

    Seeds move slightly different numbers of bytes in a round, so x is a mean too. Values that are not a
    number count for nothing.
    """
    rows = frame[frame["run_id"].isin(own.runs)]
    rows = rows.assign(step=numbered(rows))
    rows = rows[rows[y].notna()]
    grouped = rows.groupby("step", sort=True)
    return pd.DataFrame({
        "x": grouped[x].mean().astype("float64"), "y": grouped[y].mean().astype("float64"),
        "sd": grouped[y].std(ddof=1).astype("float64").fillna(0.0),
    }).reset_index(drop=True)


def numbered(rows: pd.DataFrame) -> "pd.Series[Any]":
    """The round of each row; its position in the run, where a run has no rounds."""
    position = rows.groupby("run_id").cumcount() + 1
    return rows["round"].astype("float64").fillna(position.astype("float64"))


def scenario_names(experiment: "Experiment", runs: pd.DataFrame) -> "pd.Series[Any]":
    """The name of each run's scenario, which all of a sweep's runs share."""
    rows = experiment.sql(
        "SELECT run_id, value FROM run_identity JOIN setting USING (settings_sha256) WHERE key = 'name'")
    known = {int(run): frames.unquoted(str(value)) for run, value in zip(rows["run_id"], rows["value"])}
    names = [known.get(int(run), str(name)) for run, name in zip(runs["run_id"], runs["name"])]
    return pd.Series(names, index=runs.index, dtype="object")


def by_other_settings(runs: pd.DataFrame, others: List[str], key: str) -> List[Series]:
    """Runs of one scenario and method that differ in one key and their seed alone.

    Runs that differ in other keys too are series of their own, with these keys in their label, and so are those
    of several scenarios. A what-if counts for nothing where the same run was really made.
    """
    varied = [name for name in others if runs[name].astype("object").fillna("").nunique() > 1]
    labels = runs["method"].astype("object")
    if runs["scenario"].nunique() > 1:
        labels = labels + ", " + runs["scenario"]
    for name in varied:
        labels = labels + runs[name].map(lambda value, key=name: "" if pd.isna(value) else f", {key}={value}")
    chosen = runs.assign(series=labels).sort_values(["what_if", "run_id"])
    chosen = chosen.drop_duplicates(["series", key, "seed"]).sort_values("run_id")
    return [
        Series(str(label), place, [int(run) for run in group["run_id"]], int(group["seed"].nunique()),
               int((group["status"] == "diverged").sum()))
        for place, (label, group) in enumerate(chosen.groupby("series", sort=False))
    ]


_UNITS = {
    prefix + unit: factor for unit in ("bps", "B", "B/s", "FLOPS", "FLOP")
    for prefix, factor in (("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("P", 1e15))
}
_UNITS.update({"KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0,
               "h": 3600.0, "d": 86400.0})


def in_order(values: List[Any]) -> List[Any]:
    """Quantities such as `20Mbps` by their size; other values as they come."""
    found = [re.fullmatch(r"([\d.]+) ?([A-Za-z/]+)", str(value)) for value in values]
    if not all(match and match.group(2) in _UNITS for match in found):
        return values
    sizes = [float(match.group(1)) * _UNITS[match.group(2)] for match in found if match]
    return [value for _, value in sorted(zip(sizes, values))]


def spread(values: Any) -> "tuple[float, float]":
    """Mean and sample standard deviation; 0 for one value."""
    numbers = pd.Series(values, dtype="float64").dropna()
    deviation = float(numbers.std(ddof=1)) if len(numbers) > 1 else 0.0
    return (float(numbers.mean()) if len(numbers) else float("nan")), deviation
