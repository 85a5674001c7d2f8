"""Calling the program: runs, errors, Ctrl-C, what-ifs, files that are being written."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import fgl_sim as fgl
from fgl_sim import child, program as finding, runner
from conftest import TIMING, TINY, python

LONG = TINY.replace("name: tiny", "name: long").replace("rounds: 2", "rounds: 500").split("sweep:")[0]


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)


def has_rounds(path: Path, number: int) -> bool:
    try:
        return len(fgl.open(path).participants) >= number
    except fgl.FileError:
        return False


def test_run_with_settings_and_seeds(program, timing, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(TIMING)
    e = fgl.run("s.yaml", seeds=[1, 2, 5], set={"training.rounds": 2, "methods": ["fedavg"], "name": "mine"},
                jobs=1, cache=False)
    assert e.path == Path("results/mine.sqlite")
    assert list(e.runs["seed"]) == [1, 2, 5]
    assert list(e.runs["rounds"]) == [2, 2, 2] or list(e.participants.groupby("run_id").size()) == [2, 2, 2]


def test_default_output_is_the_programs(program, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("other.yaml").write_text(TIMING)
    e = fgl.run("other.yaml")
    subprocess.run([program, "run", "other.yaml", "--seed", "9"], check=True, capture_output=True)
    assert [path.name for path in Path("results").glob("*.sqlite")] == ["timing.sqlite"]
    assert 9 in set(e.runs["seed"])


def test_runs_that_are_there_are_not_made_again(program, timing, copy_of, caplog, capsys):
    path = copy_of(timing)
    with caplog.at_level(logging.WARNING, "fgl_sim"):
        e = fgl.run(timing.parent / "scenario.yaml", seeds=range(1, 3), output=path)
    assert len(e.runs) == 6
    capsys.readouterr()
    fgl.run(timing.parent / "scenario.yaml", seeds=[1], output=path, progress=True)
    assert "copy: no run was left to make, results in" in capsys.readouterr().err
    # With a bar too, warnings are the logger's.
    assert sum("not made again" in record.getMessage() for record in caplog.records) == 6


def test_errors_are_the_programs_sentences(program, tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text(TIMING.replace("clients: 5", "clients: none"))
    for call in (fgl.run, fgl.validate):
        with pytest.raises(fgl.ProgramError) as caught:
            call(path)
        assert caught.value.exit_code == 65
        assert f"{path}:3:" in str(caught.value) and "clients" in str(caught.value)
    with pytest.raises(fgl.ProgramError) as caught:
        fgl.run(tmp_path / "none.yaml")
    assert caught.value.exit_code == 74 and str(caught.value).endswith("none.yaml: there is no such file")


def test_usage_errors(program, timing):
    with pytest.raises(fgl.ProgramError) as caught:
        fgl.run(timing.parent / "scenario.yaml", arguments=["--sedes", "1"])
    assert caught.value.exit_code == 64 and str(caught.value).startswith("Unknown option '--sedes'")


def test_validate(program, timing):
    scenario = timing.parent / "scenario.yaml"
    assert fgl.validate(scenario).endswith("valid; 2 runs a seed")
    with pytest.raises(fgl.ProgramError, match="training.rounds"):
        fgl.validate(scenario, set={"training.rounds": -1})


@pytest.mark.parametrize("seeds", [3, "1..3", [], [-1], [0.5], [2**64], [True]])
def test_wrong_seeds(program, timing, seeds):
    with pytest.raises(fgl.FglError, match="seeds"):
        fgl.run(timing.parent / "scenario.yaml", seeds=seeds)


def test_wrong_jobs(program, timing):
    with pytest.raises(fgl.FglError, match="jobs is 0"):
        fgl.run(timing.parent / "scenario.yaml", jobs=0)
    with pytest.raises(fgl.FglError, match="jobs is '4'"):
        fgl.open(timing).what_if(uplink="2Mbps", jobs="4")


def test_wrong_settings(program, timing):
    scenario = timing.parent / "scenario.yaml"
    for call in (fgl.run, fgl.validate, lambda path, set: fgl.import_outcomes("none.jsonl", path, set=set)):
        with pytest.raises(fgl.FglError, match="it is a dictionary"):
            call(scenario, set=[("k", 1)])


@pytest.mark.parametrize("arguments, name", [
    (["--output", "x.sqlite"], "output"), (["-o", "x.sqlite"], "output"), (["--seeds=1..3"], "seeds"),
    (["--strict", "--seed", "1"], "seeds"),
])
def test_options_that_have_a_name_here(program, timing, arguments, name):
    with pytest.raises(fgl.FglError, match=f"arguments holds '-.*'; say it with {name}="):
        fgl.run(timing.parent / "scenario.yaml", arguments=arguments)


def test_how_to_go_on_is_a_command():
    call = child.Child(Path("fgl-sim"), ["run"])
    error = runner._interruption(Path("a b.sqlite"), True, call, "")
    assert str(error).endswith("or: fgl-sim resume 'a b.sqlite'")


def test_what_if_by_short_name_and_by_key(program, timing, copy_of):
    e = fgl.open(copy_of(timing))
    slow = e.what_if(uplink="2Mbps")
    assert len(slow.runs) == 6 and slow.runs["what_if"].all()
    assert list(slow.runs["parent_run_id"]) == list(e.runs["run_id"][:6])
    assert set(slow.runs["network.client.uplink"]) == {"2Mbps"}
    fedavg = slow.runs[slow.runs["method"] == "fedavg"]["virtual_s"].mean()
    assert fedavg > 5 * e.where(method="fedavg", what_if=False).runs["virtual_s"].mean()
    again = e.what_if(set={"network.client.uplink": "2000kbps"})
    assert list(again.runs["run_id"]) == list(slow.runs["run_id"])
    assert len(e.runs) == 12
    one = e.where(run_id=2).what_if(latency="1s", server_uplink="10Mbps")
    assert list(one.runs["parent_run_id"]) == [2]
    assert "of them what-ifs" in repr(e)
    # Of this file the program makes two groups: means never mix what-ifs with runs.
    table = e.compare()
    assert list(table["origin"].value_counts().sort_index()) == [2, 3]


def test_what_ifs_of_some_runs_leave_out_what_ifs_unless_these_alone_are_chosen(program, timing, copy_of):
    e = fgl.open(copy_of(timing))
    e.where(run_id=2).what_if(uplink="2Mbps")
    assert list(e.where(run_id=[2, 7]).what_if(latency="2s").runs["parent_run_id"]) == [2]
    both = e.where(run_id=7).what_if(latency="3s").runs
    assert len(both) == 1 and set(both["network.client.uplink"]) == {"2Mbps"}


def test_what_if_without_a_change_or_with_a_wrong_one(program, timing, copy_of):
    e = fgl.open(copy_of(timing))
    with pytest.raises(fgl.FglError, match="needs a change"):
        e.what_if()
    with pytest.raises(fgl.FglError, match="what_if has no 'upload'; it has uplink"):
        e.what_if(upload="2Mbps")
    with pytest.raises(fgl.ProgramError, match="network.client.uplink"):
        e.what_if(uplink="fast")
    assert len(e.runs) == 6


def test_what_if_that_changes_training(program, tiny, copy_of):
    e = fgl.open(copy_of(tiny)).where(run_id=1)
    with pytest.raises(fgl.ProgramError, match="has inputs that no recorded work had") as caught:
        e.what_if(set={"training.local-epochs": 2})
    assert caught.value.exit_code == 65


def test_compare_is_the_programs(program, tiny):
    e = fgl.open(tiny)
    table = e.compare(target=0.1)
    views = e.sql("SELECT method, seeds, uplink_bytes, final_accuracy, final_accuracy_sd FROM run_group")
    assert list(table["method"]) == list(views["method"]) and list(table["seeds"]) == list(views["seeds"])
    for column in ("uplink_bytes", "final_accuracy", "final_accuracy_sd"):
        assert table[column].to_numpy() == pytest.approx(views[column].to_numpy(dtype=float))
    runs = e.compare(0.1, by="run")
    assert len(runs) == 8 and set(runs["training.learning-rate"]) == {0.01, 0.1}
    first = e.accuracy[e.accuracy["value"] >= 0.1].groupby("run_id")["t"].min()
    reached = runs.set_index("run_id")["target_s"].dropna()
    assert reached.to_dict() == pytest.approx(first.to_dict())
    assert list(table["reached"]) == list(runs.groupby(["name", "method"], sort=False)["target_s"].count())
    for target in (60, -0.1):
        with pytest.raises(fgl.FglError, match="fraction from 0 to 1"):
            e.compare(target)


def test_a_file_that_is_being_written_then_ctrl_c_then_resume(program, tmp_path):
    """A user's script, Ctrl-C in its terminal, and the rest later."""
    scenario, output = tmp_path / "long.yaml", tmp_path / "long.sqlite"
    scenario.write_text(LONG)
    code = (
        "import sys, fgl_sim as fgl\n"
        "try: fgl.run(sys.argv[1], output=sys.argv[2], set={'methods': ['fedavg']})\n"
        "except fgl.Interrupted as error: print(error.exit_code, error.path, error); sys.exit(7)\n")
    child = subprocess.Popen([sys.executable, "-c", code, str(scenario), str(output)], stdout=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: has_rounds(output, 3))
        e = fgl.open(output)
        assert list(e.runs["status"]) == ["running"] and "1 not finished" in repr(e)
        before = len(e.events)
        wait_for(lambda: len(e.events) > before)
        with pytest.raises(fgl.NothingToShow, match="no finished run; unfinished=True"):
            e.plot.accuracy_vs_rounds()
        wait_for(lambda: len(e.accuracy) > 1)
        assert len(e.plot.accuracy_vs_rounds(unfinished=True).lines) == 1
        child.send_signal(signal.SIGINT)
        text, _ = child.communicate(timeout=60)
    finally:
        child.kill()
    assert child.returncode == 7
    assert text.startswith(f"130 {output} interrupted; go on with fgl_sim.resume('{output}')")
    assert list(fgl.open(output).runs["status"]) == ["interrupted"]
    with pytest.raises(fgl.NothingToShow, match="no finished run to re-time"):
        e.what_if(uplink="1Mbps")
    # The rest would take minutes: that resume goes on is enough.
    rounds = len(fgl.open(output).participants)
    code = "import sys, fgl_sim as fgl; fgl.resume(sys.argv[1])"
    child = subprocess.Popen([sys.executable, "-c", code, str(output)], stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: has_rounds(output, rounds + 1))
        child.send_signal(signal.SIGINT)
        _, text = child.communicate(timeout=60)
    finally:
        child.kill()
    assert "Interrupted: interrupted; go on with fgl_sim.resume" in text


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux does it")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_program_ends_with_python(tmp_path, number):
    """A program that writes nothing: one that does ends at its next line, which nobody reads."""
    silent, started = tmp_path / "fgl-sim", tmp_path / "started"
    silent.write_text(f"#!/bin/sh\necho $$ > {started}.new && mv {started}.new {started}\nexec sleep 60\n")
    silent.chmod(0o755)
    code = "import sys, fgl_sim as fgl; fgl.run('x.yaml', program=sys.argv[1])"
    parent = subprocess.Popen([sys.executable, "-c", code, str(silent)], stderr=subprocess.DEVNULL)
    try:
        wait_for(started.exists)
    finally:
        parent.send_signal(number)
        parent.wait()
    wait_for(lambda: not is_running(started.read_text().strip()), 10)


