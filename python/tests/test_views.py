"""The package's views are those of the program."""

import os
import re
import sqlite3
from pathlib import Path

import fgl_sim

FILE = Path(fgl_sim.__file__).with_name("views.sql")
HEADER = (
    "-- The views of a results file, as the program writes them. Made by tests/test_views.py with "
    "FGL_UPDATE_SNAPSHOTS=1; do not edit.\n")


def test_views_are_those_of_the_program(timing):
    views = sqlite3.connect(timing).execute("SELECT sql FROM sqlite_schema WHERE type = 'view' ORDER BY rowid")
    text = HEADER + "".join(f"\n{sql.strip()};\n" for (sql,) in views)
    if os.environ.get("FGL_UPDATE_SNAPSHOTS"):
        FILE.write_text(text)
    assert FILE.read_text() == text, "FGL_UPDATE_SNAPSHOTS=1 make python-test writes them anew"
    # What `_complete` relies on to leave one out.
    assert all(";\n" not in view[:-2] for view in re.findall(r"CREATE VIEW .*?;\n", text, re.DOTALL))
