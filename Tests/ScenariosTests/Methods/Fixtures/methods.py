"""Three rounds of each weight-based method on two clients and a model of batch norm and one linear layer.

Written after the papers' algorithms in float64, without looking at the Swift code: FedNova accumulates its
normalizing vector step by step, SCAFFOLD is option II of its algorithm 1, the server optimizers are algorithm 2 of
"Adaptive Federated Optimization". PyTorch makes the gradients. Run: python methods.py > methods.json
runs.py plays the same methods on images and a model of its own.
"""
import copy, json, math
import torch

torch.set_default_dtype(torch.float64)
ROUNDS, EPOCHS, BATCH, RATE, MOMENTUM, DECAY = 3, 2, 3, 0.05, 0.9, 0.01
MU, SERVER_RATE, SERVER_MOMENTUM, BETA1, BETA2, TAU, ALPHA = 0.7, 0.3, 0.8, 0.9, 0.99, 1e-2, 0.4


def client(samples, shift):
    features = [[math.sin(1.3 * i + 0.7 * j + shift) * (1 + 0.3 * j) + shift * j for j in range(3)] for i in range(samples)]
    return features, [(i * 7 + int(10 * shift)) % 2 for i in range(samples)]


CLIENTS = [client(6, 0.2), client(15, -0.5)]
SHARES = [6 / 21, 15 / 21]


def model():
    net = torch.nn.Sequential()
    net.add_module("norm", torch.nn.BatchNorm1d(3))
    net.add_module("fc", torch.nn.Linear(3, 2))
    with torch.no_grad():
        net.fc.weight.copy_(torch.tensor([[0.3, -0.2, 0.1], [-0.4, 0.25, 0.15]]))
        net.fc.bias.copy_(torch.tensor([0.05, -0.1]))
    return net


def state(net): return {k: v.clone().double() for k, v in net.state_dict().items()}


def is_statistic(name): return "running" in name or "num_batches" in name


def is_norm(name): return name.startswith("norm.")


def parameters(net): return [n for n, _ in net.named_parameters()]


def train(start, data, momentum=MOMENTUM, extra=None):
    """Local SGD from `start`; `extra(name, weight, start)` is added to the gradient. Returns state, step count, sum of a."""
    net = model()
    net.load_state_dict({k: v.clone() if "num_batches" not in k else v.long() for k, v in start.items()})
    net.train()
    buffers, steps = {}, 0
    vector, a = 0.0, 0.0  # the momentum of a gradient of ones, and the sum of its steps: the l1 norm of a_i
    features, labels = torch.tensor(data[0]), torch.tensor(data[1])
    for _ in range(EPOCHS):
        for i in range(0, len(labels), BATCH):
            net.zero_grad()
            torch.nn.functional.cross_entropy(net(features[i:i + BATCH]), labels[i:i + BATCH]).backward()
            with torch.no_grad():
                for name, weight in net.named_parameters():
                    g = weight.grad + DECAY * weight
                    if extra: g = g + extra(name, weight, start[name])
                    buffers[name] = momentum * buffers[name] + g if name in buffers else g
                    weight -= RATE * buffers[name]
            vector = momentum * vector + 1
            a += vector
            steps += 1
    return state(net), steps, a


def mean(states, shares=SHARES): return {k: sum(p * s[k] for p, s in zip(shares, states)) for k in states[0]}


def rounded(s): return {k: v.round() if "num_batches" in k else v for k, v in s.items()}


def play(step):
    x, memory, out = state(model()), {}, []
    for _ in range(ROUNDS):
        x = rounded(step(x, memory))
        out.append(copy.deepcopy(x))
    return out


def fedavg(x, _): return mean([train(x, d)[0] for d in CLIENTS])


def fedprox(x, _): return mean([train(x, d, extra=lambda n, w, w0: MU * (w - w0))[0] for d in CLIENTS])


def server(kind):
    def step(x, memory):
        y = mean([train(x, d)[0] for d in CLIENTS])
        new = dict(y)
        for n in parameters(model()):
            delta = y[n] - x[n]
            m = memory.get(("m", n), torch.zeros_like(delta))
            if kind == "avgm":  # Hsu et al.: v = beta v + mean change; w = w + rate v
                m = SERVER_MOMENTUM * m + delta
                new[n] = x[n] + SERVER_RATE * m
            else:
                v = memory.get(("v", n), torch.full_like(delta, TAU ** 2))
                m = BETA1 * m + (1 - BETA1) * delta
                if kind == "adagrad": v = v + delta ** 2
                if kind == "adam": v = BETA2 * v + (1 - BETA2) * delta ** 2
                if kind == "yogi": v = v - (1 - BETA2) * delta ** 2 * torch.sign(v - delta ** 2)
                new[n] = x[n] + SERVER_RATE * m / (v.sqrt() + TAU)
                memory[("v", n)] = v
            memory[("m", n)] = m
        return new
    return step


