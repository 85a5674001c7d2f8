"""Figures with a row per method and points on a log scale."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, List, NamedTuple, Optional, Tuple

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from ..errors import NothingToShow
from . import style
from .series import Series, counted, seeds_text, series, spread

if TYPE_CHECKING:
    from ..experiment import Experiment


class _Mark(NamedTuple):
    """How one quantity is drawn."""

    name: str
    colour: str
    marker: str
    offset: float


_UP = _Mark("uplink", "#0072B2", "^", 0.16)
_DOWN = _Mark("downlink", "#D55E00", "v", -0.16)
_ONE = _Mark("", "#0072B2", "o", 0.0)


def moved_bytes(experiment: "Experiment", ax: Optional[Axes], unfinished: bool) -> Axes:
    """Bytes up and down by method."""
    runs = counted(experiment, unfinished)
    drawn = series(runs)
    plot = _Rows(drawn, ax, 2)
    for row, own in enumerate(drawn):
        mine = runs[runs["run_id"].isin(own.runs)]
        plot.add(row, _UP, spread(mine["uplink_bytes"]), "0 B")
        plot.add(row, _DOWN, spread(mine["downlink_bytes"]), "0 B")
    plot.ax.set_xlabel("bytes moved, all clients (log scale)")
    return plot.finish("B", [_UP, _DOWN])


def to_target(experiment: "Experiment", target: float, column: str, ax: Optional[Axes], unfinished: bool) -> Axes:
    """Time or bytes until an accuracy by method."""
    runs = counted(experiment, unfinished)
    table = experiment.compare(target, by="run")
    if not table["target_s"].notna().any():
        raise NothingToShow(f"{experiment.path}: no run reaches an accuracy of {target}")
    drawn = series(runs)
    plot = _Rows(drawn, ax, 1)
    for row, own in enumerate(drawn):
        values = table[table["run_id"].isin(own.runs)][column]
        reached = int(values.notna().sum())
        note = "not reached" if reached == 0 else "0 B"
        plot.add(row, _ONE, spread(values.astype("Float64").astype("float64")), note)
        if 0 < reached < len(own.runs):
            plot.note(row, f"{reached} of {len(own.runs)} seeds")
    is_time = column == "target_s"
    what, unit = ("virtual time", "s") if is_time else ("uplink of all clients", "bytes")
    plot.ax.set_xlabel(f"{what} until {target * 100:.4g} % accuracy\n({unit}, log scale)")
    return plot.finish("s" if is_time else "B", [])


class _Rows:
    """Axes with a row per series, the first on top."""

    def __init__(self, drawn: List[Series], ax: Optional[Axes], marks: int) -> None:
        self._is_own = ax is None
        self._title = seeds_text(drawn)
        self._zeros: List[Tuple[int, _Mark, str]] = []
        self._notes: List[Tuple[int, str]] = []
        self._values: List[float] = []
        lines = 1 + bool(self._title)
        self.ax = style.axes(ax, 0.6 + (0.15 + 0.06 * marks) * len(drawn), lines)
        self.ax.set_yticks(range(len(drawn)), [own.text for own in drawn])
        self.ax.set_ylim(len(drawn) - 0.4, -0.6)
        self.ax.set_xscale("log")

    def add(self, row: int, mark: _Mark, value: Tuple[float, float], name_of_nothing: str) -> None:
        """A point with a bar of one standard deviation; a word where there is none or zero."""
        mean, deviation = value
        if not mean > 0:
            self._zeros.append((row, mark, name_of_nothing))
            return
        # On a log scale the lower end of a bar has to stay above zero.
        low = min(deviation, mean * 0.9)
        self._values += [mean - low, mean + deviation]
        bars: Any = [[low], [deviation]] if deviation > 0 else None
        self.ax.errorbar(
            [mean], [row - mark.offset], xerr=bars, color=mark.colour, marker=mark.marker, linestyle="None",
            markersize=4.5, elinewidth=0.8)

    def note(self, row: int, text: str) -> None:
        """A remark at the right end of a row."""
        self._notes.append((row, text))

    def finish(self, unit: str, marks: List[_Mark]) -> Axes:
        """Limits, ticks, words and legend."""
        if self._values:
            low = 10 ** (math.floor(math.log10(min(self._values))) - (0.6 if self._zeros else 0.1))
            high = 10 ** (math.ceil(math.log10(max(self._values)) + 1e-9) + 0.1)
            self.ax.set_xlim(low, high)
        transform = self.ax.get_yaxis_transform()
        for row, mark, word in self._zeros:
            self.ax.text(0.015, row - mark.offset, word, transform=transform, va="center", fontsize=6.5,
                         color=mark.colour)
        for row, text in self._notes:
            self.ax.text(0.995, row - 0.05, text, transform=transform, va="bottom", ha="right", fontsize=6.5)
        style.log_axis(self.ax, unit)
        self.ax.xaxis.set_minor_locator(NullLocator())
        lines: List[Any] = [
            Line2D([], [], color=mark.colour, marker=mark.marker, linestyle="None") for mark in marks]
        names = [mark.name for mark in marks]
        if self._title and not marks:
            lines, names = [Line2D([], [], color=_ONE.colour, marker="o")], [self._title]
            self._title = ""
        style.legend(self.ax, self._is_own, self._title, lines, names)
        return self.ax
