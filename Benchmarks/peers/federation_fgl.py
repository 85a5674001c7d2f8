"""FedAvg by fgl-sim on an image folder: wall time from start to exit, and the peak resident memory.

Usage: federation_fgl.py PROGRAM FOLDER CLIENTS ROUNDS
"""
import json
import os
import resource
import sys
import tempfile
import time

import fgl

program, folder, clients, rounds = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4]
scenario = f"""
name: peers
clients: {clients}
methods: [fedavg]
data: {{ set: image-folder, path: {os.path.abspath(folder)}, side: 32, augmentation: none, partition: {{ kind: iid }} }}
training: {{ rounds: {rounds}, local-epochs: 1, batch: 32, learning-rate: 0.01, averaging: samples }}
"""
with tempfile.TemporaryDirectory() as place:
    start = time.perf_counter()
    fgl.run(program, scenario, 2, place)
    seconds = time.perf_counter() - start
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"peer": "fgl-sim", "clients": int(clients), "rounds": int(rounds), "wall_s": round(seconds, 2),
                  "cpu_s": round(usage.ru_utime + usage.ru_stime, 2), "peak_MB": round(usage.ru_maxrss / 1000)}))
