"""A run as parameters, tags and steps, the form in which trackers take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterator, List, NamedTuple

import pandas as pd

if TYPE_CHECKING:
    from ..experiment import Experiment


class Step(NamedTuple):
    """What was measured of the global model at one time."""

    round: int
    t: float
    values: Dict[str, float]


class RunRecord(NamedTuple):
    """A run for a tracker."""

    run_id: int
    label: str
    identity: str
    status: str
    started: pd.Timestamp
    finished: Any
    parameters: Dict[str, Any]
    tags: Dict[str, str]
    summary: Dict[str, float]
    steps: List[Step]


_SUMMARY = ("uplink_bytes", "downlink_bytes", "virtual_s", "wall_s", "best_accuracy", "final_accuracy", "rounds")


def records(experiment: "Experiment") -> Iterator[RunRecord]:
    """The runs in the order of the file. Values that are not numbers are left out: trackers refuse them."""
    runs = experiment.runs
    keys = sorted(experiment.settings["key"].unique())
    accuracy, metrics = experiment.accuracy, experiment.metrics
    for _, run in runs.iterrows():
        run_id = int(run["run_id"])
        parameters = {name: run[name] for name in ("name", "method", "seed", "clients", "variant", "what_if")}
        parameters.update({key: run[key] for key in keys if pd.notna(run[key])})
        tags = {
            name: str(run[name])
            for name in ("status", "origin", "log_sha256", "model_sha256", "build", "error", "parent_run_id")
            if pd.notna(run[name])
        }
        summary = {name: float(run[name]) for name in _SUMMARY if pd.notna(run[name])}
        yield RunRecord(
            run_id, str(run["label"]), f"{run['log_sha256']} {run_id}", str(run["status"]), run["started_at"],
            run["finished_at"], parameters, tags, summary,
            _steps(accuracy[accuracy["run_id"] == run_id], metrics[metrics["run_id"] == run_id]))


def _steps(accuracy: pd.DataFrame, metrics: pd.DataFrame) -> List[Step]:
    """Evaluations of the global model with bytes until then, and its other metrics by round."""
    steps: Dict[int, Step] = {}
    for _, row in accuracy.iterrows():
        number = 0 if pd.isna(row["round"]) else int(row["round"])
        step = steps.setdefault(number, Step(number, float(row["t"]), {}))
        step.values.update(uplink_bytes=float(row["uplink_bytes"]), downlink_bytes=float(row["downlink_bytes"]))
        if pd.notna(row["value"]):
            step.values["accuracy"] = float(row["value"])
    whole = metrics[metrics["client_id"].isna() & metrics["value"].notna()]
    for _, row in whole.iterrows():
        if row["split"] == "test" and row["name"] == "accuracy":
            continue
        number = 0 if pd.isna(row["round"]) else int(row["round"])
        step = steps.setdefault(number, Step(number, float(row["t"]), {}))
        name = row["name"] if row["split"] == "test" else f"{row['split']}.{row['name']}"
        step.values[str(name)] = float(row["value"])
    return [steps[number] for number in sorted(steps)]
