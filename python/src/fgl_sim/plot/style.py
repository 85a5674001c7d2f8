"""How figures look: one column of a paper, fonts that are embedded, colours that all readers tell apart."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, cast

import matplotlib
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, NullFormatter

#: Width of a column in inches: 3.33 at ACM, 3.5 at IEEE.
COLUMN = 3.4

# Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), without its yellow, which is faint on white.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_FILLED = "os^DvPX<>*phd"
_HOLLOW = "os^DvPX"
_LINES = ("-", "--", ":", "-.")

PARAMETERS: Any = {
    "font.size": 8, "axes.labelsize": 8, "axes.titlesize": 8, "xtick.labelsize": 7, "ytick.labelsize": 7,
    "legend.fontsize": 7, "legend.title_fontsize": 7, "legend.frameon": False, "lines.linewidth": 1.1,
    "lines.markersize": 4, "axes.linewidth": 0.6, "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "axes.axisbelow": True, "grid.color": "#dddddd", "grid.linewidth": 0.5,
    "figure.dpi": 150, "savefig.dpi": 300, "errorbar.capsize": 2,
}

# TrueType fonts in PDF and PostScript: publishers refuse matplotlib's default, Type 3.
FONTS: Any = {"pdf.fonttype": 42, "ps.fonttype": 42}


@contextmanager
def parameters(values: Any) -> Iterator[None]:
    """Matplotlib's parameters for a while.

    Not `matplotlib.rc_context`: it would also reset that a notebook shows figures, which is set when the
    first figure is made.
    """
    before = {name: matplotlib.rcParams[name] for name in values}
    matplotlib.rcParams.update(values)
    try:
        yield
    finally:
        matplotlib.rcParams.update(before)


class Style(NamedTuple):
    """Colour, marker and line of a method. Up to 20 markers differ, up to 140 pairs of colour and marker."""

    colour: str
    marker: str
    is_filled: bool
    line: str

    @property
    def keywords(self) -> Dict[str, Any]:
        """For ``Axes.plot`` and ``Axes.errorbar``."""
        return {
            "color": self.colour, "marker": self.marker, "markeredgecolor": self.colour, "markeredgewidth": 0.8,
            "markerfacecolor": self.colour if self.is_filled else "white",
        }


def style(index: int) -> Style:
    """The style of a figure's series by its number."""
    place = index % (len(_FILLED) + len(_HOLLOW))
    is_filled = place < len(_FILLED)
    marker = _FILLED[place] if is_filled else _HOLLOW[place - len(_FILLED)]
    return Style(_COLOURS[index % len(_COLOURS)], marker, is_filled, _LINES[index // len(_COLOURS) % len(_LINES)])


class PaperFigure(Figure):
    """A figure whose PDF has its fonts embedded as TrueType, however it is saved."""

    def savefig(self, *arguments: Any, **keywords: Any) -> None:
        """As ``Figure.savefig``."""
        with parameters(FONTS):
            super().savefig(*arguments, **keywords)


def axes(ax: Optional[Axes], height: float, legend: int) -> Axes:
    """The axes to draw into: those given, or those of a new figure.

    Args:
        ax: the caller's axes.
        height: of the plot in inches.
        legend: lines of the legend below it.
    """
    if ax is not None:
        return ax
    figure = plt.figure(
        figsize=(COLUMN, height + 0.165 * legend), layout="constrained", FigureClass=PaperFigure)
    return figure.add_subplot()


def log_axis(ax: Axes, unit: str) -> None:
    """A log scale for x with a few plain numbers; call it when everything is drawn.

    Args:
        unit: ``B`` for bytes with prefixes, ``s`` for seconds.
    """
    ax.set_xscale("log")
    low, high = ax.get_xlim()
    is_narrow = high / max(low, 1e-300) < 50
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if is_narrow else (1,), numticks=6))
    ax.xaxis.set_minor_formatter(NullFormatter())
    if unit == "B":
        ax.xaxis.set_major_formatter(EngFormatter(unit="B"))
    elif is_narrow:
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def legend_columns(labels: List[str]) -> int:
    """How many columns a legend below a plot has."""
    longest = max((len(label) for label in labels), default=0)
    return 3 if longest <= 14 and len(labels) > 2 else 2 if longest <= 28 else 1


def legend_lines(labels: List[str], has_title: bool) -> int:
    """How many lines it has."""
    return -(-len(labels) // legend_columns(labels)) + (1 if has_title else 0)


def legend(ax: Axes, is_own: bool, title: str, lines: List[Any], labels: List[str]) -> None:
    """Adds the legend: below the plot in a figure of this package, inside the caller's axes."""
    if not labels:
        return
    if is_own:
        figure = cast(Figure, ax.figure)
        figure.legend(
            lines, labels, loc="outside lower center", ncols=legend_columns(labels), title=title or None,
            handlelength=2.2, columnspacing=1.2, labelspacing=0.3)
    else:
        ax.legend(lines, labels, title=title or None)
