"""Recording around strategies that exchange messages (``flwr.serverapp.strategy``)."""

from __future__ import annotations

import time
from typing import Any, Dict, Iterable, List, Optional, Tuple

from flwr.serverapp.strategy import Strategy

from .outcomes import RECORD, SECONDS, ClientNumbers, Outcomes


class MessageRecorder(Strategy):  # type: ignore[misc]
    """A strategy that hands everything on to another and notes what passes."""

    def __init__(self, strategy: Any, outcomes: Outcomes) -> None:
        self.strategy = strategy
        self.outcomes = outcomes
        self._numbers = ClientNumbers()
        self._sent: Dict[int, float] = {}
        self._has_server_evaluation = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["strategy"], name)

    def summary(self) -> None:
        """As the strategy."""
        self.strategy.summary()

    def start(self, grid: Any, initial_arrays: Any, *arguments: Any, **keywords: Any) -> Any:
        """As the strategy, with the measurements of ``evaluate_fn`` recorded."""
        evaluate = keywords.get("evaluate_fn")
        self._has_server_evaluation = evaluate is not None
        self.outcomes.model_bytes(0, _size(initial_arrays))
        if evaluate is not None:
            def recorded(server_round: int, arrays: Any) -> Any:
                metrics = evaluate(server_round, arrays)
                self.outcomes.model(server_round, dict(metrics) if metrics is not None else {})
                return metrics

            keywords["evaluate_fn"] = recorded
        else:
            self.outcomes.model(0, {})
        return type(self.strategy).start(self, grid, initial_arrays, *arguments, **keywords)

    def configure_train(self, server_round: int, arrays: Any, config: Any, grid: Any) -> List[Any]:
        """As the strategy."""
        self._numbers.meet(grid.get_node_ids())
        messages = list(self.strategy.configure_train(server_round, arrays, config, grid))
        now = time.time()
        self._sent = {message.metadata.dst_node_id: now for message in messages}
        return messages

    def aggregate_train(self, server_round: int, replies: Iterable[Any]) -> Tuple[Any, Any]:
        """As the strategy, with a line for each reply."""
        received = list(replies)
        for reply in received:
            if not reply.has_error():
                self._note(server_round, reply)
        arrays, metrics = self.strategy.aggregate_train(server_round, received)
        if arrays is not None:
            self.outcomes.model_bytes(server_round, _size(arrays))
        return arrays, metrics

    def configure_evaluate(self, server_round: int, arrays: Any, config: Any, grid: Any) -> Iterable[Any]:
        """As the strategy."""
        result: Iterable[Any] = self.strategy.configure_evaluate(server_round, arrays, config, grid)
        return result

    def aggregate_evaluate(self, server_round: int, replies: Iterable[Any]) -> Optional[Any]:
        """As the strategy; what clients measured counts where the server does not measure."""
        metrics = self.strategy.aggregate_evaluate(server_round, replies)
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
        waited = max(0.0, reply.metadata.created_at - self._sent.get(node, reply.metadata.created_at))
        number = facts.get("client", self._numbers[node])
        self.outcomes.client(
            server_round, int(number), sum(_size(entry) for entry in reply.content.array_records.values()),
            None if samples is None else int(samples), float(own) if own is not None else waited, metrics,
            own is not None)


def _size(arrays: Any) -> int:
    """Bytes of a record of arrays as it is sent."""
    return sum(len(array.data) for array in arrays.values())
