"""Outcomes of Flower's own strategies, driven by Flower's own loops in this process.

Ray, which Flower's simulation engine needs, is not used: a `Grid` that calls the `ClientApp` and a `ClientProxy`
that calls the client take its place. Strategies, messages, `ClientApp`, `Server` and their loops are Flower's.
"""

import json
import logging
import time
from itertools import count

import numpy as np
import pytest

import fgl_sim as fgl

flwr = pytest.importorskip("flwr")

import fgl_sim.flower  # noqa: E402

SCENARIO = """
name: flower
clients: 3
methods: [fedavg]
training: { rounds: 2 }
network: { server: { uplink: 1Gbps, downlink: 1Gbps }, client: { uplink: 20Mbps, downlink: 100Mbps, latency: 50ms } }
devices: { client: 1GFLOPS, server: 1TFLOPS }
"""

SHAPES = [(4, 3), (3,)]


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


# Messages

NODES = [9_000_000_000_000_000_001, 17, 5_000_000_000_000_000_000]


def client_app(mods=()):
    from flwr.app import ArrayRecord, Message, MetricRecord, RecordDict
    from flwr.clientapp import ClientApp

    app = ClientApp(mods=list(mods))

    @app.train()
    def train(message, context):
        time.sleep(0.02)
        arrays = [array + 1 for array in message.content["arrays"].to_numpy_ndarrays()]
        partition = context.node_config["partition-id"]
        metrics = MetricRecord({"train_loss": 0.5 + partition, "num-examples": 10 * (partition + 1)})
        content = RecordDict({"arrays": ArrayRecord(arrays), "metrics": metrics})
        return Message(content=content, reply_to=message)

    @app.evaluate()
    def evaluate(message, context):
        metrics = MetricRecord({"eval_acc": 0.25, "eval_loss": 2.0, "num-examples": 10})
        return Message(content=RecordDict({"metrics": metrics}), reply_to=message)

    return app


def grid_of(app):
    """A grid in this process, whose nodes are calls of the app."""
    from flwr.app import Context, Message, RecordDict
    from flwr.serverapp import Grid

    try:
        # What Flower's runtime sets in the process of a ServerApp, from version 1.3x on.
        from flwr.supercore.task_identity import TaskIdentity

        TaskIdentity.task_id = TaskIdentity.run_id = TaskIdentity.node_id = 1
    except ImportError:
        pass

    class LocalGrid(Grid):
        numbers = count()
        contexts = {
            node: Context(run_id=1, node_id=node, node_config={"partition-id": NODES.index(node)}, state=RecordDict(),
                          run_config={}) for node in NODES}

        def set_run(self, run):
            pass

        @property
        def run(self):
            raise NotImplementedError

        def create_message(self, content, message_type, dst_node_id, group_id, ttl=None):
            return Message(content, dst_node_id, message_type, ttl=ttl, group_id=group_id)

        def get_node_ids(self):
            return list(NODES)

        def push_messages(self, messages):
            raise NotImplementedError

        def pull_messages(self, message_ids):
            raise NotImplementedError

        def send_and_receive(self, messages, *, timeout=None):
            replies = []
            for message in messages:
                message.metadata._message_id = f"message-{next(self.numbers)}"
                replies.append(app(message, self.contexts[message.metadata.dst_node_id]))
            return replies

    return LocalGrid()


def initial():
    from flwr.app import ArrayRecord

    return ArrayRecord([np.zeros(shape, dtype=np.float32) for shape in SHAPES])


def message_strategy(**keywords):
    from flwr.serverapp.strategy import FedAvg

    return FedAvg(fraction_train=1.0, **keywords)


