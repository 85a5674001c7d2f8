"""Centralized training of ResNet-18 by fgl-sim, one worker: the accuracy after each epoch.

Usage: curve_fgl.py PROGRAM FOLDER EPOCHS SEED PRECISION
"""
import json
import os
import sqlite3
import sys
import tempfile

import fgl

program, folder, epochs, seed, precision = sys.argv[1:6]
scenario = f"""
name: curve
seed: {seed}
clients: 1
methods: [centralized]
data: {{ set: image-folder, path: {os.path.abspath(folder)}, side: 32, augmentation: none, partition: {{ kind: iid }} }}
training: {{ precision: {precision} }}
centralized: {{ epochs: {epochs}, batch: 32, learning-rate: 0.01, schedule: cosine }}
"""
with tempfile.TemporaryDirectory() as place:
    log = fgl.run(program, scenario, 1, place)
    with sqlite3.connect(log) as database:
        rows = database.execute("SELECT value FROM metric WHERE name = 'accuracy' AND split = 'test' ORDER BY round")
        curve = [value for value, in rows]
print(json.dumps({"peer": "fgl-sim", "seed": int(seed), "precision": precision, "accuracy": curve}))
