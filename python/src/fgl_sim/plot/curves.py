"""Figures with a line per method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..errors import NothingToShow
from . import style
from .series import (
    Series, by_other_settings, counted, curve, in_order, numbered, scenario_names, seeds_text, series, spread,
)

if TYPE_CHECKING:
    from ..experiment import Experiment

_HEIGHT = 2.1


def accuracy_vs_bytes(experiment: "Experiment", both: bool, ax: Optional[Axes], unfinished: bool) -> Axes:
    """Accuracy against uplink bytes, or those of both directions."""
    column = "bytes" if both else "uplink_bytes"
    plot = _Plot(experiment, ax, unfinished)
    for own in plot.series:
        points = curve(plot.accuracy, own, column, "value")
        plot.draw(own, points, is_log=True, name_of_zero="0 B")
    style.log_axis(plot.ax, "B")
    plot.ax.set_xlabel(f"{'uplink and downlink' if both else 'uplink'}, all clients (bytes, log scale)")
    return plot.finish()


def accuracy_vs_time(experiment: "Experiment", log: bool, ax: Optional[Axes], unfinished: bool) -> Axes:
    """Accuracy against virtual time."""
    plot = _Plot(experiment, ax, unfinished)
    for own in plot.series:
        plot.draw(own, curve(plot.accuracy, own, "t", "value"), is_log=log, name_of_zero="0 s")
    if log:
        style.log_axis(plot.ax, "s")
    plot.ax.set_xlabel(f"virtual time (s{', log scale' if log else ''})")
    return plot.finish()


def accuracy_vs_rounds(experiment: "Experiment", ax: Optional[Axes], unfinished: bool) -> Axes:
    """Accuracy after each round."""
    plot = _Plot(experiment, ax, unfinished)
    for own in plot.series:
        rows = plot.accuracy
        rows = rows.assign(number=numbered(rows))
        plot.draw(own, curve(rows, own, "number", "value"))
    plot.ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    plot.ax.set_xlabel("round (centralized: epoch)" if "centralized" in experiment.methods else "round")
    return plot.finish()


def participants(experiment: "Experiment", ax: Optional[Axes], unfinished: bool) -> Axes:
    """Updates that counted, by round."""
    runs = counted(experiment, unfinished)
    rows = experiment.participants
    rows = rows[rows["run_id"].isin(runs["run_id"]) & rows["updates"].notna() & rows["round"].notna()]
    if len(rows) == 0:
        raise NothingToShow(f"{experiment.path}: the runs have no rounds with participants")
    drawn = [own for own in series(runs) if rows["run_id"].isin(own.runs).any()]
    plot = _Plot(experiment, ax, unfinished, drawn)
    for own in drawn:
        plot.draw(own, curve(rows, own, "round", "updates"))
    plot.ax.set_ylim(bottom=0)
    plot.ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    plot.ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    plot.ax.set_xlabel("round")
    plot.ax.set_ylabel("updates in the round")
    return plot.finish(is_accuracy=False)


def by_setting(experiment: "Experiment", key: str, y: str, ax: Optional[Axes], unfinished: bool) -> Axes:
    """A column of the runs against a swept key, a line per method."""
    runs = counted(experiment, unfinished)
    keys = list(experiment.settings["key"].unique())
    if key not in keys:
        listed = ", ".join(keys) if keys else "none"
        raise NothingToShow(f"{experiment.path}: the runs do not differ in '{key}'; they differ in: {listed}")
    if y not in runs or not pd.api.types.is_numeric_dtype(runs[y]):
        raise NothingToShow(f"there is no column of numbers '{y}' in runs")
    runs = runs[runs[key].notna()]
    if not runs[y].notna().any():
        raise NothingToShow(f"{experiment.path}: no run has a value of '{y}'")
    is_number = pd.api.types.is_numeric_dtype(runs[key]) and not pd.api.types.is_bool_dtype(runs[key])
    order = sorted(runs[key].unique()) if is_number else in_order(list(runs[key].unique()))
    runs = runs.assign(scenario=scenario_names(experiment, runs))
    methods = by_other_settings(runs, [name for name in keys if name != key and name in runs], key)
    plot = _Plot(experiment, ax, unfinished, methods)
    for own in methods:
        mine = runs[runs["run_id"].isin(own.runs)]
        pairs = [(place if not is_number else float(value), *spread(mine[mine[key] == value][y]))
                 for place, value in enumerate(order)]
        plot.draw_bars(own, pd.DataFrame(pairs, columns=["x", "y", "sd"]).dropna())
    if not is_number:
        plot.ax.set_xticks(range(len(order)), [str(value) for value in order])
        plot.ax.set_xlim(-0.3, len(order) - 0.7)
    is_log = is_number and min(order) > 0 and max(order) / min(order) >= 20
    if is_log:
        plot.ax.set_xscale("log")
    if is_number and len(order) <= 8:
        plot.ax.set_xticks(order, [f"{value:g}" for value in order])
        plot.ax.minorticks_off()
    plot.ax.set_xlabel(f"{key}{' (log scale)' if is_log else ''}")
    plot.ax.set_ylabel(y.replace("_", " "))
    return plot.finish(is_accuracy=y.endswith("accuracy"), name=y.replace("_", " "))


class _Plot:
    """Axes with a line per series, and the legend."""

    def __init__(
        self, experiment: "Experiment", ax: Optional[Axes], unfinished: bool, drawn: Optional[List[Series]] = None
    ) -> None:
        self._is_own = ax is None
        if drawn is None:
            runs = counted(experiment, unfinished)
            rows = experiment.accuracy
            self.accuracy = rows[rows["run_id"].isin(runs["run_id"])]
            if not self.accuracy["value"].notna().any():
                raise NothingToShow(f"{experiment.path}: no run has an accuracy (training: none, or diverged)")
            measured = self.accuracy[self.accuracy["value"].notna()]["run_id"]
            drawn = [own for own in series(runs) if measured.isin(own.runs).any() or own.diverged]
        self.series = drawn
        self._title = seeds_text(drawn)
        # In the order of the file; matplotlib's own order puts points with bars last.
        self._handles: Dict[str, Any] = {}
        lines = style.legend_lines([own.text for own in drawn], bool(self._title))
        self.ax = style.axes(ax, _HEIGHT, lines)

    def draw(self, own: Series, points: pd.DataFrame, is_log: bool = False, name_of_zero: str = "") -> None:
        """A line with a band; a horizontal one where x is zero on a log scale; a point with a bar."""
        look = style.style(own.place)
        if is_log:
            positive = points[points["x"] > 0]
            if len(positive) == 0 and len(points) > 0:
                self._draw_level(own, points, name_of_zero)
                return
            points = positive
        if len(points) <= 1:
            self.draw_bars(own, points)
            return
        # Markers at about eight places, not the same for all lines, so that lines that coincide are seen.
        every = max(1, len(points) // 8)
        places = sorted({0, len(points) - 1, *range(own.place % every, len(points), every)})
        (self._handles[own.text],) = self.ax.plot(
            points["x"], points["y"], linestyle=look.line, label=own.text, markevery=places, **look.keywords)
        if (points["sd"] > 0).any():
            low, high = points["y"] - points["sd"], points["y"] + points["sd"]
            self.ax.fill_between(points["x"], low, high, color=look.colour, alpha=0.18, linewidth=0)

    def draw_bars(self, own: Series, points: pd.DataFrame) -> None:
        """Points with bars, joined by a line."""
        look = style.style(own.place)
        deviation: Any = points["sd"] if (points["sd"] > 0).any() else None
        self._handles[own.text] = self.ax.errorbar(
            points["x"], points["y"], yerr=deviation, linestyle=look.line, elinewidth=0.8, label=own.text,
            zorder=3, **look.keywords)

    def _draw_level(self, own: Series, points: pd.DataFrame, name_of_zero: str) -> None:
        """The last value as a horizontal line, for what a log scale cannot show."""
        look = style.style(own.place)
        last = points.iloc[-1]
        keywords = {**look.keywords, "marker": "None"}
        label = f"{own.text} ({name_of_zero})"
        self._handles[label] = self.ax.axhline(last["y"], linestyle="--", label=label, **keywords)
        if last["sd"] > 0:
            self.ax.axhspan(last["y"] - last["sd"], last["y"] + last["sd"], color=look.colour, alpha=0.12, linewidth=0)

    def finish(self, is_accuracy: bool = True, name: str = "test accuracy") -> Axes:
        """Names the accuracy axis and adds the legend."""
        if is_accuracy:
            self.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.4g} %"))
            self.ax.set_ylabel(name)
            low, high = self.ax.get_ylim()
            self.ax.set_ylim(max(low, -0.02), min(high, 1.02))
        style.legend(self.ax, self._is_own, self._title, list(self._handles.values()), list(self._handles))
        return self.ax


