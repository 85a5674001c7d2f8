"""Runs in MLflow."""

from __future__ import annotations

import logging
import math
import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, List

from ..errors import FglError, missing
from ..program import StrPath
from .records import RunRecord, records

if TYPE_CHECKING:
    from ..experiment import Experiment

LOGGER = logging.getLogger("fgl_sim")

_IDENTITY = "fgl_sim.run"
# What is a tracking URI and not a folder.
_URI = re.compile(r".*://|file:|(databricks|uc)(:|$)")


def log(experiment: "Experiment", uri: StrPath, name: str) -> List[str]:
    """Logs the runs that MLflow's experiment does not have yet; returns the identities of all."""
    text = os.fspath(uri)
    if not _URI.match(text):
        text = Path(text).expanduser().absolute().as_uri()
    with _file_store_allowed(text.startswith("file:")):
        try:
            from mlflow.exceptions import MlflowException
            from mlflow.tracking import MlflowClient
        except ImportError as error:
            raise missing("mlflow", "mlflow", "to_mlflow") from error
        try:
            client = MlflowClient(tracking_uri=text)
            found = client.get_experiment_by_name(name)
            place = found.experiment_id if found is not None else client.create_experiment(name)
            return [_logged(client, place, record) for record in _whole(experiment)]
        except (MlflowException, OSError) as error:
            raise FglError(f"{uri}: MLflow says: {error}") from error


def _whole(experiment: "Experiment") -> List[RunRecord]:
    """The runs that have come to their end: only these have an identity, and will not change."""
    every = list(records(experiment))
    whole = [record for record in every if record.status in ("finished", "diverged")]
    if len(whole) < len(every):
        number = len(every) - len(whole)
        LOGGER.warning("%s: %d of %d runs are not finished, and are not logged", experiment.path, number, len(every))
    return whole


@contextmanager
def _file_store_allowed(is_folder: bool) -> Iterator[None]:
    """MLflow 3.7 and later writes into a folder only where this variable says so."""
    variable = "MLFLOW_ALLOW_FILE_STORE"
    before = os.environ.get(variable)
    if is_folder:
        os.environ[variable] = "true"
    try:
        yield
    finally:
        if is_folder:
            if before is None:
                del os.environ[variable]
            else:
                os.environ[variable] = before


def _logged(client: Any, experiment: str, record: RunRecord) -> str:
    """MLflow's identity of a run, which is logged if it is not there."""
    from mlflow.entities import Metric, Param, RunTag

    known = client.search_runs([experiment], f"tags.`{_IDENTITY}` = '{record.identity}'", max_results=1)
    if known:
        return str(known[0].info.run_id)
    start = int(record.started.timestamp() * 1000)
    run = client.create_run(experiment, start_time=start, run_name=f"{record.label}, seed {record.parameters['seed']}")
    identity = str(run.info.run_id)
    # MLflow's time of a metric: the run's start and the virtual time since then.
    metrics = [
        Metric(name.replace("%", "percent"), value, start + int(step.t * 1000), step.round)
        for step in record.steps for name, value in step.values.items() if math.isfinite(value)
    ]
    last = start + int(record.summary.get("virtual_s", 0) * 1000)
    metrics += [
        Metric(f"run.{name}", value, last, 0) for name, value in record.summary.items() if math.isfinite(value)
    ]
    parameters = [Param(name, str(value)[:500]) for name, value in record.parameters.items()]
    tags = [RunTag(f"fgl_sim.{name}", value[:5000]) for name, value in record.tags.items()]
    # MLflow takes at most 1,000 metrics and 100 parameters at once.
    for index in range(0, max(1, len(metrics)), 900):
        client.log_batch(identity, metrics=metrics[index:index + 900])
    for index in range(0, len(parameters), 90):
        client.log_batch(identity, params=parameters[index:index + 90])
    client.log_batch(identity, tags=[*tags, RunTag(_IDENTITY, record.identity)])
    end = None if str(record.finished) == "NaT" else int(record.finished.timestamp() * 1000)
    client.set_terminated(identity, "FINISHED", end)
    return identity