def fednova(x, _):
    results = [train(x, d) for d in CLIENTS]
    new = mean([r[0] for r in results])
    tau = sum(p * r[2] for p, r in zip(SHARES, results))
    for n in parameters(model()):
        directions = [(x[n] - r[0][n]) / (RATE * r[2]) for r in results]
        new[n] = x[n] - tau * RATE * sum(p * d for p, d in zip(SHARES, directions))
    return new


def scaffold():
    x = state(model())
    c = {n: torch.zeros_like(x[n]) for n in parameters(model())}
    own = [dict(c), dict(c)]
    out = []
    for _ in range(ROUNDS):
        results, changes = [], []
        for i, data in enumerate(CLIENTS):
            y, steps, _ = train(x, data, momentum=0.0, extra=lambda n, w, w0: c[n] - own[i][n])
            new = {n: own[i][n] - c[n] + (x[n] - y[n]) / (steps * RATE) for n in c}
            changes.append({n: new[n] - own[i][n] for n in c})
            own[i] = new
            results.append(y)
        y = mean(results, [0.5, 0.5])
        x = rounded({n: x[n] + SERVER_RATE * (y[n] - x[n]) if n in c else y[n] for n in x})
        c = {n: c[n] + sum(d[n] for d in changes) / len(CLIENTS) for n in c}
        out.append({**copy.deepcopy(x), **{"control." + n: v.clone() for n, v in c.items()}})
    return out


def fedbn():
    x = {k: v for k, v in state(model()).items() if not is_norm(k)}
    own = [{k: v for k, v in state(model()).items() if is_norm(k)} for _ in CLIENTS]
    out = []
    for _ in range(ROUNDS):
        results = []
        for i, data in enumerate(CLIENTS):
            y = train({**x, **own[i]}, data)[0]
            own[i] = {k: v for k, v in y.items() if is_norm(k)}
            results.append({k: v for k, v in y.items() if not is_norm(k)})
        x = mean(results)
        out.append({**copy.deepcopy(x), **{f"client{i}.{k}": v.clone() for i, o in enumerate(own) for k, v in o.items()}})
    return out


def feddyn():
    """Algorithm 1 of Acar et al.; plain local steps, both clients in every round."""
    x = state(model())
    names = parameters(model())
    gradients = [{n: torch.zeros_like(x[n]) for n in names} for _ in CLIENTS]
    h = {n: torch.zeros_like(x[n]) for n in names}
    out = []
    for _ in range(ROUNDS):
        results = []
        for i, data in enumerate(CLIENTS):
            y = train(x, data, momentum=0.0, extra=lambda n, w, w0: ALPHA * (w - w0) - gradients[i][n])[0]
            gradients[i] = {n: gradients[i][n] - ALPHA * (y[n] - x[n]) for n in names}
            results.append(y)
        h = {n: h[n] - ALPHA / len(CLIENTS) * sum(y[n] - x[n] for y in results) for n in names}
        y = mean(results, [0.5, 0.5])
        x = rounded({n: y[n] - h[n] / ALPHA if n in h else y[n] for n in x})
        out.append({**copy.deepcopy(x), **{f"client{i}.{n}": v.clone() for i, g in enumerate(gradients) for n, v in g.items()}})
    return out


def plain(s): return {k: v.flatten().tolist() for k, v in s.items()}


def play_all():
    return {"fedavg": play(fedavg), "fedprox": play(fedprox), "fedavgm": play(server("avgm")),
            "fedadagrad": play(server("adagrad")), "fedadam": play(server("adam")), "fedyogi": play(server("yogi")),
            "fednova": play(fednova), "scaffold": scaffold(), "fedbn": fedbn(), "feddyn": feddyn()}


if __name__ == "__main__": print(json.dumps({
    "epochs": EPOCHS, "batch": BATCH, "rate": RATE, "momentum": MOMENTUM, "decay": DECAY, "mu": MU,
    "serverRate": SERVER_RATE, "serverMomentum": SERVER_MOMENTUM, "beta1": BETA1, "beta2": BETA2, "tau": TAU, "alpha": ALPHA,
    "clients": [{"features": f, "labels": l} for f, l in CLIENTS],
    "initial": plain(state(model())),
    "rounds": {name: [plain(s) for s in states] for name, states in play_all().items()},
}, indent=None, separators=(",", ":")))
