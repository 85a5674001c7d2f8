"""The table of `fgl-sim compare` as a data frame."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence

import numpy as np
import pandas as pd

_WHOLE_NUMBERS = ("rounds", "uplink_bytes", "downlink_bytes")
_NULLABLE = (
    "uplink_bytes_per_client", "best_round", "participants_fewest", "participants_most", "repeats",
    "target_uplink_bytes", "target_downlink_bytes", "target_round",
)
# Columns of runs that count energy, or evaluate on each client's own distribution.
_OPTIONAL = (
    "energy_J", "carbon_g", "target_energy_J", "client_accuracy_mean", "client_accuracy_worst_tenth",
    "client_accuracy_variance", "client_accuracy_gini",
)
_NUMBERS = (
    "virtual_s", "best_accuracy", "final_accuracy", "wall_s", "processor_s", "participants_mean", "target_s",
    *_OPTIONAL,
)

# Columns in the order of the program's CSV.
_ORDER = (
    "run_id", "name", "method", "seed", "status", "rounds", "uplink_bytes", "downlink_bytes",
    "uplink_bytes_per_client", "virtual_s", "best_accuracy", "best_round", "final_accuracy", "wall_s",
    "processor_s", "participants_fewest", "participants_most", "participants_mean", "origin", "variant", "repeats",
    "target_uplink_bytes", "target_downlink_bytes", "target_s", "target_round",
)

# Columns of the means: what names a group, what is averaged, what is averaged over the seeds that reach a target.
_OF_GROUP = ("name", "method", "variant", "origin", "seeds", "unfinished", "diverged")
_MEASURED = (
    "rounds", "participants_mean", "uplink_bytes", "downlink_bytes", "virtual_s", "best_accuracy", "final_accuracy",
)
_TO_TARGET = ("target_uplink_bytes", "target_downlink_bytes", "target_s")


def typed(rows: Sequence[Mapping[str, Any]], has_target: bool) -> pd.DataFrame:
    """The objects of the program's JSON, a row per run, with a type for each column."""
    names = [name for name in _ORDER if has_target or not name.startswith("target_")]
    found = {name for row in rows for name in row}
    names += [name for name in _OPTIONAL if name in found]
    names += sorted(found - {*names, *_ORDER})
    columns = {name: [row.get(name) for row in rows] for name in names}
    table = pd.DataFrame(columns)
    table["run_id"] = table["run_id"].astype("int64")
    table["seed"] = np.array([int(str(seed)) for seed in columns["seed"]], dtype=np.uint64)
    for name in names:
        if name in _WHOLE_NUMBERS:
            table[name] = table[name].astype("int64")
        elif name in _NULLABLE:
            table[name] = pd.array(columns[name], dtype="Int64")
        elif name in _NUMBERS:
            table[name] = np.array(columns[name], dtype=np.float64)
    return table


def means(table: pd.DataFrame) -> pd.DataFrame:
    """A row per name, method and variant: means over seeds of runs that have come to their end.

    Each seed counts once (``repeats``); bytes and time to the target are over the seeds that reach it.
    """
    rows: List[Dict[str, Any]] = []
    counted = table[table["repeats"].isna()]
    # Columns of settings are equal within a group, so the first value stands for all.
    extra = [name for name in table.columns if name not in _ORDER and name not in _OPTIONAL]
    measured = [*_MEASURED, *(name for name in _OPTIONAL if name in table)]
    to_target = list(_TO_TARGET) if "target_s" in table else []
    for (name, method, variant), group in counted.groupby(["name", "method", "variant"], sort=False):
        whole = group[group["status"].isin(("finished", "diverged"))]
        row = {
            "name": name, "method": method, "variant": variant, "origin": group["origin"].iloc[0],
            "seeds": len(whole), "unfinished": len(group) - len(whole),
            "diverged": int((group["status"] == "diverged").sum()),
        }
        if to_target:
            row["reached"] = int(whole["target_s"].notna().sum())
        for column in [*measured, *to_target]:
            values = whole[column].astype("Float64").astype("float64")
            row[column] = values.mean()
            row[f"{column}_sd"] = values.std(ddof=1)
        row.update({column: group[column].iloc[0] for column in extra})
        rows.append(row)
    names = [*_OF_GROUP, *_with_deviations(measured)]
    names += ["reached", *_with_deviations(to_target)] if to_target else []
    # Also without rows all columns are there, and those of settings keep their types.
    return pd.DataFrame(rows, columns=[*names, *extra]).astype({column: table[column].dtype for column in extra})


def _with_deviations(columns: Sequence[str]) -> List[str]:
    return [name for column in columns for name in (column, f"{column}_sd")]
