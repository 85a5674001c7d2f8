"""From Python values to the command line of the program."""

from __future__ import annotations

import json
import math
import numbers
import re
from pathlib import Path
from typing import Any, Iterable, Iterator, List, Mapping, Optional, Tuple

from .errors import FglError

Settings = Mapping[str, Any]


def assignments(settings: Optional[Settings]) -> List[str]:
    """``key=value`` texts for ``--set``.

    A text is taken as YAML as it stands (``"20Mbps"``, ``"[fedavg]"``), other values are written in YAML:
    numbers, True and False, lists and dictionaries; None removes the key.
    """
    if settings is not None and not isinstance(settings, Mapping):
        raise FglError(f"set is {settings!r}; it is a dictionary, such as {{'training.rounds': 5}}")
    return [f"{key}={_top_level(key, value)}" for key, value in (settings or {}).items()]


def options(settings: Optional[Settings]) -> List[str]:
    """``--set`` options for the settings."""
    return [part for text in assignments(settings) for part in ("--set", text)]


def _top_level(key: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return _yaml(key, value)


def _yaml(key: str, value: Any) -> str:
    """A value in YAML's flow style, of which JSON is a part."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if hasattr(value, "tolist") and getattr(value, "ndim", 0) > 0:
        value = value.tolist()
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(key, value)
    if isinstance(value, (str, Path)):
        return json.dumps(str(value), ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name}: {_yaml(key, item)}" for name, item in value.items()) + " }"
    if isinstance(value, Iterable):
        return "[" + ", ".join(_yaml(key, item) for item in value) + "]"
    raise FglError(f"set: {key} is {value!r}; allowed are texts, numbers, booleans, None, lists and dictionaries")


def _number(key: str, value: float) -> str:
    if not math.isfinite(value):
        raise FglError(f"set: {key} is {value}, which is not a finite number")
    text = repr(value)
    # YAML 1.1 reads 1e-05 as a text and 1.0e-05 as a number.
    if "e" in text and "." not in text:
        text = text.replace("e", ".0e")
    return text


def seed_ranges(seeds: Optional[Iterable[int]]) -> List[Optional[Tuple[int, int]]]:
    """Seeds as ranges of consecutive numbers, since the program takes ``--seeds A..B``.

    ``None`` alone stands for the scenario's own seed.
    """
    if seeds is None:
        return [None]
    if isinstance(seeds, (int, str)) or not isinstance(seeds, Iterable):
        raise FglError(f"seeds is {seeds!r}; it is a sequence of whole numbers, such as range(3) or [1]")
    numbers: "set[int]" = set()
    for seed in seeds:
        numbers.add(_seed(seed))
        if len(numbers) > _MOST_SEEDS:
            raise FglError(f"seeds has more than {_MOST_SEEDS} numbers; allowed are at most {_MOST_SEEDS}")
    if not numbers:
        raise FglError("seeds is empty; leave it out for the scenario's own seed")
    return list(_consecutive(sorted(numbers)))


def _seed(seed: Any) -> int:
    number = seed.item() if hasattr(seed, "item") else seed
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**63:
        raise FglError(f"seeds holds {seed!r}; seeds are whole numbers from 0 to 2^63 - 1")
    return number


def _consecutive(numbers: List[int]) -> Iterator[Tuple[int, int]]:
    first = last = numbers[0]
    for number in numbers[1:]:
        if number != last + 1:
            yield first, last
            first = number
        last = number
    yield first, last


def default_output(scenario: Path, settings: Optional[Settings]) -> Path:
    """Where the program writes without ``--output``: ``results/<name>.sqlite``."""
    name = (settings or {}).get("name")
    if name is not None:
        found = re.match(rf"[ \t]*{_NAME}", str(name))
    else:
        try:
            text = scenario.read_text(encoding="utf-8-sig", errors="replace")
        except OSError:
            text = ""  # The program says what is wrong with the file.
        found = re.search(rf"""^["']?name["']?[ \t]*:[ \t]+{_NAME}""", text, re.MULTILINE)
    return Path("results") / f"{found.group(1) if found else scenario.stem}.sqlite"


# A name of a scenario in YAML, with or without quotes.
# The program takes no more.
_MOST_SEEDS = 10_000

_NAME = r"""["']?([A-Za-z0-9][-A-Za-z0-9_.]*)"""


def jobs_option(jobs: Optional[int]) -> List[str]:
    """``--jobs`` for a number of worker threads."""
    if jobs is None:
        return []
    if not isinstance(jobs, numbers.Integral) or isinstance(jobs, bool) or jobs < 1:
        raise FglError(f"jobs is {jobs!r}; allowed are whole numbers from 1")
    return ["--jobs", str(jobs)]
