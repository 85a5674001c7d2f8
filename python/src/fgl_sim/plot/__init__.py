"""Figures for papers, with matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Callable, Optional

from ..errors import FglError, missing
from ..program import StrPath

try:
    import matplotlib  # noqa: F401
except ImportError as error:
    raise missing("matplotlib", "plot", "e.plot") from error

from matplotlib.axes import Axes

from . import curves, dots, skew, style

if TYPE_CHECKING:
    from ..experiment import Experiment


class Plots:
    """The figures of an experiment. Every method returns matplotlib's Axes; ``.figure`` is the figure.

    Lines and points are means over seeds, bands and bars one standard deviation (the sample's). Each method
    has a colour and a marker of its own. Figures are as wide as one column and keep their fonts in PDF.

    All take ``save``, a path such as ``figure.pdf``; ``ax``, axes to draw into; and ``unfinished=True``, which
    shows runs that have not come to their end, too.
    """

    def __init__(self, experiment: "Experiment") -> None:
        self._experiment = experiment

    def accuracy_vs_uplink(
        self, *, both: bool = False, save: Optional[StrPath] = None, ax: Optional[Axes] = None,
        unfinished: bool = False
    ) -> Axes:
        """Test accuracy against the bytes that clients have sent, on a log scale: the paper's first figure.

        Methods that send nothing are horizontal lines.

        Args:
            both: counts the bytes of both directions.
        """
        return self._draw(lambda: curves.accuracy_vs_bytes(self._experiment, both, ax, unfinished), save)

    def accuracy_vs_time(
        self, *, log: bool = True, save: Optional[StrPath] = None, ax: Optional[Axes] = None,
        unfinished: bool = False
    ) -> Axes:
        """Test accuracy against virtual time.

        Args:
            log: whether time is on a log scale.
        """
        return self._draw(lambda: curves.accuracy_vs_time(self._experiment, log, ax, unfinished), save)

    def accuracy_vs_rounds(
        self, *, save: Optional[StrPath] = None, ax: Optional[Axes] = None, unfinished: bool = False
    ) -> Axes:
        """Test accuracy after each round; epochs, where a method has no rounds."""
        return self._draw(lambda: curves.accuracy_vs_rounds(self._experiment, ax, unfinished), save)

    def participants(
        self, *, save: Optional[StrPath] = None, ax: Optional[Axes] = None, unfinished: bool = False
    ) -> Axes:
        """Clients whose updates counted, by round."""
        return self._draw(lambda: curves.participants(self._experiment, ax, unfinished), save)

    def bytes(
        self, *, save: Optional[StrPath] = None, ax: Optional[Axes] = None, unfinished: bool = False
    ) -> Axes:
        """Bytes moved up and down, a line per method, on a log scale."""
        return self._draw(lambda: dots.moved_bytes(self._experiment, ax, unfinished), save)

    def time_to_accuracy(
        self, target: float, *, save: Optional[StrPath] = None, ax: Optional[Axes] = None, unfinished: bool = False
    ) -> Axes:
        """Virtual time until an accuracy, a fraction, is first reached. Calls ``fgl-sim compare``."""
        return self._draw(lambda: dots.to_target(self._experiment, target, "target_s", ax, unfinished), save)

    def bytes_to_accuracy(
        self, target: float, *, save: Optional[StrPath] = None, ax: Optional[Axes] = None, unfinished: bool = False
    ) -> Axes:
        """Uplink bytes until an accuracy, a fraction, is first reached. Calls ``fgl-sim compare``."""
        return self._draw(
            lambda: dots.to_target(self._experiment, target, "target_uplink_bytes", ax, unfinished), save)

    def by_setting(
        self, key: str, *, y: str = "final_accuracy", save: Optional[StrPath] = None, ax: Optional[Axes] = None,
        unfinished: bool = False
    ) -> Axes:
        """A column of ``runs`` against a swept key: ``by_setting("data.partition.beta")``.

        Args:
            key: a key in which the runs differ.
            y: such as ``final_accuracy``, ``virtual_s``, ``uplink_bytes``.
        """
        return self._draw(lambda: curves.by_setting(self._experiment, key, y, ax, unfinished), save)

    def label_skew(self, run_id: Optional[int] = None, *, save: Optional[StrPath] = None,
                   ax: Optional[Axes] = None) -> Axes:
        """Which client holds how many samples of which class, in one run; default: the first."""
        return self._draw(lambda: skew.label_skew(self._experiment, run_id, ax), save)

    def _draw(self, draw: Callable[[], Axes], save: Optional[StrPath]) -> Axes:
        with style.parameters(style.PARAMETERS):
            ax = draw()
            if save is not None:
                path = Path(save).expanduser()
                try:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    # The figure may be the caller's, and the axes in a part of it.
                    with style.parameters(style.FONTS):
                        ax.figure.figure.savefig(path)
                except OSError as error:
                    raise FglError(f"{path}: cannot be written: {error.strerror or error}") from error
                except ValueError as error:
                    raise FglError(f"{path}: {error}") from error
        return ax


__all__ = ["Plots"]