def test_messages_with_times_of_the_clients(program, tmp_path):
    from flwr.app import MetricRecord

    path = tmp_path / "outcomes.jsonl"
    recorded = fgl_sim.flower.record(message_strategy(), path)
    grid = grid_of(client_app([fgl_sim.flower.timed]))
    result = recorded.start(
        grid=grid, initial_arrays=initial(), num_rounds=2,
        evaluate_fn=lambda server_round, arrays: MetricRecord({"accuracy": 0.1 + 0.3 * server_round, "loss": 2.0}))
    plain = message_strategy().start(grid=grid_of(client_app()), initial_arrays=initial(), num_rounds=2)
    for mine, its in zip(result.arrays.to_numpy_ndarrays(), plain.arrays.to_numpy_ndarrays()):
        assert (mine == its).all() and (mine == 2).all()
    entries = lines(path)
    # Flower samples the clients in an order of its own.
    trained = [entry for entry in entries if "client" in entry]
    trained.sort(key=lambda entry: (entry["round"], entry["client"]))
    size = sum(len(array.data) for array in initial().values())
    assert [(entry["round"], entry["client"]) for entry in trained] == [(r, c) for r in (1, 2) for c in (0, 1, 2)]
    assert all(entry["bytes"] == size and 0.02 <= entry["seconds"] < 5 for entry in trained)
    assert [entry["samples"] for entry in trained] == [10, 20, 30] * 2
    assert [entry["metrics"] for entry in trained[:3]] == [{"loss": 0.5}, {"loss": 1.5}, {"loss": 2.5}]
    models = [entry for entry in entries if "client" not in entry]
    assert [entry["round"] for entry in models] == [0, 1, 2]
    assert all(entry["bytes"] == size for entry in models)
    assert models[2]["metrics"] == {"accuracy": pytest.approx(0.7), "loss": 2.0}
    imported(path, tmp_path, [0.4, 0.7])


def imported(path, folder, accuracies):
    """The file goes through the program, is compared and re-timed."""
    scenario = folder / "scenario.yaml"
    scenario.write_text(SCENARIO)
    e = fgl.import_outcomes(path, scenario, output=folder / "flower.sqlite")
    assert list(e.runs["origin"]) == ["import"] and list(e.runs["clients"]) == [3]
    assert list(e.accuracy["value"]) == pytest.approx(accuracies)
    assert e.runs["uplink_bytes"][0] == sum(entry["bytes"] for entry in lines(path) if "client" in entry)
    slow = e.what_if(uplink="1kbps")
    assert slow.runs["virtual_s"][0] > e.runs["virtual_s"][0]


def test_messages_measured_at_the_server_and_by_the_clients(program, tmp_path, caplog):
    """Without mod and evaluate_fn: a warning, once; the strategy's mean over clients is the accuracy."""
    path = tmp_path / "outcomes.jsonl"
    with caplog.at_level(logging.WARNING, "fgl_sim"):
        fgl_sim.flower.record(message_strategy(), path).start(grid_of(client_app()), initial(), num_rounds=2)
    assert sum("contain waiting" in record.getMessage() for record in caplog.records) == 1
    models = [entry for entry in lines(path) if "client" not in entry]
    assert [entry.get("metrics") for entry in models] == [None] + [{"accuracy": 0.25, "loss": 2.0}] * 2
    # Node identities are long; numbers follow their order.
    assert {entry["client"] for entry in lines(path) if "client" in entry} == {0, 1, 2}
    imported(path, tmp_path, [0.25, 0.25])


def test_operations_in_place_of_seconds(program, tmp_path):
    path = tmp_path / "outcomes.jsonl"
    recorded = fgl_sim.flower.record(message_strategy(), path, flops_per_sample=1e6)
    recorded.start(grid_of(client_app()), initial(), num_rounds=1)
    trained = [entry for entry in lines(path) if "client" in entry]
    assert all("seconds" not in entry and entry["flops"] == 1e6 * entry["samples"] for entry in trained)


def test_failed_clients_took_no_part(tmp_path):
    from flwr.app import Error, Message

    app = client_app()

    def failing(message, context):
        if context.node_config["partition-id"] == 1 and message.metadata.message_type == "train":
            return Message(Error(code=0, reason="gone"), reply_to=message)
        return app(message, context)

    path = tmp_path / "outcomes.jsonl"
    fgl_sim.flower.record(message_strategy(), path).start(grid_of(failing), initial(), num_rounds=1)
    assert len([entry for entry in lines(path) if "client" in entry]) == 2


def test_a_strategy_with_a_start_of_its_own(tmp_path):
    from flwr.app import MetricRecord
    from flwr.serverapp.strategy import FedAvg

    class Own(FedAvg):
        def start(self, *arguments, **keywords):
            self.is_started = True
            return super().start(*arguments, **keywords)

    path = tmp_path / "outcomes.jsonl"
    strategy = Own(fraction_train=1.0)
    evaluate = lambda server_round, arrays: MetricRecord({"accuracy": 0.5})  # noqa: E731
    recorded = fgl_sim.flower.record(strategy, path)
    recorded.start(grid_of(client_app()), initial(), 1, evaluate_fn=evaluate)
    assert strategy.is_started and len([entry for entry in lines(path) if "client" in entry]) == 3
    assert [entry["metrics"] for entry in lines(path) if "client" not in entry] == [{"accuracy": 0.5}] * 2
    # Nothing of the recorder is left on it.
    assert set(vars(strategy)) == set(vars(Own(fraction_train=1.0))) | {"is_started"}


