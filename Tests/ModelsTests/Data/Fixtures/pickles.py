"""Writes pickles.json: batches of CIFAR for Python as pickle and NumPy write them.

Two images a batch; image i of batch b has the value 10 b + 3 i + channel in all pixels of a channel.
`python2` has the instructions of the files that are distributed: protocol 2, strings of Python 2.
"""

import base64
import json
import pickle
import struct

import numpy


def batch(keys, labels):
    pixels = numpy.repeat(numpy.array([[10, 11, 12], [13, 14, 15]], dtype=numpy.uint8), 1024, axis=1)
    value = {"data": pixels, "filenames": ["a.png", "b.png"], "batch_label": "training batch 1 of 5", **labels}
    return {key.encode(): item for key, item in value.items()} if keys is bytes else value


def python2(value):
    """The instructions of Python 2's pickle for dictionaries of strings, lists and one array."""
    memo = 0
    out = b"\x80\x02"

    def put():
        nonlocal memo
        memo += 1
        return b"q" + bytes([memo])

    def write(item):
        if isinstance(item, str):
            return b"U" + bytes([len(item)]) + item.encode() + put()
        if isinstance(item, int):
            return b"K" + bytes([item])
        if isinstance(item, list):
            return b"]" + put() + b"(" + b"".join(map(write, item)) + b"e"
        rows, columns = item.shape
        data = item.tobytes()
        return (
            b"cnumpy.core.multiarray\n_reconstruct\n" + put() + b"cnumpy\nndarray\n" + put() + b"K\x00\x85" + put()
            + b"U\x01b\x87" + put() + b"R" + put() + b"(K\x01K" + bytes([rows]) + b"M" + struct.pack("<H", columns)
            + b"\x86" + put() + b"cnumpy\ndtype\n" + put() + b"U\x02u1K\x00K\x01\x87" + put() + b"R" + put()
            + b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T" + struct.pack("<I", len(data)) + data
            + b"tb"
        )

    out += b"}" + put() + b"("
    for key, item in value.items():
        out += write(key) + write(item)
    return out + b"u."


ten = {"labels": [3, 9]}
hundred = {"fine_labels": [99, 0], "coarse_labels": [19, 4]}
files = {"python2": python2(batch(str, ten)), "hundred": python2(batch(str, hundred))}
for protocol in range(2, 6):
    files[f"protocol{protocol}"] = pickle.dumps(batch(bytes if protocol % 2 else str, ten), protocol=protocol)
files["numpyLabels"] = pickle.dumps(batch(str, {"labels": [numpy.int64(3), numpy.int64(9)]}), protocol=4)
files["columnMajor"] = pickle.dumps({"data": numpy.asfortranarray(batch(str, {})["data"]), "labels": [3, 9]}, protocol=4)
files["wide"] = pickle.dumps({"data": numpy.zeros((2, 3072), dtype=numpy.float32), "labels": [3, 9]}, protocol=4)
files["code"] = b"\x80\x02cposix\nsystem\nU\x04true\x85R."
json.dump({name: base64.b64encode(data).decode() for name, data in files.items()}, open("pickles.json", "w"), indent=0)