def is_running(number: str) -> bool:
    try:
        return ") Z" not in Path(f"/proc/{number}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_resume_finishes(program, tiny, tmp_path):
    output = tmp_path / "killed.sqlite"
    scenario = tmp_path / "s.yaml"
    scenario.write_text(LONG.replace("500", "6"))
    command = [program, "run", scenario, "--output", output, "--set", "methods=[fedavg]", "--quiet"]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: has_rounds(output, 1) or child.poll() is not None)
    child.kill()
    child.wait()
    e = fgl.resume(output)
    assert list(e.runs["status"]) == ["finished"] and len(e.participants) == 6


def test_a_killed_program_is_an_error_that_says_how_to_go_on(program, tmp_path):
    scenario, output = tmp_path / "s.yaml", tmp_path / "s.sqlite"
    scenario.write_text(LONG)
    killer = tmp_path / "fgl-sim"
    killer.write_text(f'#!/bin/sh\n"{program}" "$@" & child=$!\nsleep 6\nkill -9 $child; kill -9 $$\n')
    killer.chmod(0o755)
    with pytest.raises(fgl.ProgramError, match="was ended by SIGKILL; too little memory") as caught:
        fgl.run(scenario, output=output, program=killer)
    assert caught.value.exit_code == -9
    if output.exists():
        assert "fgl_sim.resume" in str(caught.value)