@pytest.mark.parametrize("is_own", [False, True])
def test_evaluation_by_position(tmp_path, is_own):
    from flwr.app import ConfigRecord, MetricRecord
    from flwr.serverapp.strategy import FedAvg

    class Own(FedAvg):
        def start(self, *arguments, **keywords):
            return super().start(*arguments, **keywords)

    path = tmp_path / "outcomes.jsonl"
    recorded = fgl_sim.flower.record((Own if is_own else FedAvg)(fraction_train=1.0), path)
    evaluate = lambda server_round, arrays: MetricRecord({"accuracy": 0.75})  # noqa: E731
    recorded.start(grid_of(client_app()), initial(), 1, 3600, ConfigRecord(), ConfigRecord(), evaluate)
    assert [entry["metrics"] for entry in lines(path) if "client" not in entry] == [{"accuracy": 0.75}] * 2


@pytest.mark.parametrize("skew, fewest, most", [(0, 0.02, 0.2), (-3600, 0.3, 5), (3600, 0.3, 5)])
def test_clocks_of_clients_that_are_wrong(tmp_path, skew, fewest, most):
    """What a reply says of its making counts only where it can be true; otherwise when it was pulled."""
    app = client_app()

    def skewed(message, context):
        reply = app(message, context)
        reply.metadata.created_at += skew
        return reply

    grid = grid_of(skewed)
    at_once = type(grid).send_and_receive

    def send_and_receive(messages, *, timeout=None):
        grid.replies = at_once(grid, messages)
        time.sleep(0.3)
        pulled = grid.pull_messages([])
        time.sleep(0.01)
        return pulled

    type(grid).pull_messages = lambda self, message_ids: self.replies
    grid.send_and_receive = send_and_receive
    path = tmp_path / "outcomes.jsonl"
    fgl_sim.flower.record(message_strategy(), path).start(grid, initial(), num_rounds=1)
    assert "pull_messages" not in vars(grid)
    seconds = [entry["seconds"] for entry in lines(path) if "client" in entry]
    assert len(seconds) == 3 and all(fewest <= value <= most for value in seconds)
    if skew:
        assert len(set(seconds)) == 1


def test_seconds_are_never_zero(tmp_path, monkeypatch):
    from fgl_sim.flower import messages

    monkeypatch.setattr(messages.time, "time", lambda: 5.0)
    path = tmp_path / "outcomes.jsonl"
    fgl_sim.flower.record(message_strategy(), path).start(grid_of(client_app()), initial(), num_rounds=1)
    assert all(0 < entry["seconds"] < 1 for entry in lines(path) if "client" in entry)


def test_the_strategy_shows_through(tmp_path):
    strategy = message_strategy(weighted_by_key="num-examples")
    recorded = fgl_sim.flower.record(strategy, tmp_path / "o.jsonl")
    assert recorded.weighted_by_key == "num-examples" and recorded.strategy is strategy


# Client proxies

def proxies(seconds=None):
    from flwr.common import (
        Code, EvaluateRes, FitRes, GetParametersRes, Status, ndarrays_to_parameters, parameters_to_ndarrays)
    from flwr.server.client_proxy import ClientProxy

    class LocalProxy(ClientProxy):
        def get_properties(self, ins, timeout, group_id):
            raise NotImplementedError

        def get_parameters(self, ins, timeout, group_id):
            arrays = [np.zeros(shape, dtype=np.float32) for shape in SHAPES]
            return GetParametersRes(Status(Code.OK, ""), ndarrays_to_parameters(arrays))

        def fit(self, ins, timeout, group_id):
            time.sleep(0.02)
            arrays = [array + 1 for array in parameters_to_ndarrays(ins.parameters)]
            metrics = {"loss": 1.25, **({} if seconds is None else {fgl_sim.flower.SECONDS: seconds})}
            return FitRes(Status(Code.OK, ""), ndarrays_to_parameters(arrays), 10 * (1 + int(self.cid)), metrics)

        def evaluate(self, ins, timeout, group_id):
            return EvaluateRes(Status(Code.OK, ""), 2.0, 10, {"accuracy": 0.5})

        def reconnect(self, ins, timeout, group_id):
            from flwr.common import DisconnectRes

            return DisconnectRes("")

    return [LocalProxy(str(number)) for number in range(3)]


def serve(strategy, clients, rounds=2):
    """Flower's own server loop."""
    from flwr.server import Server, SimpleClientManager

    manager = SimpleClientManager()
    for client in clients:
        manager.register(client)
    server = Server(client_manager=manager, strategy=strategy)
    history, _ = server.fit(num_rounds=rounds, timeout=None)
    return server, history


