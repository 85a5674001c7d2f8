"""Recording around strategies that call client proxies (``flwr.server.strategy``)."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Optional, Tuple

from flwr.server.client_proxy import ClientProxy
from flwr.server.strategy import Strategy

from .outcomes import SECONDS, ClientNumbers, Outcomes


class ProxyRecorder(Strategy):  # type: ignore[misc]
    """A strategy that hands everything on to another and notes what passes."""

    def __init__(self, strategy: Any, outcomes: Outcomes) -> None:
        self.strategy = strategy
        self.outcomes = outcomes
        self._numbers = ClientNumbers()
        self._is_written = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["strategy"], name)

    def initialize_parameters(self, client_manager: Any) -> Any:
        """As the strategy."""
        return self.strategy.initialize_parameters(client_manager)

    def configure_fit(self, server_round: int, parameters: Any, client_manager: Any) -> List[Any]:
        """As the strategy, with proxies that measure the time."""
        if server_round == 1:
            # Flower evaluates the initial model only where it has something to evaluate it with.
            self.outcomes.model_bytes(0, _size(parameters))
            self.outcomes.model(0, {})
        self._is_written = False
        self._numbers.meet(client_manager.all())
        instructions = self.strategy.configure_fit(server_round, parameters, client_manager)
        return [(_TimedProxy(client), instruction) for client, instruction in instructions]

    def aggregate_fit(self, server_round: int, results: List[Any], failures: List[Any]) -> Tuple[Any, Any]:
        """As the strategy, with a line for each result."""
        for client, result in results:
            self._note(server_round, client, result)
        plain = [(_plain(client), result) for client, result in results]
        failed = [(_plain(entry[0]), entry[1]) if isinstance(entry, tuple) else entry for entry in failures]
        parameters, metrics = self.strategy.aggregate_fit(server_round, plain, failed)
        if parameters is not None:
            self.outcomes.model_bytes(server_round, _size(parameters))
        return parameters, metrics

    def evaluate(self, server_round: int, parameters: Any) -> Optional[Tuple[float, Dict[str, Any]]]:
        """As the strategy, recorded; that of the initial model has no line."""
        result: Optional[Tuple[float, Dict[str, Any]]] = self.strategy.evaluate(server_round, parameters)
        if result is not None and server_round > 0:
            self._write(server_round, result)
        return result

    def configure_evaluate(self, server_round: int, parameters: Any, client_manager: Any) -> List[Any]:
        """As the strategy."""
        instructions: List[Any] = self.strategy.configure_evaluate(server_round, parameters, client_manager)
        if not instructions and not self._is_written:
            self._write(server_round, None)
        return instructions

    def aggregate_evaluate(self, server_round: int, results: List[Any], failures: List[Any]) -> Tuple[Any, Any]:
        """As the strategy; what clients measured counts where the server does not measure."""
        loss, metrics = self.strategy.aggregate_evaluate(server_round, results, failures)
        if not self._is_written:
            self._write(server_round, None if loss is None else (loss, metrics))
        return loss, metrics

    def _write(self, server_round: int, result: Optional[Tuple[float, Dict[str, Any]]]) -> None:
        metrics = {} if result is None else {"loss": result[0], **result[1]}
        self.outcomes.model(server_round, metrics)
        self._is_written = True

    def _note(self, server_round: int, client: Any, result: Any) -> None:
        metrics = dict(result.metrics or {})
        own = metrics.get(SECONDS)
        measured = client.seconds if isinstance(client, _TimedProxy) else None
        self.outcomes.client(
            server_round, self._numbers[client.cid], _size(result.parameters), int(result.num_examples),
            float(own) if own is not None else measured, metrics, own is not None)


class _TimedProxy(ClientProxy):  # type: ignore[misc]
    """A proxy that measures how long its client trains."""

    def __init__(self, client: Any) -> None:
        super().__init__(client.cid)
        self.client = client
        self.properties = client.properties
        self.seconds: Optional[float] = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["client"], name)

    def fit(self, ins: Any, timeout: Optional[float], group_id: Optional[int]) -> Any:
        """As the client."""
        start = time.perf_counter()
        result = self.client.fit(ins, timeout, group_id)
        self.seconds = time.perf_counter() - start
        return result

    def get_properties(self, ins: Any, timeout: Optional[float], group_id: Optional[int]) -> Any:
        """As the client."""
        return self.client.get_properties(ins, timeout, group_id)

    def get_parameters(self, ins: Any, timeout: Optional[float], group_id: Optional[int]) -> Any:
        """As the client."""
        return self.client.get_parameters(ins, timeout, group_id)

    def evaluate(self, ins: Any, timeout: Optional[float], group_id: Optional[int]) -> Any:
        """As the client."""
        return self.client.evaluate(ins, timeout, group_id)

    def reconnect(self, ins: Any, timeout: Optional[float], group_id: Optional[int]) -> Any:
        """As the client."""
        return self.client.reconnect(ins, timeout, group_id)


def _plain(client: Any) -> Any:
    return client.client if isinstance(client, _TimedProxy) else client


def _size(parameters: Any) -> int:
    """Bytes of the tensors as they are sent."""
    return sum(len(tensor) for tensor in parameters.tensors)
