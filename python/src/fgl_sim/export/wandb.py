"""Runs in Weights & Biases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, List

from ..errors import FglError, missing
from .records import RunRecord, records

if TYPE_CHECKING:
    from ..experiment import Experiment


def log(experiment: "Experiment", project: str, mode: str, folder: Path) -> List[Path]:
    """Logs the runs; returns their folders."""
    if mode not in ("offline", "online", "disabled"):
        raise FglError(f"mode is {mode!r}; allowed are 'offline', 'online' and 'disabled'")
    try:
        import wandb  # noqa: F401
    except ImportError as error:
        raise missing("wandb", "wandb", "to_wandb") from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FglError(f"{folder}: cannot be written: {error.strerror or error}") from error
    return [_logged(record, project, mode, folder) for record in records(experiment)]


def _logged(record: RunRecord, project: str, mode: Any, folder: Path) -> Path:
    import wandb

    config = {name: getattr(value, "item", lambda v=value: v)() for name, value in record.parameters.items()}
    run = wandb.init(
        project=project, mode=mode, dir=str(folder), name=f"{record.label}, seed {record.parameters['seed']}",
        group=record.label, config={**config, **record.tags}, settings=wandb.Settings(console="off", silent=True),
        reinit="create_new")
    try:
        for step in record.steps:
            run.log({**step.values, "round": step.round, "virtual_s": step.t})
        run.summary.update({f"run.{name}": value for name, value in record.summary.items()})
        return Path(run.dir).parent
    finally:
        run.finish(exit_code=0 if record.status in ("finished", "diverged") else 1)
