#!/usr/bin/env python3
"""Writes the answers of docs/queries.md again: runs each query on results/cookbook.sqlite.

    fgl-sim run scenarios/cookbook.yaml --seeds 1..2 --output results/cookbook.sqlite   # a new file
    docs/answers.py

Needs a build (`make build`), or the program's path in FGL_SIM.
"""
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

root = pathlib.Path(__file__).resolve().parent.parent
program = os.environ.get("FGL_SIM", root / ".build/release/fgl-sim")
page = root / "docs/queries.md"


def opened(path, folder):
    """A copy of a results file with all views.

    A file has the views of the version that last wrote to it. A what-if writes to the copy; its run is then removed.
    """
    copy = pathlib.Path(folder) / path.name
    shutil.copy(path, copy)
    database = sqlite3.connect(copy)
    last = database.execute("SELECT max(run_id) FROM run").fetchone()[0]
    command = [program, "replay", copy, "--run", "1", "--set", "network.client.latency=1s"]
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)
    tables = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        if "run_id" in columns:
            database.execute(f"DELETE FROM {table} WHERE run_id > {last}")
    return database


def cell(value):
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def answered(section):
    parts = section.split("```")
    answer = database.execute(parts[1].removeprefix("sql\n"))
    names = [column[0] for column in answer.description]
    rows = [[cell(value) for value in row] for row in answer]
    lines = parts[2].split("\n")
    table = [number for number, line in enumerate(lines) if line.startswith("|")]
    lines[table[0]:table[-1] + 1] = (
        ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)] + ["| " + " | ".join(row) + " |" for row in rows])
    return "```".join([*parts[:2], "\n".join(lines), *parts[3:]])


first, *sections = page.read_text().split("\n## ")
with tempfile.TemporaryDirectory() as folder:
    database = opened(root / "results/cookbook.sqlite", folder)
    page.write_text("\n## ".join([first, *map(answered, sections)]))
    database.close()
