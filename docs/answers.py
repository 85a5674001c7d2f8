#!/usr/bin/env python3
"""Writes the answers of docs/queries.md anew: each query is asked of results/cookbook.sqlite.

    fgl-sim run scenarios/cookbook.yaml --seeds 1..2 --output results/cookbook.sqlite   # into no earlier file
    docs/answers.py
"""
import pathlib
import sqlite3

root = pathlib.Path(__file__).resolve().parent.parent
database = sqlite3.connect(f"file:{root}/results/cookbook.sqlite?mode=ro", uri=True)
page = root / "docs/queries.md"


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
page.write_text("\n## ".join([first, *map(answered, sections)]))
