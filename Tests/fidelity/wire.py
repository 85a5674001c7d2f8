"""Messages of the real federation: a request or an order of a few bytes, then a body of the size it says.

A model travels as a safetensors file, written here by the format's description and in the order of PyTorch's
state dict; prompts travel as lines of text. Both are encoded without fgl-sim, so equal sizes are a check.
"""
import json
import socket
import struct
from typing import Mapping

import torch

State = Mapping[str, torch.Tensor]

# A client's request: its number, what it wants, the round, the length of the body.
REQUEST = struct.Struct("<iiiq")
WANT_ORDER, UPLOAD = range(2)
# The server's order: what to do, the round, the length of the body.
ORDER = struct.Struct("<iiq")
TRAIN, DESCRIBE, RECEIVE, STOP = range(4)
# Bytes that the kernel holds for a connection, as the window of fgl-sim's `tcp`: a device without CPU time
# still receives.
WINDOW = 4 << 20


def widen(sock: socket.socket) -> None:
    """Gives a socket its buffers; before it connects or listens, as the window's scale is told then."""
    force_receive, force_send = 33, 32  # SO_RCVBUFFORCE and SO_SNDBUFFORCE, which Python does not name.
    sock.setsockopt(socket.SOL_SOCKET, force_receive, WINDOW)
    sock.setsockopt(socket.SOL_SOCKET, force_send, WINDOW)


def receive(sock: socket.socket, count: int) -> bytearray:
    """Exactly `count` bytes. Raises EOFError where the peer ends before."""
    body = bytearray(count)
    view, filled = memoryview(body), 0
    while filled < count:
        step = sock.recv_into(view[filled:])
        if step == 0:
            raise EOFError(f"{filled} of {count} bytes")
        filled += step
    return body


def encode_state(state: State, samples: "int | None" = None) -> bytes:
    """A safetensors file of float32 tensors; a client's says of how many images it was made."""
    header: "dict[str, object]" = {}
    if samples is not None:
        header["__metadata__"] = {"samples": f"{samples}"}
    end = 0
    for name, tensor in state.items():
        start, end = end, end + 4 * tensor.numel()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    tensors = [tensor.detach().contiguous().numpy().tobytes() for tensor in state.values()]
    return b"".join([struct.pack("<Q", len(text)), text, *tensors])


def decode_state(body: bytearray) -> "tuple[dict[str, torch.Tensor], int]":
    """The tensors of a file, which share its memory, and the number of images it says, otherwise 0."""
    (length,) = struct.unpack_from("<Q", body)
    header = json.loads(body[8:8 + length])
    metadata = header.pop("__metadata__", {})
    state = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        count, offset = (end - start) // 4, 8 + length + start
        flat = torch.frombuffer(body, dtype=torch.float32, count=count, offset=offset)
        state[name] = flat.reshape(entry["shape"])
    return state, int(metadata.get("samples", 0))


def encode_prompts(counts: "list[int]", classes: "list[str]") -> bytes:
    """A line for each class that a client holds: its label and its prompt."""
    lines = [f"{label}\tA photo of a {name}\n"
             for label, (count, name) in enumerate(zip(counts, classes)) if count > 0]
    return "".join(lines).encode()
