"""Files that are missing, foreign, damaged or hostile: one sentence each."""

import os
import shutil
import sqlite3

import pytest

import fgl_sim as fgl
from conftest import python


def sentence(path):
    with pytest.raises(fgl.FileError) as caught:
        e = fgl.open(path)
        for name in ("runs", "accuracy", "transfers", "events", "metrics"):
            e.frame(name)
    text = str(caught.value)
    assert text.startswith(str(path)) and "\n" not in text
    return text


def test_missing(tmp_path):
    path = tmp_path / "none.sqlite"
    assert sentence(path).endswith("there is no such file")
    with pytest.raises(FileNotFoundError):
        fgl.open(path)


def test_empty(tmp_path):
    path = tmp_path / "empty.sqlite"
    path.touch()
    assert sentence(path).endswith("is empty: no run was written to it")


def test_empty_database(tmp_path):
    path = tmp_path / "empty.sqlite"
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 1")
    database.commit()
    assert "is an empty database" in sentence(path)


def test_text(tmp_path):
    path = tmp_path / "text.sqlite"
    path.write_text("run_id,method\n" * 100)
    assert sentence(path).endswith("is not an SQLite database")


def test_folder_and_pipe(tmp_path):
    assert "is a folder" in sentence(tmp_path)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "is not a regular file" in sentence(pipe)


def test_database_of_another_program(tmp_path):
    path = tmp_path / "other.sqlite"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE run (x)")
    assert "is a database of another program" in sentence(path)


def test_cut_off(timing, copy_of):
    path = copy_of(timing)
    with open(path, "r+b") as stream:
        stream.truncate(path.stat().st_size // 2)
    assert "is damaged" in sentence(path)


def test_overwritten_pages(timing, copy_of):
    path = copy_of(timing)
    with open(path, "r+b") as stream:
        stream.seek(8192)
        stream.write(b"\xff" * (path.stat().st_size - 8192))
    assert "is damaged" in sentence(path)


def altered(path, *statements):
    database = sqlite3.connect(path)
    database.execute("PRAGMA foreign_keys = OFF")
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()
    return path


def test_missing_table(timing, copy_of):
    assert "table 'work' is missing" in sentence(altered(copy_of(timing), "ALTER TABLE work RENAME TO labour"))


def test_missing_column(timing, copy_of):
    path = altered(copy_of(timing), "DROP TABLE prompt", "CREATE TABLE prompt (run_id)")
    assert "table 'prompt' has no plain column 'client_id'" in sentence(path)


def test_view_in_place_of_a_table(timing, copy_of):
    path = altered(copy_of(timing), "DROP TABLE prompt", "CREATE VIEW prompt AS SELECT 1 AS run_id")
    assert "table 'prompt' is a view" in sentence(path)


def test_views_of_the_file_are_not_used(timing, copy_of):
    path = altered(copy_of(timing), "DROP VIEW communication", "CREATE VIEW communication AS SELECT 42 AS run_id")
    shown = fgl.open(path).communication
    assert list(shown["bytes"]) == list(fgl.open(timing).communication["bytes"])


def test_cells_of_another_type(timing, copy_of):
    path = altered(copy_of(timing), "ALTER TABLE event RENAME TO e", "CREATE TABLE event AS SELECT * FROM e",
                   "UPDATE event SET bytes = 'many' WHERE seq = 3")
    assert sentence(path).endswith("events, column bytes holds something other than whole numbers")


def test_negative_bytes(timing, copy_of):
    path = altered(copy_of(timing), "ALTER TABLE event RENAME TO e", "CREATE TABLE event AS SELECT * FROM e",
                   "UPDATE event SET bytes = -1 WHERE seq = 3")
    assert "a negative number" in sentence(path)


def test_accuracy_of_ten(tiny, copy_of):
    path = altered(copy_of(tiny), "UPDATE metric SET value = 10 WHERE name = 'accuracy'")
    assert "no fraction from 0 to 1" in sentence(path)


def test_later_migrations_are_no_obstacle(timing, copy_of):
    path = altered(copy_of(timing), "INSERT INTO grdb_migrations VALUES ('v99 more')", "ALTER TABLE run ADD extra TEXT")
    assert len(fgl.open(path).runs) == 6


def test_settings_as_a_table(timing, copy_of):
    """What a later version may do with the view `run_setting`."""
    path = altered(copy_of(timing), "DROP VIEW IF EXISTS run_setting",
                   "CREATE TABLE run_setting (run_id INTEGER, key TEXT, value TEXT)",
                   "INSERT INTO run_setting SELECT run_id, 'a.key', run_id FROM run")
    runs = fgl.open(path).runs
    assert list(runs["a.key"]) == list(runs["run_id"])


def test_an_endless_query_ends(timing, monkeypatch):
    monkeypatch.setenv("FGL_QUERY_SECONDS", "0.2")
    e = fgl.open(timing)
    with pytest.raises(fgl.FileError, match="took too long; FGL_QUERY_SECONDS"):
        e.sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")


def test_old_sqlite_is_named(timing, monkeypatch):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 1))
    with pytest.raises(fgl.FileError, match="need SQLite 3.37 or later"):
        fgl.open(timing)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become another user")
def test_a_folder_where_nothing_may_be_written(timing, tmp_path_factory):
    folder = tmp_path_factory.mktemp("locked")
    path = folder / "x.sqlite"
    shutil.copy(timing, path)
    for place in [folder, *folder.parents][:3]:
        place.chmod(0o755)
    code = (
        "import os, sys, fgl_sim as fgl\n"
        f"fgl.open({str(timing)!r}).runs\n"  # Everything is imported before the rights are given up.
        "os.setgid(65534); os.setuid(65534)\n"
        f"print(len(fgl.open({str(path)!r}).runs), len(fgl.open({str(path)!r}).events) > 0)")
    done = python(code)
    assert done.stdout.split() == ["6", "True"], done.stderr
    assert sorted(entry.name for entry in folder.iterdir()) == ["x.sqlite"]


def test_names_with_special_characters(timing, tmp_path):
    path = tmp_path / "a b?mode=rw#c%20ä.sqlite"
    shutil.copy(timing, path)
    assert len(fgl.open(path).runs) == 6
