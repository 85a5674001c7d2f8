"""Parquet, MLflow's file store, wandb offline."""

import logging
import os
import sqlite3

import pandas as pd
import pytest

import fgl_sim as fgl


def test_parquet(tiny, tmp_path):
    pytest.importorskip("pyarrow")
    e = fgl.open(tiny)
    written = e.to_parquet(tmp_path / "tables")
    assert {path.stem for path in written} >= {"runs", "accuracy", "transfers", "clients", "events", "settings"}
    for name in ("runs", "accuracy", "events"):
        back = pd.read_parquet(tmp_path / "tables" / f"{name}.parquet")
        own = e.frame(name)
        assert list(back.columns) == list(own.columns) and len(back) == len(own)
        numbers = own.select_dtypes("number").columns
        pd.testing.assert_frame_equal(back[numbers], own[numbers], check_dtype=False)
    (tmp_path / "file").write_text("")
    with pytest.raises(fgl.FglError, match="cannot be written"):
        e.to_parquet(tmp_path / "file" / "x")


def test_mlflow_file_store(tiny, tmp_path):
    pytest.importorskip("mlflow")
    from mlflow.tracking import MlflowClient

    e = fgl.open(tiny)
    before = dict(os.environ)
    runs = e.to_mlflow(tmp_path / "mlruns", experiment="tiny")
    assert dict(os.environ) == before
    assert len(set(runs)) == 8
    assert e.to_mlflow(tmp_path / "mlruns", experiment="tiny") == runs
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    try:
        client = MlflowClient(tracking_uri=(tmp_path / "mlruns").as_uri())
        place = client.get_experiment_by_name("tiny").experiment_id
        stored = client.search_runs([place])
        assert len(stored) == 8
        first = client.get_run(runs[0])
        assert first.data.params["method"] == "fedavg" and first.data.params["training.learning-rate"] == "0.01"
        assert first.info.status == "FINISHED"
        history = client.get_metric_history(runs[0], "accuracy")
        own = e.accuracy[e.accuracy["run_id"] == 1]
        assert [metric.step for metric in history] == list(own["round"])
        assert [metric.value for metric in history] == list(own["value"])
        assert first.data.metrics["run.uplink_bytes"] == e.runs["uplink_bytes"][0]
    finally:
        del os.environ["MLFLOW_ALLOW_FILE_STORE"]


def test_home_folder(tiny, tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    fgl.open(tiny).to_parquet("~/tables")
    assert (tmp_path / "home" / "tables" / "runs.parquet").is_file() and not (tmp_path / "~").exists()


def test_mlflow_of_unfinished_runs(tiny, copy_of, tmp_path, caplog):
    pytest.importorskip("mlflow")
    path = copy_of(tiny)
    database = sqlite3.connect(path)
    database.execute("UPDATE run SET status = 'interrupted', log_sha256 = NULL WHERE run_id IN (2, 3)")
    database.commit()
    database.close()
    with caplog.at_level(logging.WARNING, "fgl_sim"):
        assert len(fgl.open(path).to_mlflow(tmp_path / "mlruns")) == 6
    assert [record.getMessage() for record in caplog.records if record.name == "fgl_sim"] == [
        f"{path}: 2 of 8 runs are not finished, and are not logged"]


@pytest.mark.parametrize("text", ["databricks", "uc", "databricks:profile", "uc:https://x", "sqlite:///x.db"])
def test_mlflow_uris(tiny, monkeypatch, text):
    pytest.importorskip("mlflow")
    import mlflow.tracking
    from mlflow.exceptions import MlflowException

    def client(tracking_uri):
        raise MlflowException(f"no {tracking_uri}")

    monkeypatch.setattr(mlflow.tracking, "MlflowClient", client)
    with pytest.raises(fgl.FglError, match=f"{text}: MLflow says: no {text}$"):
        fgl.open(tiny).to_mlflow(text)


def test_mlflow_of_diverged_runs(diverging, tmp_path):
    pytest.importorskip("mlflow")
    assert len(fgl.open(diverging).to_mlflow(tmp_path / "mlruns")) == 8


def test_wandb_offline(tiny, tmp_path):
    pytest.importorskip("wandb")
    e = fgl.open(tiny).where(run_id=[1, 2])
    folders = e.to_wandb(mode="offline", folder=tmp_path)
    assert len(folders) == 2
    for folder in folders:
        assert folder.parent == tmp_path / "wandb" and list(folder.glob("*.wandb"))
    (tmp_path / "file").write_text("")
    with pytest.raises(fgl.FglError, match="cannot be written"):
        e.to_wandb(folder=tmp_path / "file" / "x")
    with pytest.raises(fgl.FglError, match="mode is 'of'"):
        e.to_wandb(mode="of")
