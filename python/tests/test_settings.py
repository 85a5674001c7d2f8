"""Python values as settings of the program."""

from pathlib import Path

import numpy as np
import pytest

import fgl_sim as fgl
from fgl_sim import settings


@pytest.mark.parametrize("value, text", [
    ("20Mbps", "20Mbps"), ("[fedavg]", "[fedavg]"), (5, "5"), (0.5, "0.5"), (1e-5, "1.0e-05"), (1e22, "1.0e+22"),
    (True, "true"), (False, "false"), (None, ""), (["fedavg", "local"], '["fedavg", "local"]'),
    (np.float64(0.25), "0.25"), (np.int64(7), "7"), (np.array([1, 2]), "[1, 2]"), ((0.1, 0.5), "[0.1, 0.5]"),
    ({"lognormal": {"median": "20Mbps", "sigma": 0.8}}, '{ lognormal: { median: "20Mbps", sigma: 0.8 } }'),
    (Path("/data/x"), '"/data/x"'), ([None, True], "[null, true]"),
])
def test_values(value, text):
    assert settings.assignments({"a.key": value}) == [f"a.key={text}"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object()])
def test_values_that_are_none(value):
    with pytest.raises(fgl.FglError, match="set: a.key is"):
        settings.assignments({"a.key": value})


def test_set_is_a_dictionary():
    with pytest.raises(fgl.FglError, match="it is a dictionary"):
        settings.assignments(["a=b"])


def test_jobs():
    assert settings.jobs_option(None) == [] and settings.jobs_option(np.int64(2)) == ["--jobs", "2"]
    for jobs in ("4", 0, True, 1.5):
        with pytest.raises(fgl.FglError, match="jobs is .*; allowed are whole numbers from 1"):
            settings.jobs_option(jobs)


def test_the_program_reads_them(program, timing):
    fgl.validate(timing.parent / "scenario.yaml", set={
        "training.learning-rate": 1e-5, "methods": ["fedavg"], "network.client.uplink":
        {"lognormal": {"median": "20Mbps", "sigma": 0.8}}, "data.augmentation": "none", "data.strict": True,
        "seed": np.uint64(3)})


def test_seed_ranges():
    assert settings.seed_ranges(None) == [None]
    assert settings.seed_ranges(range(3)) == [(0, 2)]
    assert settings.seed_ranges([5, 1, 2, 2, 9]) == [(1, 2), (5, 5), (9, 9)]
    assert settings.seed_ranges(np.arange(2)) == [(0, 1)]


@pytest.mark.parametrize("text, name", [
    ("name: quick\n", "quick"), ("# name: no\nclients: 5\nname:   'a.b-c_1' # yes\n", "a.b-c_1"),
    ('"name": x\n', "x"), ("\ufeffname: bom\n", "bom"), ("data: { name: no }\n", "file"), ("{ name: flow }", "file"),
    ("name :  x\n", "x"),
])
def test_default_output(tmp_path, text, name):
    path = tmp_path / "file.yaml"
    path.write_text(text, encoding="utf-8")
    assert settings.default_output(path, None) == Path(f"results/{name}.sqlite")
    for name in ("mine", "'mine'", '"mine"'):
        assert settings.default_output(path, {"name": name}) == Path("results/mine.sqlite")