def proxy_strategy(**keywords):
    from flwr.server.strategy import FedAvg

    return FedAvg(min_fit_clients=3, min_available_clients=3, **keywords)


def test_proxies_with_evaluation_at_the_server(program, tmp_path):
    from flwr.common import parameters_to_ndarrays

    path = tmp_path / "outcomes.jsonl"
    evaluate = lambda server_round, arrays, config: (1.5, {"accuracy": 0.2 * server_round})  # noqa: E731
    recorded = fgl_sim.flower.record(proxy_strategy(evaluate_fn=evaluate), path)
    server, history = serve(recorded, proxies(seconds=3.0))
    assert all((array == 2).all() for array in parameters_to_ndarrays(server.parameters))
    assert [value for _, value in history.metrics_centralized["accuracy"]] == pytest.approx([0.0, 0.2, 0.4])
    entries = lines(path)
    trained = sorted((entry["round"], entry["client"], entry["samples"], entry["seconds"], entry["metrics"]["loss"])
                     for entry in entries if "client" in entry)
    assert trained == [(r, c, 10 * (1 + c), 3.0, 1.25) for r in (1, 2) for c in (0, 1, 2)]
    models = [entry for entry in entries if "client" not in entry]
    assert [entry["round"] for entry in models] == [0, 1, 2] and models[2]["metrics"]["accuracy"] == pytest.approx(0.4)
    imported(path, tmp_path, [0.2, 0.4])


def test_proxies_with_evaluation_at_the_clients(program, tmp_path):
    path = tmp_path / "outcomes.jsonl"
    mean = lambda metrics: {"accuracy": float(np.mean([m["accuracy"] for _, m in metrics]))}  # noqa: E731
    recorded = fgl_sim.flower.record(proxy_strategy(evaluate_metrics_aggregation_fn=mean), path)
    _, history = serve(recorded, proxies())
    assert history.metrics_distributed["accuracy"] == [(1, 0.5), (2, 0.5)]
    trained = [entry for entry in lines(path) if "client" in entry]
    assert all(0.02 <= entry["seconds"] < 5 for entry in trained)
    imported(path, tmp_path, [0.5, 0.5])


def test_proxies_without_evaluation(tmp_path):
    path = tmp_path / "outcomes.jsonl"
    serve(fgl_sim.flower.record(proxy_strategy(fraction_evaluate=0.0), path), proxies(), rounds=1)
    assert [entry["round"] for entry in lines(path) if "client" not in entry] == [0, 1]


# Both

def test_names_of_metrics(tmp_path):
    outcomes = fgl_sim.flower.Outcomes(tmp_path / "o.jsonl", accuracy="top1")
    outcomes.model(1, {"top1": 0.5, "top5_acc": 0.9, "val_loss": np.float32(1.5), "name": "x", "list": [1, 2]})
    assert lines(outcomes.path) == [{"round": 1, "metrics": {"accuracy": 0.5, "top5_acc": 0.9, "loss": 1.5}}]


def test_names_that_are_no_metric(tmp_path, caplog):
    outcomes = fgl_sim.flower.Outcomes(tmp_path / "o.jsonl", accuracy="acuracy")
    with caplog.at_level(logging.WARNING, "fgl_sim"):
        outcomes.model(0, {})
        assert not caplog.records
        for number in (1, 2):
            outcomes.model(number, {"eval_accuracy": 0.5, "eval_loss": 1.0})
    assert [record.getMessage() for record in caplog.records] == [
        "accuracy is to be the metric 'acuracy', which the global model does not have; it has eval_accuracy, eval_loss"]


def test_what_is_no_strategy(tmp_path):
    with pytest.raises(fgl.FglError, match="int is no strategy of Flower"):
        fgl_sim.flower.record(3, tmp_path / "o.jsonl")
    with pytest.raises(fgl.FglError, match="cannot be written"):
        fgl_sim.flower.record(message_strategy(), tmp_path)
    assert not (tmp_path / "o.jsonl").exists()


def test_numbers_of_clients():
    numbers = fgl_sim.flower.ClientNumbers()
    numbers.meet(["0", "3", "12"])
    assert [numbers[c] for c in ("12", "0", 3)] == [12, 0, 3]
    numbers = fgl_sim.flower.ClientNumbers()
    numbers.meet([NODES[0], NODES[2]])
    assert [numbers[NODES[2]], numbers[NODES[0]], numbers["late"]] == [0, 1, 2]
