"""Figures: what is drawn, not how it looks; that is for people."""

import re
import shutil
import sqlite3

import matplotlib.pyplot as plt
import numpy as np
import pytest

import fgl_sim as fgl
from conftest import RESULTS
from fgl_sim.plot import style

LABEL_SKEW = RESULTS / "paper" / "table1-label-skew.sqlite"


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture
def skew():
    return fgl.open(LABEL_SKEW).where(name="table1-label-skew beta=0.5")


def legend(ax):
    return [text.get_text() for text in ax.figure.legends[0].get_texts()]


def test_accuracy_vs_uplink(skew):
    ax = skew.plot.accuracy_vs_uplink()
    assert ax.get_xscale() == "log" and "log scale" in ax.get_xlabel()
    assert legend(ax) == ["fgl-one-shot", "fgl-5-round", "fedavg", "centralized (0 B)"]
    assert ax.figure.legends[0].get_title().get_text() == "mean ± standard deviation, 3 seeds"
    line = next(line for line in ax.lines if line.get_label() == "fedavg")
    rows = skew.accuracy[skew.accuracy["method"] == "fedavg"].groupby("round")
    assert line.get_xdata() == pytest.approx(rows["uplink_bytes"].mean().to_numpy())
    assert line.get_ydata() == pytest.approx(rows["value"].mean().to_numpy())
    # The band is a standard deviation, the sample's.
    band = next(shape for shape in ax.collections if len(shape.get_paths()[0].vertices) > 40)
    height = np.ptp(band.get_paths()[0].vertices[:, 1])
    low, high = (rows["value"].mean() - rows["value"].std()).min(), (rows["value"].mean() + rows["value"].std()).max()
    assert height == pytest.approx(high - low)
    level = skew.runs[skew.runs["method"] == "centralized"]["final_accuracy"].mean()
    assert any(line.get_ydata()[0] == pytest.approx(level) for line in ax.lines)


def test_both_directions(skew):
    ax = skew.plot.accuracy_vs_uplink(both=True)
    assert ax.get_xlabel().startswith("uplink and downlink")


@pytest.mark.parametrize("name", ["accuracy_vs_time", "accuracy_vs_rounds", "participants", "bytes"])
def test_the_others(skew, name):
    ax = getattr(skew.plot, name)()
    assert ax.get_xlabel()
    assert ax.figure.get_size_inches()[0] == pytest.approx(3.4)


def test_time_on_both_scales(skew):
    assert skew.plot.accuracy_vs_time().get_xscale() == "log"
    ax = skew.plot.accuracy_vs_time(log=False)
    assert ax.get_xscale() == "linear" and "log" not in ax.get_xlabel()


def test_to_accuracy(program, skew):
    ax = skew.plot.time_to_accuracy(0.8)
    texts = [text.get_text() for text in ax.texts]
    assert "2 of 3 seeds" in texts and "80 % accuracy" in ax.get_xlabel()
    assert "0 B" in [text.get_text() for text in skew.plot.bytes_to_accuracy(0.8).texts]
    with pytest.raises(fgl.NothingToShow, match="no run reaches an accuracy of 1.0"):
        skew.plot.time_to_accuracy(1.0)


def test_by_setting_never_averages_over_another_key():
    e = fgl.open(LABEL_SKEW)
    ax = e.plot.by_setting("data.partition.beta")
    names = legend(ax)
    assert "fedavg, data.partition.kind=dirichlet" in names and "fedavg, data.partition.kind=iid" in names
    with pytest.raises(fgl.NothingToShow, match="do not differ in 'training.rounds'; they differ in: data.partition"):
        e.plot.by_setting("training.rounds")
    with pytest.raises(fgl.NothingToShow, match="no column of numbers 'method'"):
        e.plot.by_setting("data.partition.beta", y="method")


def test_scenarios_of_one_file_are_lines_of_their_own(program, timing, tmp_path):
    text = (timing.parent / "scenario.yaml").read_text() + "sweep: { training.batch: [10, 20] }\n"
    for name in ("slow", "fast"):
        scenario = tmp_path / f"{name}.yaml"
        scenario.write_text(text.replace("name: timing", f"name: {name}"))
        e = fgl.run(scenario, output=tmp_path / "both.sqlite", set={"methods": ["fedavg"]}, progress=False)
    assert legend(e.plot.by_setting("training.batch", y="virtual_s")) == ["fedavg, slow", "fedavg, fast"]


def test_what_ifs_are_lines_of_their_own(program, timing, copy_of):
    e = fgl.open(copy_of(timing))
    e.what_if(uplink="2Mbps")
    ax = e.plot.by_setting("network.client.uplink", y="virtual_s")
    assert legend(ax) == ["fgl-one-shot", "fedavg"]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["2Mbps", "20Mbps"]
    assert len(e.plot.bytes().get_yticks()) == 4


