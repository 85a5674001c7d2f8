"""The steps of check.sh: each is a process of its own with a time limit, and its result an entry of gpu.json."""

import argparse
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = HERE / "lib/fgl-sim/fgl-sim"
# All steps together, in seconds: after that no new one begins.
TOTAL = 450


class Check:
    """The results so far, and how a step is run."""

    def __init__(self, given):
        self.device, self.small = given.device, given.small
        self.output = pathlib.Path(given.output)
        self.output.mkdir(parents=True, exist_ok=True)
        self.work = self.output / "work" if given.small else pathlib.Path("/tmp/fgl-gpu-work")
        self.work.mkdir(parents=True, exist_ok=True)
        self.begin = time.monotonic()
        self.results = {"device": given.device, "small": given.small, "steps": {}}
        self.environment = dict(os.environ)
        self.shim = given.shim

    def left(self):
        return TOTAL - (time.monotonic() - self.begin)

    def step(self, name, limit, body):
        """Runs a step; what it raises is its result."""
        begin = time.monotonic()
        if self.left() < 10:
            result = {"ok": False, "error": "no time was left"}
        else:
            try:
                result = {"ok": True, **body(min(limit, self.left()))}
            except subprocess.TimeoutExpired as error:
                result = {"ok": False, "error": f"not done within {error.timeout:.0f} s"}
            except Exception as error:  # noqa: BLE001: whatever it is, the other steps are run
                text = f"{type(error).__name__}: {error}".strip()
                # Of a traceback, its last line says what was wrong.
                lines = text.splitlines()
                result = {"ok": False, "error": lines[0][:200] + (" … " + lines[-1][:300] if len(lines) > 1 else "")}
        result["seconds"] = round(time.monotonic() - begin, 1)
        self.results["steps"][name] = result
        mark = "ok" if result["ok"] else "FAILED"
        print(f"{mark:8}{name} ({result['seconds']} s) {result.get('error', '')}", flush=True)
        self.write()
        return result

    def write(self):
        (self.output / "gpu.json").write_text(json.dumps(self.results, indent=1) + "\n")
        (self.output / "gpu.md").write_text(table(self.results))

    def run(self, name, command, limit, environment=None, allowed=(0,)):
        """Output of a command, which also goes to a file; raises where it fails."""
        with Memory(self.device) as memory:
            done = subprocess.run(
                [str(part) for part in command], capture_output=True, text=True, timeout=limit,
                env={**self.environment, **(environment or {})})
        (self.output / f"{name}.log").write_text(done.stdout + done.stderr)
        if done.returncode not in allowed:
            raise RuntimeError(f"exit code {done.returncode}: {(done.stderr or done.stdout).strip()[-600:]}")
        self.peak = memory.peak
        return done.stdout

    def bench(self, name, arguments, limit, environment=None, allowed=(0,)):
        """The objects that `fgl-sim bench … --json` prints."""
        command = [PROGRAM, "bench", *arguments, "--device", self.device, "--json"]
        text = self.run(name, command, limit, environment, allowed)
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def peer(self, name, arguments, limit):
        """What a part of peers.py prints."""
        import torch

        # A shim of fake.sh has a `cuda` that PyTorch does not know.
        device = self.device if self.device == "cpu" or torch.cuda.is_available() else "cpu"
        text = self.run(name, [sys.executable, HERE / "peers.py", *arguments, "--device", device], limit)
        return json.loads(text.strip().splitlines()[-1])


class Memory:
    """The most memory of the GPU that was in use while it lives, in MiB; 0 without nvidia-smi."""

    def __init__(self, device):
        self.peak, self.stop = 0, threading.Event()
        self.watched = device.startswith("cuda") and shutil.which("nvidia-smi") is not None

    def __enter__(self):
        if self.watched:
            self.thread = threading.Thread(target=self.watch)
            self.thread.start()
        return self

    def watch(self):
        query = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits", "-i", "0"]
        while not self.stop.wait(0.3):
            text = subprocess.run(query, capture_output=True, text=True).stdout.strip()
            if text.isdigit():
                self.peak = max(self.peak, int(text))

    def __exit__(self, *_):
        self.stop.set()
        if self.watched:
            self.thread.join()


