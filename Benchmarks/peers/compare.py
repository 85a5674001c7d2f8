"""Runs fgl-sim and its peers in alternating pairs and prints the medians of the ratios."""
import importlib.util
import itertools
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = sys.argv[1]
SUBJECTS = sys.argv[2:] or ["train", "synthesis", "curve", "federation"]
PAIRS = int(os.environ.get("FGL_PEERS_PAIRS", "5"))
DATA = os.environ.get("FGL_DATA", "../shared/data")
FIXTURES = os.environ.get("FGL_FIXTURES", "../shared/fixtures")


def has(*modules):
    return all(importlib.util.find_spec(module) for module in modules)


def say(**fields):
    print(json.dumps(fields), flush=True)


def lines(command):
    environment = dict(os.environ, OMP_NUM_THREADS="1", FGL_CACHE_LIMIT="0B")
    result = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def ours(*arguments):
    return lines([PROGRAM, "bench", *arguments, "--json"])


class PeerFailed(Exception):
    pass


def peer(script, *arguments):
    try:
        return lines([sys.executable, os.path.join(HERE, script), *map(str, arguments)])[-1]
    except subprocess.CalledProcessError as error:
        # A peer of another version is its own matter: its last line says what it lacks.
        raise PeerFailed(script + ": " + (error.stderr.strip().splitlines() or ["no word"])[-1])


def pairs(name, first, second, better=max, **fields):
    """The median of first() / second() over pairs, each pair in turns the other way round."""
    ratios, firsts, seconds = [], [], []
    for pair in range(PAIRS):
        if pair % 2 == 0:
            a, b = first(), second()
        else:
            b, a = second(), first()
        firsts.append(a)
        seconds.append(b)
        ratios.append(a / b)
    say(compare=name, ratio=round(statistics.median(ratios), 3), pairs=PAIRS,
        lowest=round(min(ratios), 3), highest=round(max(ratios), 3),
        ours=round(statistics.median(firsts), 2), theirs=round(statistics.median(seconds), 2), **fields)


def train():
    for precision, batch in itertools.product(["fp32", "bf16"], [32, 64]):
        if not has("torch"):
            say(skipped="train: no torch")
            break
        choices = list(itertools.product(["contiguous", "channels_last"], ["foreach", "fused"]))
        best = max(choices, key=lambda choice: peer("train_pytorch.py", batch, precision, *choice)["images_per_cpu_s"])
        pairs("training step, images per processor second, beside PyTorch",
              lambda: ours("train", "--batch", str(batch), "--precision", precision, "--workers", "1")[0]["images_per_cpu_s"],
              lambda: peer("train_pytorch.py", batch, precision, *best)["images_per_cpu_s"],
              precision=precision, batch=batch, pytorch=" ".join(best))
    for precision in ["fp32", "bf16"]:
        rate = lambda workers: ours("train", "--batch", "32", "--precision", precision, "--workers", str(workers))[0]
        pairs("two workers beside one, images per second", lambda: rate(2)["images_per_s"],
              lambda: rate(1)["images_per_s"], precision=precision, batch=32)


def synthesis():
    folder = os.path.join(FIXTURES, "stable-diffusion-tiny")
    if not has("torch", "diffusers", "transformers") or not os.path.isdir(folder):
        say(skipped="synthesis: no diffusers, or no " + folder)
        return
    steps = 20
    layouts = ["contiguous", "channels_last"]
    best = max(layouts, key=lambda layout: peer("synthesis_diffusers.py", folder, steps, 32, layout)["images_per_cpu_s"])
    for precision in ["fp32", "bf16"]:
        pairs("synthesis, images per processor second, beside diffusers in float32",
              lambda: ours("synthesis", "--foundation", folder, "--precision", precision, "--steps", str(steps))[0]["images_per_cpu_s"],
              lambda: peer("synthesis_diffusers.py", folder, steps, 32, best)["images_per_cpu_s"],
              precision=precision, steps=steps, batch=32, diffusers=best)


def curve():
    """Accuracies after ten epochs, seed by seed: the same learning, not only the same speed."""
    folder = os.path.join(DATA, "cifar10")
    if not has("torch", "PIL") or not os.path.isdir(os.path.join(folder, "train")):
        say(skipped="curve: no torch, or no folder " + folder + " (unpack cifar10-12k.tar there)")
        return
    ends = {"pytorch": [], "fp32": [], "bf16": []}
    for seed in range(1, 4):
        ends["pytorch"].append(peer("curve_pytorch.py", folder, 10, seed)["accuracy"][-1])
        for precision in ["fp32", "bf16"]:
            ends[precision].append(peer("curve_fgl.py", PROGRAM, folder, 10, seed, precision)["accuracy"][-1])
    say(compare="accuracy after ten epochs, centralized", **ends,
        means={name: round(statistics.mean(values), 4) for name, values in ends.items()})


def federation():
    folder = os.path.join(DATA, "cifar10")
    if not os.path.isdir(os.path.join(folder, "train")):
        say(skipped="federation: no folder " + folder + " (unpack cifar10-12k.tar there)")
        return
    scripts = {"federation_pytorch.py": ["torch", "PIL"], "federation_flower.py": ["torch", "PIL", "flwr", "ray"],
               "federation_pfl.py": ["torch", "PIL", "pfl"]}
    for script, modules in list(scripts.items()):
        if not has(*modules):
            say(skipped=f"{script}: not installed: " + ", ".join(m for m in modules if not has(m)))
            del scripts[script]
    for clients in [10, 100]:
        # Everybody once a turn, and each turn begins with another.
        turns = []
        for turn in range(PAIRS):
            runs = {"fgl-sim": lambda: peer("federation_fgl.py", PROGRAM, folder, clients, 3)}
            for script in scripts:
                runs[script] = lambda script=script: peer(script, folder, clients, 3)
            names = list(runs)
            first = turn % len(names)
            turns.append({name: runs[name]() for name in names[first:] + names[:first]})
            say(turn=turn, clients=clients, **{name: result["wall_s"] for name, result in turns[-1].items()})
        own = [turn["fgl-sim"] for turn in turns]
        say(clients=clients, rounds=3, fgl_sim=own[-1], wall_s=statistics.median(run["wall_s"] for run in own))
        for script in scripts:
            ratios = [turn["fgl-sim"]["wall_s"] / turn[script]["wall_s"] for turn in turns]
            say(compare="FedAvg, wall time (less is better), beside " + script, clients=clients, rounds=3,
                ratio=round(statistics.median(ratios), 3), lowest=round(min(ratios), 3), highest=round(max(ratios), 3),
                pairs=PAIRS, theirs=turns[-1][script])


failures = 0
for subject in SUBJECTS:
    try:
        {"train": train, "synthesis": synthesis, "curve": curve, "federation": federation}[subject]()
    except PeerFailed as failure:
        failures += 1
        say(failed=f"{subject}: {failure}")
sys.exit(1 if failures else 0)
