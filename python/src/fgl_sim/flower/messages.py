"""Recording around strategies that exchange messages (``flwr.serverapp.strategy``)."""

from __future__ import annotations

import inspect
import time
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

from flwr.serverapp.strategy import Strategy

from .outcomes import RECORD, SECONDS, ClientNumbers, Outcomes


# What a strategy's `start` calls in each round.
_HOOKS = ("configure_train", "aggregate_train", "configure_evaluate", "aggregate_evaluate")
# Seconds of a reply that arrived at the time of its sending, by a clock that was set back: nothing takes none.
_SHORTEST = 1e-6


class MessageRecorder(Strategy):  # type: ignore[misc]
    """A strategy that hands everything on to another and notes what passes."""

    def __init__(self, strategy: Any, outcomes: Outcomes) -> None:
        self.strategy = strategy
        self.outcomes = outcomes
        self._own = {name: getattr(strategy, name) for name in _HOOKS}
        self._numbers = ClientNumbers()
        self._sending = time.time()
        self._arrivals: Dict[int, float] = {}
        self._has_server_evaluation = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["strategy"], name)

    def summary(self) -> None:
        """As the strategy."""
        self.strategy.summary()

    def start(self, *arguments: Any, **keywords: Any) -> Any:
        """As the strategy, with the measurements of ``evaluate_fn`` and what passes in each round recorded.

        It is the strategy's own ``start``, which may be any: only what it calls in each round is exchanged.
        """
        call = _Call(self.strategy.start, arguments, keywords)
        initial, evaluate = call["initial_arrays"], call["evaluate_fn"]
        self._has_server_evaluation = evaluate is not None
        if initial is not None:
            self.outcomes.model_bytes(0, _size(initial))
        if evaluate is not None:
            call["evaluate_fn"] = self._recorded(evaluate)
        else:
            self.outcomes.model(0, {})
        with _replaced(self.strategy, {name: getattr(self, name) for name in _HOOKS}), self._watched(call["grid"]):
            return self.strategy.start(*call.arguments, **call.keywords)

    def _recorded(self, evaluate: Callable[[int, Any], Any]) -> Callable[[int, Any], Any]:
        """``evaluate_fn`` with a line for each measurement."""
        def recorded(server_round: int, arrays: Any) -> Any:
            metrics = evaluate(server_round, arrays)
            self.outcomes.model(server_round, dict(metrics) if metrics is not None else {})
            return metrics

        return recorded

    @contextmanager
    def _watched(self, grid: Any) -> Iterator[None]:
        """Notes when replies arrive at the server; Flower's grids ask for them every few seconds."""
        if not hasattr(grid, "pull_messages"):
            yield
            return
        pull = grid.pull_messages

        def noted(*arguments: Any, **keywords: Any) -> List[Any]:
            replies = list(pull(*arguments, **keywords))
            self._arrived(replies)
            return replies

        with _replaced(grid, {"pull_messages": noted}):
            yield

    def _arrived(self, replies: Iterable[Any]) -> None:
        now = time.time()
        for reply in replies:
            self._arrivals.setdefault(reply.metadata.src_node_id, now)

    def configure_train(self, server_round: int, arrays: Any, config: Any, grid: Any) -> List[Any]:
        """As the strategy."""
        self._numbers.meet(grid.get_node_ids())
        messages = list(self._own["configure_train"](server_round, arrays, config, grid))
        self._arrivals = {}
        self._sending = time.time()
        return messages

    def aggregate_train(self, server_round: int, replies: Iterable[Any]) -> Tuple[Any, Any]:
        """As the strategy, with a line for each reply."""
        received = list(replies)
        # A grid that has its replies from elsewhere than `pull_messages`: they are here by now.
        self._arrived(received)
        for reply in received:
            if not reply.has_error():
                self._note(server_round, reply)
        arrays, metrics = self._own["aggregate_train"](server_round, received)
        if arrays is not None:
            self.outcomes.model_bytes(server_round, _size(arrays))
        return arrays, metrics

    def configure_evaluate(self, server_round: int, arrays: Any, config: Any, grid: Any) -> Iterable[Any]:
        """As the strategy."""
        result: Iterable[Any] = self._own["configure_evaluate"](server_round, arrays, config, grid)
        return result

    def aggregate_evaluate(self, server_round: int, replies: Iterable[Any]) -> Optional[Any]:
        """As the strategy; what clients measured counts where the server does not measure."""
        metrics = self._own["aggregate_evaluate"](server_round, replies)
        if not self._has_server_evaluation:
            self.outcomes.model(server_round, dict(metrics) if metrics is not None else {})
        return metrics

    def _note(self, server_round: int, reply: Any) -> None:
        facts = dict(reply.content.config_records.get(RECORD, {}))
        reply.content.pop(RECORD, None)
        metrics = {name: value for entry in reply.content.metric_records.values() for name, value in entry.items()}
        node = reply.metadata.src_node_id
        key = getattr(self.strategy, "weighted_by_key", "num-examples")
        samples = metrics.pop(key, None)
        own = facts.get("seconds", metrics.get(SECONDS))
        waited = self._waited(node, reply.metadata.created_at)
        number = facts.get("client", self._numbers[node])
        self.outcomes.client(
            server_round, int(number), sum(_size(entry) for entry in reply.content.array_records.values()),
            None if samples is None else int(samples), float(own) if own is not None else waited, metrics,
            own is not None)

    def _waited(self, node: int, made: float) -> float:
        """Seconds from sending until a reply was made.

        When it was made is by the client's clock; where that cannot be, when it arrived counts.
        """
        arrival = self._arrivals[node]
        end = made if self._sending < made < arrival else arrival
        return max(_SHORTEST, end - self._sending)


class _Call:
    """The arguments of a strategy's ``start``, each by position or by name."""

    def __init__(self, start: Callable[..., Any], arguments: Sequence[Any], keywords: Mapping[str, Any]) -> None:
        self.arguments = list(arguments)
        self.keywords = dict(keywords)
        self._order = list(inspect.signature(start).parameters)
        if "evaluate_fn" not in self._order:
            # Such as `start(self, *arguments, **keywords)`, which hands them on to Flower's.
            self._order = list(inspect.signature(Strategy.start).parameters)[1:]

    def __getitem__(self, name: str) -> Any:
        place = self._place(name)
        return self.keywords.get(name) if place is None else self.arguments[place]

    def __setitem__(self, name: str, value: Any) -> None:
        place = self._place(name)
        if place is None:
            self.keywords[name] = value
        else:
            self.arguments[place] = value

    def _place(self, name: str) -> Optional[int]:
        """The position of an argument; ``None`` where it has none in this call."""
        place = self._order.index(name) if name in self._order else len(self.arguments)
        return place if place < len(self.arguments) else None


@contextmanager
def _replaced(owner: Any, methods: Mapping[str, Any]) -> Iterator[None]:
    """Replaces methods of one object for a while."""
    before = {name: vars(owner)[name] for name in methods if name in vars(owner)}
    vars(owner).update(methods)
    try:
        yield
    finally:
        for name in methods:
            del vars(owner)[name]
        vars(owner).update(before)


def _size(arrays: Any) -> int:
    """Bytes of a record of arrays as it is sent."""
    return sum(len(array.data) for array in arrays.values())