def test_the_bar_of_a_terminal(program, tmp_path):
    """In a pseudo-terminal: redrawn in place, a last line that stays, no line longer than the terminal."""
    import pty

    scenario = tmp_path / "s.yaml"
    scenario.write_text(LONG.replace("500", "8"))
    code = "import sys, fgl_sim as fgl; fgl.run(sys.argv[1], output=sys.argv[2], seeds=[1, 2])"
    leader, follower = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(scenario), str(tmp_path / "s.sqlite")], stdin=follower, stdout=follower,
        stderr=follower, env={**os.environ, "COLUMNS": "70", "TERM": "xterm"})
    os.close(follower)
    text = b""
    try:
        while True:
            part = os.read(leader, 65536)
            if not part:
                break
            text += part
    except OSError:
        pass
    assert child.wait() == 0
    lines = [line for line in text.decode().replace("\x1b[K", "").replace("\n", "\r").split("\r") if line]
    assert all(len(line) < 70 for line in lines)
    assert any("/4 runs" in line and "[" in line for line in lines), lines
    assert lines[-1].startswith("s: 4 runs, results in ")


def test_where_the_program_is_found(program, tmp_path, monkeypatch):
    real = Path(program)
    monkeypatch.setenv("FGL_SIM", str(real.parent))
    assert finding.find() == real.absolute()
    monkeypatch.delenv("FGL_SIM")
    monkeypatch.setenv("PATH", str(real.parent))
    assert finding.find() == real
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(finding, "_beside", lambda: iter([tmp_path / "fgl-sim", real]))
    assert finding.find() == real
    monkeypatch.setattr(finding, "_beside", lambda: iter([]))
    with pytest.raises(fgl.ProgramMissing, match="was not found. Unpack the release .* set FGL_SIM="):
        fgl.run("s.yaml")
    with pytest.raises(fgl.ProgramMissing, match="program names .*nothing, which does not exist"):
        fgl.run("s.yaml", program=tmp_path / "nothing")
    (tmp_path / "text").write_text("x")
    monkeypatch.setenv("FGL_SIM", str(tmp_path / "text"))
    with pytest.raises(fgl.ProgramMissing, match="FGL_SIM names .*text, which is not executable"):
        fgl.run("s.yaml")