# ---- Steps --------------------------------------------------------------------------------------------------


def machine(check, limit):
    import torch

    facts = {
        "python": sys.version.split()[0], "torch": torch.__version__, "cuda": torch.version.cuda,
        "processors": os.cpu_count(), "compiler": shutil.which("g++") or "",
        "gpus": [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())],
    }
    if check.device.startswith("cuda") and not facts["gpus"] and check.shim is None:
        raise RuntimeError(f"PyTorch {torch.__version__} sees no GPU")
    return facts


def shim(check, limit):
    """A shim for the PyTorch that is here: built, or one that the bundle brings."""
    import torch

    folder = pathlib.Path(torch.__path__[0])
    # A shim that was built elsewhere looks for libtorch where it was there.
    check.environment["LD_LIBRARY_PATH"] = f"{folder / 'lib'}:{os.environ.get('LD_LIBRARY_PATH', '')}"
    if check.shim is not None:
        check.environment["FGL_TORCH_SHIM"] = check.shim
        return {"shim": check.shim}
    target, failure = check.work / "libTorchShim.so", ""
    try:
        check.run("shim", ["bash", HERE / "lib/fgl-sim/shim/build-shim.sh", folder, target], limit)
        check.environment["FGL_TORCH_SHIM"] = str(target)
        return {"shim": "built here"}
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        failure = str(error)
    version = torch.__version__.split("+")[0]
    ready = HERE / f"shims/libTorchShim-{version}.so"
    if not ready.exists():
        raise RuntimeError(f"{failure}; and the bundle has none for {version}")
    check.environment["FGL_TORCH_SHIM"] = str(ready)
    return {"shim": "of the bundle", "why": failure[:200]}


def version(check, limit):
    return {"text": check.run("version", [PROGRAM, "--version"], limit).splitlines()}


def fixtures(check, limit):
    """The device beside the processor and diffusers' values; exit code 65 says that a difference is too large."""
    folders = sorted(path.parent for path in (HERE / "fixtures").glob("*/expected.safetensors"))
    named = [part for folder in folders for part in ("--fixtures", folder)]
    checks = check.bench("fixtures", ["device", *named], limit, {"NVIDIA_TF32_OVERRIDE": "0"}, (0, 65))
    wrong = [entry for entry in checks if not entry["right"]]
    if wrong or not checks:
        check.results["fixtures_wrong"] = wrong
        raise RuntimeError(f"{len(wrong)} of {len(checks)} differ too much: {', '.join(entry['check'] for entry in wrong)}")
    return {"checks": len(checks), "largest": max(checks, key=lambda entry: entry["difference"])}


