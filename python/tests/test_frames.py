"""Data frames: columns, types, swept keys, what-ifs."""

import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

import fgl_sim as fgl
from conftest import RESULTS
from fgl_sim import frames

TEXT = pd.Series(["a"]).dtype


def test_runs_have_types_and_swept_values(tiny):
    runs = fgl.open(tiny).runs
    assert len(runs) == 8
    assert list(runs["run_id"]) == list(range(1, 9))
    assert runs["seed"].dtype == np.uint64
    assert runs["uplink_bytes"].dtype == np.int64
    assert runs["best_round"].dtype == "Int64"
    assert runs["virtual_s"].dtype == np.float64
    assert runs["started_at"].dt.tz is not None
    assert runs["method"].dtype == TEXT
    assert runs["what_if"].dtype == bool and not runs["what_if"].any()
    assert runs["training.learning-rate"].dtype == np.float64
    assert sorted(runs["training.learning-rate"].unique()) == [0.01, 0.1]
    assert set(runs["status"]) == {"finished"}


@pytest.mark.parametrize(
    "name", ["accuracy", "communication", "transfers", "clients", "labels", "events", "metrics", "work", "participants"])
def test_every_frame_names_its_run(tiny, name):
    e = fgl.open(tiny)
    frame = getattr(e, name)
    assert len(frame) > 0
    runs = e.runs.set_index("run_id")
    for column in ("method", "seed", "variant", "what_if", "training.learning-rate"):
        assert (frame[column].to_numpy() == runs[column].reindex(frame["run_id"]).to_numpy()).all()
        assert frame[column].dtype == runs[column].dtype


def test_prompts(timing):
    prompts = fgl.open(timing).prompts
    assert set(prompts["method"]) == {"fgl-one-shot"}
    assert prompts["text"].str.startswith("A photo of a ").all()


def test_accuracy_is_that_of_the_file(tiny):
    e = fgl.open(tiny)
    own = e.sql("SELECT run_id, value FROM metric WHERE split = 'test' AND name = 'accuracy' ORDER BY run_id, t")
    assert list(e.accuracy["value"]) == list(own["value"])
    last = e.accuracy.groupby("run_id")["uplink_bytes"].max()
    assert (last.to_numpy() == e.runs["uplink_bytes"].to_numpy()).all()
    assert e.accuracy["round"].dtype == "Int64"


def test_transfers_add_up_to_communication(timing):
    e = fgl.open(timing)
    sums = e.transfers.groupby(["run_id", "direction", "payload"])["bytes"].sum()
    shown = e.communication.set_index(["run_id", "direction", "payload"])["bytes"]
    assert (sums.sort_index() == shown.sort_index()).all()


def test_timing_only_runs_have_no_accuracy(timing):
    e = fgl.open(timing)
    assert len(e.accuracy) == 0 and e.accuracy["value"].dtype == np.float64
    assert e.runs["final_accuracy"].isna().all()


def test_diverged_runs_have_missing_values(diverging):
    e = fgl.open(diverging)
    diverged = e.runs[e.runs["status"] == "diverged"]
    assert len(diverged) >= 1
    assert set(diverged["training.learning-rate"]) == {100}
    assert e.accuracy.loc[e.accuracy["run_id"].isin(diverged["run_id"]), "value"].isna().any()
    assert diverged["error"].notna().all()


def test_large_seeds_keep_their_63_bits(program, timing, tmp_path):
    seed = 2**63 - 1
    e = fgl.run(timing.parent / "scenario.yaml", seeds=[seed], output=tmp_path / "x.sqlite", progress=False)
    assert list(e.runs["seed"].unique()) == [seed]
    assert list(e.compare()["seeds"]) == [1, 1]
    assert list(e.compare(by="run")["seed"].unique()) == [seed]


def test_where_selects_runs(tiny):
    e = fgl.open(tiny)
    few = e.where({"training.learning-rate": 0.1}, method="fedavg", seed=[1, 2])
    assert len(few.runs) == 2 and set(few.accuracy["method"]) == {"fedavg"}
    assert set(few.participants["run_id"]) == set(few.runs["run_id"])
    assert len(e.where(method="none").runs) == 0
    with pytest.raises(fgl.FglError, match="there is no column 'metod' in runs"):
        e.where(metod="fedavg")
    with pytest.raises(fgl.FglError, match="there is no frame 'run'"):
        e.frame("run")


def test_frames_are_copies(timing):
    e = fgl.open(timing)
    mine = e.runs
    mine["method"] = "mine"
    assert set(e.runs["method"]) == {"fgl-one-shot", "fedavg"}


def test_queries_only_read(timing):
    e = fgl.open(timing)
    assert e.sql("SELECT count(*) AS n FROM run_group WHERE method = ?", ["fedavg"])["n"][0] == 1
    with pytest.raises(fgl.FileError, match="a query may only read"):
        e.sql("DELETE FROM run")
    with pytest.raises(fgl.FileError, match="the query is wrong: no such column: unknown"):
        e.sql("SELECT unknown FROM run")


def test_queries_take_numbers_of_numpy_and_names(timing):
    e = fgl.open(timing)
    run = e.runs["run_id"].iloc[1]
    assert isinstance(run, np.int64)
    assert list(e.sql("SELECT run_id FROM run WHERE run_id = ?", [run])["run_id"]) == [2]
    assert list(e.sql("SELECT run_id FROM run WHERE run_id = :run", {"run": run})["run_id"]) == [2]
    with pytest.raises(fgl.FglError, match="one number or text, not ndarray"):
        e.sql("SELECT ?", [np.array([1, 2])])


