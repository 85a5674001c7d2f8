"""Who holds which classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, cast

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..errors import NothingToShow
from . import style

if TYPE_CHECKING:
    from ..experiment import Experiment


def label_skew(experiment: "Experiment", run_id: Optional[int], ax: Optional[Axes]) -> Axes:
    """Samples by client and class as a heat map, in cividis, which colour-blind readers see alike."""
    labels = experiment.labels
    if len(labels) == 0 or (run_id is not None and not (labels["run_id"] == run_id).any()):
        which = "" if run_id is None else f" of run {run_id}"
        raise NothingToShow(f"{experiment.path} does not say which classes the clients{which} hold")
    chosen = int(labels["run_id"].iloc[0]) if run_id is None else run_id
    mine = labels[labels["run_id"] == chosen]
    table = mine.pivot(index="label", columns="client_id", values="samples").fillna(0)
    clients = int(mine["client_id"].max()) + 1
    table = table.reindex(columns=range(clients), fill_value=0)
    names = mine.drop_duplicates("label").set_index("label")["class"].reindex(table.index)
    ax = style.axes(ax, 0.7 + 0.14 * min(len(table), 30), 0)
    image = ax.imshow(table.to_numpy(dtype=float), cmap="cividis", aspect="auto", interpolation="nearest", vmin=0)
    ax.grid(False)
    if len(table) <= 30:
        ax.set_yticks(range(len(table)), [str(name) for name in names])
    else:
        ax.set_ylabel("class")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("client")
    cast(Figure, ax.figure).colorbar(image, ax=ax, label="samples")
    return ax
