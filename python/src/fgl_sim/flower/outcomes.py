"""The file of outcomes that ``fgl-sim import`` takes (docs/import.md)."""

from __future__ import annotations

import json
import logging
import numbers
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Set

from ..errors import FglError
from ..program import StrPath

LOGGER = logging.getLogger("fgl_sim")

#: The metric in which a client says how long it trained.
SECONDS = "fgl_seconds"
#: The name of the record in which ``timed`` sends it.
RECORD = "fgl_sim"
# What the names of metrics such as `centralized_acc` and `eval_loss` contain.
_PARTS = {"accuracy": "acc", "loss": "loss"}


class Outcomes:
    """A file of outcomes, written line by line. An earlier file of that name is replaced.

    Args:
        path: the file.
        accuracy: the metric of the global model that is its accuracy, a fraction; default: ``accuracy``, or
            the only one whose name contains ``acc``.
        loss: the metric that is its loss; default: ``loss``, or the only one whose name contains ``loss``.
        flops_per_sample: what training on one sample costs, all its epochs together; in place of seconds.
    """

    def __init__(
        self, path: StrPath, *, accuracy: Optional[str] = None, loss: Optional[str] = None,
        flops_per_sample: Optional[float] = None
    ) -> None:
        self.path = Path(path).expanduser()
        self._names = {"accuracy": accuracy, "loss": loss}
        self._flops_per_sample = flops_per_sample
        self._bytes: Dict[int, int] = {}
        self._has_warned = False
        self._missed: Set[str] = set()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = self.path.open("w", encoding="utf-8")
        except OSError as error:
            raise FglError(f"{self.path}: cannot be written: {error.strerror}") from error

    def client(
        self, round: int, client: int, size: int, samples: Optional[int], seconds: Optional[float],
        metrics: Mapping[str, Any], is_own_time: bool
    ) -> None:
        """A client's training in a round.

        Args:
            is_own_time: whether the client measured ``seconds``.
        """
        line: Dict[str, Any] = {"round": round, "client": client, "bytes": size}
        if samples is not None:
            line["samples"] = samples
        if self._flops_per_sample is not None:
            if samples is None:
                raise FglError(f"client {client} does not say its number of samples, which flops_per_sample needs")
            line["flops"] = self._flops_per_sample * samples
        elif seconds is None:
            raise FglError(f"client {client} says no '{SECONDS}'; pass flops_per_sample, or use fgl_sim.flower.timed")
        else:
            line["seconds"] = seconds
            self._warn(is_own_time)
        self._write({**line, "metrics": self._named(metrics, ["loss"])})

    def model_bytes(self, round: int, size: int) -> None:
        """The size of the global model after a round; 0: the initial one."""
        self._bytes[round] = size

    def model(self, round: int, metrics: Mapping[str, Any]) -> None:
        """The global model after a round, as it was measured; without metrics it was not."""
        line: Dict[str, Any] = {"round": round}
        if round in self._bytes:
            line["bytes"] = self._bytes.pop(round)
        named = self._named(metrics, ["accuracy", "loss"])
        self._warn_of_missing(metrics)
        if named:
            line["metrics"] = named
        if len(line) > 1:
            self._write(line)

    def _named(self, metrics: Mapping[str, Any], wanted: List[str]) -> Dict[str, float]:
        """The metrics that are single numbers, accuracy and loss under these names."""
        found = {
            str(name): float(value) for name, value in metrics.items()
            if isinstance(value, numbers.Real) and not isinstance(value, bool) and name != SECONDS
        }
        for name in wanted:
            given = self._names[name]
            candidates = [given] if given else [key for key in found if _PARTS[name] in key.lower()]
            if (given or name not in found) and len(candidates) == 1 and candidates[0] in found:
                found[name] = found.pop(candidates[0])
        return found

    def _warn_of_missing(self, metrics: Mapping[str, Any]) -> None:
        """Says once which metrics there are, where one was named that is not among them."""
        for name, given in self._names.items():
            if given and metrics and given not in metrics and given not in self._missed:
                self._missed.add(given)
                LOGGER.warning("%s is to be the metric '%s', which the global model does not have; it has %s",
                               name, given, ", ".join(str(own) for own in metrics))

    def _warn(self, is_own_time: bool) -> None:
        if is_own_time or self._has_warned:
            return
        self._has_warned = True
        LOGGER.warning(
            "the clients' seconds are from sending until the reply and contain waiting; add fgl_sim.flower.timed to "
            "the mods of the ClientApp, or return a metric '%s'", SECONDS)

    def _write(self, line: Mapping[str, Any]) -> None:
        self._stream.write(json.dumps(line) + "\n")
        self._stream.flush()


class ClientNumbers:
    """Numbers from 0 for Flower's identities of clients, which may be long random numbers."""

    def __init__(self) -> None:
        self._numbers: Dict[str, int] = {}

    def meet(self, identities: Iterable[Any]) -> None:
        """Gives numbers to new identities; those that are small numbers keep them."""
        texts = sorted({str(identity) for identity in identities} - set(self._numbers), key=_natural)
        if all(text.isdigit() and int(text) < 1_000_000 for text in [*texts, *self._numbers]):
            self._numbers.update({text: int(text) for text in texts})
        else:
            first = max(self._numbers.values(), default=-1) + 1
            self._numbers.update({text: first + index for index, text in enumerate(texts)})

    def __getitem__(self, identity: Any) -> int:
        if str(identity) not in self._numbers:
            self.meet([identity])
        return self._numbers[str(identity)]


def _natural(text: str) -> Any:
    return (0, int(text), "") if text.isdigit() else (1, 0, text)