def quickstart(check, limit):
    """The accuracies of the quickstart on both devices, which run side by side."""
    scenario = HERE / "share/fgl-sim/scenarios/quickstart.yaml"
    small = ["methods=[fgl-one-shot, fedavg]", "data.train-per-class=20", "data.test-per-class=20", "training.rounds=2",
             "training.local-epochs=1", "synthesis.per-class=10", "synthesis.steps=2", "synthesis.epochs=4"]
    jobs, files, begin = max(1, (os.cpu_count() or 2) // 2), {}, time.monotonic()
    running = {}
    for device in {"cpu", check.device}:
        files[device] = check.work / f"quickstart-{device.replace(':', '-')}.sqlite"
        files[device].unlink(missing_ok=True)
        changes = [f"device={device}", *(small if check.small else [])]
        command = [PROGRAM, "run", scenario, "--output", files[device], "--quiet", "--jobs", str(jobs)]
        command += [part for change in changes for part in ("--set", change)]
        log = open(check.output / f"quickstart-{device.replace(':', '-')}.log", "w")
        running[device] = subprocess.Popen(
            [str(part) for part in command], stdout=log, stderr=log, env=check.environment)
    seconds, accuracies = {}, {}
    try:
        for device, process in running.items():
            code = process.wait(timeout=max(1, limit - (time.monotonic() - begin)))
            seconds[device] = round(time.monotonic() - begin, 1)
            if code != 0:
                raise RuntimeError(f"exit code {code} on {device}: {pathlib.Path(log.name).read_text()[-400:]}")
            rows = sqlite3.connect(files[device]).execute("select method, final_accuracy from comparison").fetchall()
            accuracies[device] = dict(rows)
    finally:
        for process in running.values():
            process.kill()
    other = accuracies[check.device]
    differences = {name: round(other[name] - value, 4) for name, value in accuracies["cpu"].items()}
    # Sums in another order are another training: a hundred test images a class tell accuracies to about 2 points.
    allowed = 0.25 if check.small else 0.06
    result = {"accuracies": accuracies, "wall_s": seconds, "differences": differences, "allowed": allowed}
    if any(abs(value) > allowed for value in differences.values()):
        check.results["quickstart"] = result
        raise RuntimeError(f"accuracies differ by more than {allowed}: {differences}")
    return result


def checkpoint(check, limit):
    """A model of Stable Diffusion 2.1-base's size with random weights; the tiny fixture in a small run."""
    check.model = check.work / "real-size"
    if check.small:
        check.model = HERE / "fixtures/sd-turbo"
        return {"model": "the tiny sd-turbo"}
    with_diffusers(check)
    check.run("checkpoint", [sys.executable, HERE / "real_size.py", "make", check.model, "--tokenizer",
                             HERE / "tokenizer"], limit)
    return {"model": "Stable Diffusion 2.1-base's shape"}


def with_diffusers(check):
    """diffusers from the bundle where the machine has none."""
    try:
        import diffusers  # noqa: F401
    except ImportError:
        wheels = sorted(str(path) for path in (HERE / "wheels").glob("*.whl"))
        if not wheels:
            raise RuntimeError("no diffusers here nor in the bundle")
        # A wheel of Python alone can be imported as it is.
        added = os.pathsep.join(wheels)
        check.environment["PYTHONPATH"] = f"{added}{os.pathsep}{check.environment.get('PYTHONPATH', '')}"


def values(check, limit):
    """One call of the UNet and one decoding in float32, beside diffusers on the same device, weights and inputs."""
    begin, file = time.monotonic(), check.work / "values.safetensors"
    exact = {"NVIDIA_TF32_OVERRIDE": "0"}
    batch = "2" if check.small else "1"
    ours = check.bench("values", ["networks", "--foundation", check.model, "--batch", batch, "--output", file], limit, exact)
    result = {"fgl-sim": ours[0]}
    with_diffusers(check)
    check.environment.update(exact)
    try:
        peer = check.peer("values-peer", ["values", check.model, file], limit - (time.monotonic() - begin))
    finally:
        check.environment.pop("NVIDIA_TF32_OVERRIDE")
    result["difference"] = peer
    if max(peer["prediction"], peer["images"]) > 1e-3:
        raise RuntimeError(f"differences of {peer}; allowed 1e-3")
    return result


def networks(check, limit):
    """Seconds of a call of the UNet and of decoding in fp16, and images/s of 10 guided steps, beside diffusers."""
    begin, rows = time.monotonic(), []
    precision = "fp16" if check.device.startswith("cuda") else "bf16"
    for batch in [2] if check.small else [8, 32]:
        common = ["--foundation", check.model, "--batch", batch, "--precision", precision]
        row = {"batch": batch, "precision": precision}
        row["fgl-sim"] = check.bench(f"networks-{batch}", ["networks", *common], limit - (time.monotonic() - begin))[0]
        row["fgl-sim"]["peak_MiB"] = check.peak
        rows.append(row)
        images = check.bench(f"synthesis-{batch}", ["synthesis", "--steps", 10, *common], limit - (time.monotonic() - begin))
        row["fgl-sim"]["images_per_s"] = images[0]["images_per_s"]
        row["fgl-sim"]["synthesis_peak_MiB"] = check.peak
        check.results["networks_so_far"] = rows
        with_diffusers(check)
        row["diffusers"] = check.peer(
            f"networks-peer-{batch}", ["networks", check.model, "--batch", str(batch), "--precision", precision],
            limit - (time.monotonic() - begin))
        row["diffusers"]["peak_MiB"] = check.peak
    check.results.pop("networks_so_far", None)
    return {"rows": rows}


def training(check, limit):
    """ResNet-18 at 224 pixels, images/s, beside PyTorch."""
    begin, rows = time.monotonic(), []
    side, batch = (32, 8) if check.small else (224, 128)
    for precision in ["fp32", "bf16"]:
        row = {"side": side, "batch": batch, "precision": precision}
        common = ["train", "--side", side, "--batch", batch, "--precision", precision]
        for workers in [1] if check.small else [1, 4]:
            found = check.bench(f"train-{precision}-{workers}", [*common, "--workers", workers],
                                limit - (time.monotonic() - begin))
            row[f"fgl-sim, {workers} worker{'s' if workers > 1 else ''}"] = found[0]["images_per_s"]
            row[f"peak_MiB, {workers}"] = check.peak
        row["PyTorch"] = check.peer(
            f"train-peer-{precision}", ["train", "--side", str(side), "--batch", str(batch), "--precision", precision],
            limit - (time.monotonic() - begin))["images_per_s"]
        rows.append(row)
        check.results["training_so_far"] = rows
    check.results.pop("training_so_far", None)
    return {"rows": rows}


# ---- The table ----------------------------------------------------------------------------------------------


def table(results):
    """gpu.json as Markdown."""
    steps = results["steps"]
    facts = steps.get("machine", {})
    gpu = ", ".join(facts.get("gpus", [])) or "no GPU"
    lines = [f"Device {results['device']}{', tiny models' if results['small'] else ''}: {gpu}; PyTorch {facts.get('torch', '?')}, "
             f"CUDA {facts.get('cuda')}, {facts.get('processors', '?')} processors.", "", "| step | seconds | result |", "|---|---|---|"]
    for name, step in steps.items():
        said = step.get("error") or {
            "shim": step.get("shim"), "fixtures": f"{step.get('checks')} checks right",
            "quickstart": f"accuracies beside the CPU's: {step.get('differences')}",
            "checkpoint": step.get("model"), "values": f"beside diffusers: {step.get('difference')}",
        }.get(name, "")
        lines.append(f"| {name} | {step['seconds']} | {'' if step['ok'] else 'FAILED: '}{str(said).replace('|', '/')[:300]} |")
    rows = steps.get("networks", {}).get("rows") or results.get("networks_so_far") or []
    if rows:
        lines += ["", "| batch | program | UNet call, s | decoding, s | images/s, 10 guided steps | GPU memory, MiB |", "|---|---|---|---|---|---|"]
        for row in rows:
            for name in ("fgl-sim", "diffusers"):
                if name in row:
                    found = row[name]
                    lines.append(f"| {row['batch']}, {row['precision']} | {name} | {found.get('unet_s')} | {found.get('decoder_s')} | "
                                 f"{found.get('images_per_s')} | {found.get('synthesis_peak_MiB', found.get('peak_MiB'))} |")
    rows = steps.get("training", {}).get("rows") or results.get("training_so_far") or []
    if rows:
        names = [name for name in rows[0] if name.startswith(("fgl-sim", "PyTorch"))]
        lines += ["", f"| ResNet-18, {rows[0]['side']} px, batch {rows[0]['batch']}, images/s | {' | '.join(names)} |",
                  "|---" * (len(names) + 1) + "|"]
        lines += [f"| {row['precision']} | {' | '.join(str(row.get(name)) for name in names)} |" for row in rows]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--output", default=os.environ.get("OUT") or "gpu-results")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--shim")
    given = parser.parse_args()
    given.small = given.small or given.device == "cpu"
    check = Check(given)
    # Its limit in seconds; together they are more than there is, since few take it all.
    steps = [(machine, 30), (shim, 150), (version, 20), (fixtures, 120), (checkpoint, 90), (values, 90), (networks, 150),
             (training, 120), (quickstart, 150)]
    for step, limit in steps:
        check.step(step.__name__, limit, lambda left, step=step: step(check, left))
    if not given.small:
        shutil.rmtree(check.work, ignore_errors=True)
    print((check.output / "gpu.md").read_text())
    failed = [name for name, step in check.results["steps"].items() if not step["ok"]]
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