def test_quantities_are_in_order():
    from fgl_sim.plot.series import in_order

    assert in_order(["20Mbps", "900kbps", "1Gbps", "5Mbps"]) == ["900kbps", "5Mbps", "20Mbps", "1Gbps"]
    assert in_order(["1s", "50ms", "2min"]) == ["50ms", "1s", "2min"]
    assert in_order(["iid", "dirichlet"]) == ["iid", "dirichlet"]


def test_label_skew(skew):
    ax = skew.plot.label_skew()
    assert ax.images[0].get_array().shape == (10, 5)
    assert ax.images[0].get_array().sum() == skew.labels[skew.labels["run_id"] == skew.runs["run_id"].iloc[0]]["samples"].sum()
    with pytest.raises(fgl.NothingToShow, match="of run 999"):
        skew.plot.label_skew(999)


def test_timing_only_runs(timing):
    e = fgl.open(timing)
    with pytest.raises(fgl.NothingToShow, match="no run has an accuracy"):
        e.plot.accuracy_vs_uplink()
    assert e.plot.bytes() is not None and e.plot.participants() is not None


def test_diverged_runs_are_named(diverging):
    e = fgl.open(diverging)
    names = legend(e.plot.accuracy_vs_rounds())
    assert any("diverged" in name for name in names)
    assert e.plot.accuracy_vs_uplink() is not None and e.plot.bytes() is not None


def test_no_runs(skew):
    with pytest.raises(fgl.NothingToShow, match="no finished run"):
        skew.where(method="none").plot.bytes()


def test_twenty_methods_are_told_apart(copy_of):
    path = copy_of(RESULTS / "cookbook.sqlite")
    database = sqlite3.connect(path)
    database.execute("UPDATE run SET seed = 1, method = 'method-' || run_id")
    for number in range(9, 21):
        database.execute(
            "INSERT INTO run SELECT ?, name, 'method-' || ?, seed, clients, status, started_at, finished_at, wall_s, "
            "virtual_s, scenario, scenario_sha256, build, log_sha256, model_sha256, error FROM run WHERE run_id = ?",
            (number, number, number - 8 if number < 17 else number - 16))
        database.execute(
            "INSERT INTO metric SELECT ?, t, round, client_id, split, name, value * 1.1 FROM metric "
            "WHERE run_id = ? AND client_id IS NULL", (number, 2 + number % 3))
    database.commit()
    database.close()
    ax = fgl.open(path).plot.accuracy_vs_rounds()
    assert len(legend(ax)) == 20
    looks = [style.style(index) for index in range(20)]
    assert len({(look.marker, look.is_filled) for look in looks}) == 20
    assert len({(look.colour, look.line) for look in looks}) == 20
    ax.figure.canvas.draw()
    box = ax.figure.legends[0].get_window_extent()
    assert box.x0 >= 0 and box.x1 <= ax.figure.bbox.x1 and box.y0 >= -1
    assert ax.get_window_extent().height > 150


def test_pdf_has_embedded_truetype_fonts(skew, tmp_path):
    ax = skew.plot.accuracy_vs_uplink(save=tmp_path / "folder" / "a.pdf")
    ax.figure.savefig(tmp_path / "b.pdf")
    for path in (tmp_path / "folder" / "a.pdf", tmp_path / "b.pdf"):
        data = path.read_bytes()
        assert b"/FontFile2" in data and b"/Type3" not in data
        box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+)", data)
        assert float(box.group(1)) == pytest.approx(3.4 * 72)


def test_figures_in_axes_of_ones_own(skew):
    figure, (left, right) = plt.subplots(1, 2)
    assert skew.plot.accuracy_vs_uplink(ax=left) is left
    skew.plot.bytes(ax=right)
    assert left.get_legend() is not None and not figure.legends


def test_pdf_of_axes_of_ones_own(skew, tmp_path):
    parts = plt.figure().subfigures(1, 2)
    for ax in (plt.figure().add_subplot(), parts[0].add_subplot()):
        skew.plot.bytes(ax=ax, save=tmp_path / "x.pdf")
        data = (tmp_path / "x.pdf").read_bytes()
        assert b"/FontFile2" in data and b"/Type3" not in data


def test_style_of_others_is_left_alone(skew):
    before = dict(plt.rcParams)
    skew.plot.bytes()
    assert dict(plt.rcParams) == before


def test_a_place_that_cannot_be_written(skew, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(fgl.FglError, match="cannot be written"):
        skew.plot.bytes(save=tmp_path / "file" / "x.pdf")
    with pytest.raises(fgl.FglError, match="x.docx"):
        skew.plot.bytes(save=tmp_path / "x.docx")


def test_matplotlib_is_optional(timing, tmp_path):
    from conftest import python

    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        f"import fgl_sim as fgl; e = fgl.open({str(timing)!r}); print(len(e.runs))\n"
        "try: e.plot\nexcept ImportError as error: print(error)")
    assert python(code).stdout.splitlines() == ["6", "e.plot needs matplotlib: pip install 'fgl-sim[plot]'"]
