"""The methods of methods.py on images and a TorchScript module, as a run of fgl-sim plays them from its scenario.

Client 0 holds 6 copies of one 8 x 8 image of class a, client 1 holds 15 of another of class b: in whatever order a client
goes through its images, its batches are the same. Run: python runs.py   writes runs.json, runs.pt and runs-{a,b}.png
"""
import json, math, struct, zlib
from pathlib import Path
import torch
import methods

HERE, SIDE = Path(__file__).resolve().parent, 8


def pixel(image, channel, y, x):
    return int(127.5 + 120 * math.sin(0.9 * x + 0.5 * y * (channel + 1) + 2.1 * image + channel))


def png(image):
    rows = b"".join(b"\0" + bytes(pixel(image, c, y, x) for x in range(SIDE) for c in range(3)) for y in range(SIDE))
    def chunk(kind, data): return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def scaled(image):
    return [[[pixel(image, c, y, x) / 127.5 - 1 for x in range(SIDE)] for y in range(SIDE)] for c in range(3)]


def model():
    net = torch.nn.Sequential()
    net.add_module("norm", torch.nn.BatchNorm2d(3))
    net.add_module("flat", torch.nn.Flatten())
    net.add_module("fc", torch.nn.Linear(3 * SIDE * SIDE, 2))
    with torch.no_grad():
        net.fc.weight.copy_(torch.tensor(
            [[0.05 * math.sin(1.7 * i + 3 * j) for i in range(3 * SIDE * SIDE)] for j in range(2)]).float().double())
        net.fc.bias.copy_(torch.tensor([0.05, -0.1]).float().double())
    return net


if __name__ == "__main__":
    methods.model = model
    methods.CLIENTS = [([scaled(0)] * 6, [0] * 6), ([scaled(1)] * 15, [1] * 15)]
    for image, name in enumerate("ab"): (HERE / f"runs-{name}.png").write_bytes(png(image))
    torch.jit.script(model().float()).save(str(HERE / "runs.pt"))
    last = {name: rounds[-1] for name, rounds in methods.play_all().items()}
    (HERE / "runs.json").write_text(json.dumps(
        {name: {k: [float(f"{v:.9g}") for v in t.flatten().tolist()] for k, t in s.items()} for name, s in last.items()},
        separators=(",", ":")))
