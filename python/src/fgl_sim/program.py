"""Finding the program fgl-sim."""

from __future__ import annotations

import json
import os
import shutil
import sys
import urllib.parse
from importlib import metadata
from pathlib import Path
from typing import Iterator, Optional, Union

from .errors import ProgramMissing

StrPath = Union[str, "os.PathLike[str]"]

NAME = "fgl-sim"

_ADVICE = (
    "Unpack the release (fgl-sim-*.tar.gz) or build it (make build), then put it on PATH, "
    "set FGL_SIM=/path/to/fgl-sim or pass program='/path/to/fgl-sim'"
)


def find(program: Optional[StrPath] = None) -> Path:
    """The program: the argument, else ``$FGL_SIM``, else on PATH, else beside this package.

    Beside this package are: the folder of the Python that runs, and the release or clone that the
    package was installed from.

    Raises:
        ProgramMissing: it is in none of these places, or not where the argument or ``$FGL_SIM`` says.
    """
    if program is not None:
        return _named(Path(program), "program")
    if os.environ.get("FGL_SIM"):
        return _named(Path(os.environ["FGL_SIM"]), "FGL_SIM")
    on_path = shutil.which(NAME)
    if on_path:
        return Path(on_path)
    for candidate in _beside():
        if _is_program(candidate):
            return candidate
    raise ProgramMissing(f"the program {NAME} was not found. {_ADVICE}")


def _named(path: Path, origin: str) -> Path:
    """The program at a path that the user gave; a folder stands for the program in it."""
    path = path.expanduser()
    if path.is_dir():
        path = path / NAME
    if _is_program(path):
        return path.absolute()
    reason = "is not executable" if path.exists() else "does not exist"
    raise ProgramMissing(f"{origin} names {path}, which {reason}. {_ADVICE}")


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _beside() -> Iterator[Path]:
    """Where the program may be if it came together with this package."""
    yield Path(sys.executable).parent / NAME
    here = Path(__file__).resolve().parent
    yield here / "bin" / NAME
    roots = []
    installed_from = _installed_from()
    if installed_from is not None:
        roots += [installed_from, *list(installed_from.parents)[:3]]
    for root in [*roots, here.parent.parent.parent]:
        yield root / "bin" / NAME
        yield root / NAME
        yield root / ".build" / "release" / NAME


def _installed_from() -> Optional[Path]:
    """The folder that pip installed this package from (PEP 610), or that of the wheel."""
    try:
        text = metadata.distribution("fgl-sim").read_text("direct_url.json")
        url = urllib.parse.urlparse(json.loads(text or "{}").get("url", ""))
    except (metadata.PackageNotFoundError, ValueError):
        return None
    if url.scheme != "file":
        return None
    path = Path(urllib.parse.unquote(url.path))
    return path.parent if path.suffix == ".whl" else path