def test_the_program_beside_what_pip_installed_from(program, tmp_path, monkeypatch):
    """A wheel in a release, a folder in a clone."""
    monkeypatch.delenv("FGL_SIM")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(finding.sys, "executable", str(tmp_path / "python"))
    release, clone = tmp_path / "a release", tmp_path / "clone"
    places = {
        release / "share" / "fgl-sim" / "python" / "fgl_sim-1-py3-none-any.whl": release / "bin",
        clone / "python": clone / ".build" / "release",
    }
    for origin, folder in places.items():
        folder.mkdir(parents=True)
        (folder / "fgl-sim").symlink_to(Path(program).resolve())
        distribution = type("Distribution", (), {"read_text": lambda self, name: json.dumps({"url": origin.as_uri()})})
        monkeypatch.setattr(finding.metadata, "distribution", lambda name: distribution())
        assert finding.find() == folder / "fgl-sim"


def test_interrupting_a_kernel(program, tmp_path):
    """What the stop button of a notebook does."""
    manager = pytest.importorskip("jupyter_client").KernelManager(kernel_name="python3")
    scenario, output = tmp_path / "long.yaml", tmp_path / "long.sqlite"
    scenario.write_text(LONG)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        message = client.execute(f"import fgl_sim as fgl; fgl.run({str(scenario)!r}, output={str(output)!r})")
        wait_for(lambda: has_rounds(output, 1))
        manager.interrupt_kernel()
        reply = client.get_shell_msg(timeout=60)
        while reply["parent_header"].get("msg_id") != message:
            reply = client.get_shell_msg(timeout=60)
        assert reply["content"]["ename"] == "Interrupted"
        assert "go on with fgl_sim.resume" in reply["content"]["evalue"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert set(fgl.open(output).runs["status"]) <= {"interrupted", "finished"}


def test_a_file_is_opened_without_the_program(timing):
    code = "import sys, fgl_sim as fgl; e = fgl.open(sys.argv[1]); print(len(e.runs), e.plot.bytes() is not None)"
    environment = {**os.environ, "FGL_SIM": "/nowhere", "PATH": "/nowhere"}
    assert python(code, str(timing), env=environment).stdout.split() == ["6", "True"]
