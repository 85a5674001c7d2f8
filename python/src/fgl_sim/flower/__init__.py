"""Records what a Flower strategy's clients do, as the outcomes that ``fgl-sim import`` takes.

    import fgl_sim.flower

    strategy = fgl_sim.flower.record(FedAvg(...), "outcomes.jsonl")
    strategy.start(grid, arrays, num_rounds=5, evaluate_fn=evaluate)

A line per client and round: bytes uploaded, samples, seconds of training, metrics; a line per round for the
global model. Both kinds of strategies are taken: ``flwr.serverapp.strategy`` (messages) and
``flwr.server.strategy``.

**Seconds.** Where the clients measure them, they are right: add ``fgl_sim.flower.timed`` to the mods of the
``ClientApp``, or return a metric ``fgl_seconds``. Otherwise they are the time from sending until the reply,
and contain the time that a message is under way and that a client waits for its turn on a busy machine. Of
messages, the reply says by the client's clock when it was made; where that is before the sending or after the
arrival, the arrival at the server counts, for which Flower looks every few seconds. ``flops_per_sample`` says
the cost of training instead.
"""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, Optional

from ..errors import FglError, missing
from ..program import StrPath
from .outcomes import RECORD, SECONDS, ClientNumbers, Outcomes

try:
    import flwr  # noqa: F401
except ImportError as error:
    raise missing("flwr", "flower", "fgl_sim.flower") from error


def record(
    strategy: Any, path: StrPath, *, accuracy: Optional[str] = None, loss: Optional[str] = None,
    flops_per_sample: Optional[float] = None
) -> Any:
    """A strategy that does what the given one does, and records outcomes.

    Args:
        strategy: of ``flwr.serverapp.strategy`` or ``flwr.server.strategy``.
        path: the file of outcomes; replaced if it is there.
        accuracy: the metric that is the global model's accuracy, a fraction.
        loss: the metric that is its loss.
        flops_per_sample: what training on one sample costs, all epochs together; in place of seconds.
    """
    is_message_based = hasattr(strategy, "configure_train")
    if not is_message_based and not hasattr(strategy, "configure_fit"):
        raise FglError(f"{type(strategy).__name__} is no strategy of Flower")
    outcomes = Outcomes(path, accuracy=accuracy, loss=loss, flops_per_sample=flops_per_sample)
    if is_message_based:
        from .messages import MessageRecorder

        return MessageRecorder(strategy, outcomes)
    from .proxies import ProxyRecorder

    return ProxyRecorder(strategy, outcomes)


def timed(message: Any, context: Any, call_next: Callable[[Any, Any], Any]) -> Any:
    """A mod of Flower's ``ClientApp`` that measures training and says which partition the client is.

    ``ClientApp(mods=[fgl_sim.flower.timed])``
    """
    from flwr.app import ConfigRecord

    start = time.perf_counter()
    reply = call_next(message, context)
    seconds = time.perf_counter() - start
    if message.metadata.message_type.startswith("train") and reply.has_content():
        facts: Dict[str, Any] = {"seconds": seconds}
        partition = context.node_config.get("partition-id")
        if partition is not None:
            facts["client"] = int(partition)
        reply.content[RECORD] = ConfigRecord(facts)
    return reply


__all__ = ["SECONDS", "ClientNumbers", "Outcomes", "record", "timed"]