@pytest.mark.parametrize("query, values", [
    ("SELECT ?", []), ("SELECT max(1, 2, ", []), ("SELECT json_extract('{', '$')", []), ("SELECT 1; SELECT 2", []),
    ("SELECT abs(-9223372036854775808)", []), ("SELECT ?", [object()]), ("SELECT * FROM locked", []),
])
def test_wrong_queries_are_no_damage(timing, query, values):
    with pytest.raises(fgl.FileError, match="the query is wrong: "):
        fgl.open(timing).sql(query, values)


@pytest.mark.parametrize("query", ["VACUUM INTO '{}'", "ATTACH '{}' AS other"])
def test_queries_make_no_file(timing, tmp_path, query):
    with pytest.raises(fgl.FileError, match="a query may only read"):
        fgl.open(timing).sql(query.format(tmp_path / "new.sqlite"))
    assert not list(tmp_path.iterdir())


def test_settings_are_a_frame(tiny):
    pd.testing.assert_frame_equal(fgl.open(tiny).frame("settings"), fgl.open(tiny).settings)


SWEPT = """
name: swept
clients: 2
methods: [fedavg]
data: { set: shapes, train-per-class: 2, test-per-class: 2, strict: true }
training: { rounds: 1, mode: none }
sweep:
  training.batch: [10, 20]
  data.strict: [true, false]
  synthesis.template: ['a {class} called "x"', 'a {class}']
"""


@pytest.fixture(scope="module")
def mixed(program, timing, tmp_path_factory):
    """A sweep beside a scenario that has none of its keys."""
    path = tmp_path_factory.mktemp("mixed") / "mixed.sqlite"
    shutil.copy(timing, path)
    scenario = path.with_name("swept.yaml")
    scenario.write_text(SWEPT)
    return fgl.run(scenario, output=path, progress=False).path


def test_types_of_swept_values_beside_another_scenario(mixed):
    e = fgl.open(mixed)
    for frame in (e.runs, e.events, e.compare(), e.compare(by="run")):
        assert frame["training.batch"].dtype == "Int64" and set(frame["training.batch"].dropna()) == {10, 20}
        assert frame["data.strict"].dtype == "boolean" and frame["data.strict"].isna().any()
    alone = e.where(name=[name for name in e.runs["name"] if name.startswith("swept")])
    for frame in (alone.runs, alone.compare()):
        assert frame["training.batch"].dtype == np.int64 and frame["data.strict"].dtype == bool


def test_texts_in_quotes(mixed):
    e = fgl.open(mixed)
    for frame in (e.runs, e.compare()):
        assert set(frame["synthesis.template"].dropna()) == {'a {class} called "x"', "a {class}"}


def test_large_numbers_beside_missing_ones():
    long = pd.DataFrame({"run_id": [1], "key": ["a"], "value": ["900719925474099301"]})
    assert list(frames.swept(long, pd.Index([1, 2]))["a"])[0] == 900719925474099301


def test_comparison_of_no_runs_has_its_columns(tiny):
    e = fgl.open(tiny)
    none, some = e.where(method="fedavgg").compare(0.5), e.compare(0.5)
    assert len(none) == 0
    assert list(none.columns) == [name for name in some.columns if name != "training.learning-rate"]


def test_what_ifs_of_an_earlier_version_add_no_keys_of_a_later_one(program, copy_of):
    e = fgl.open(copy_of(RESULTS / "cookbook.sqlite"))
    e.what_if(uplink="2Mbps")
    assert list(e.settings["key"].unique()) == ["network.client.uplink"]
    assert [name for table in (e.runs, e.compare()) for name in table if "." in name] == ["network.client.uplink"] * 2


def test_scenario_of_a_run(tiny):
    e = fgl.open(tiny)
    assert "learning-rate: 0.01" in e.scenario(1)
    with pytest.raises(fgl.NothingToShow, match="has no run 99"):
        e.scenario(99)


def test_repr_counts(timing):
    assert repr(fgl.open(timing)) == f"<Experiment {timing}: 6 runs, 2 methods, 3 seeds>"


def test_files_of_version_0_1_are_as_the_program_has_them(program, tmp_path):
    """The package fills in what such a file lacks; the program does it when it adds to a copy."""
    old = RESULTS / "paper" / "table1-label-skew.sqlite"
    new = tmp_path / "new.sqlite"
    shutil.copy(old, new)
    query = "SELECT run_id, variant, label, origin, settings_sha256, repeats FROM run_variant ORDER BY run_id"
    before = fgl.open(old).sql(query)
    subprocess.run([program, "replay", new, "--run", "1", "--set", "network.client.uplink=1Mbps"], check=True,
                   capture_output=True)
    migrated = fgl.open(new).sql("SELECT name FROM sqlite_schema WHERE name = 'run_identity'")
    assert len(migrated) == 1
    after = fgl.open(new).sql(query).head(len(before))
    pd.testing.assert_frame_equal(before, after)
    assert "data.partition.beta" in fgl.open(old).runs


def test_cookbook_of_the_repository():
    e = fgl.open(RESULTS / "cookbook.sqlite")
    assert len(e.runs) == 8 and e.runs["final_accuracy"].notna().all()
