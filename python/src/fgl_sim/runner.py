"""Running, resuming, checking and importing with the program."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Iterable, List, Optional, Sequence, Tuple

from . import child, settings
from .bar import Bar
from .errors import FglError, Interrupted
from .experiment import Experiment, open_experiment
from .program import StrPath, find


def run(
    scenario: StrPath, *, seeds: Optional[Iterable[int]] = None, set: Optional[settings.Settings] = None,
    output: Optional[StrPath] = None, jobs: Optional[int] = None, cache: bool = True,
    progress: Optional[bool] = None, program: Optional[StrPath] = None, arguments: Sequence[str] = ()
) -> Experiment:
    """Runs a scenario: all its methods for all seeds, into one results file.

    Runs that the file holds already are not made again. Ctrl-C (in a notebook: interrupt the kernel) stops
    at the next step; a second one stops at once.

    Args:
        scenario: the scenario file.
        seeds: such as ``range(3)``; default: the scenario's own.
        set: keys of the scenario with their values: ``{"training.rounds": 5, "network.client.uplink":
            "2Mbps", "methods": ["fedavg"]}``. Texts are YAML, None removes the key.
        output: the results file; default: ``results/<name of the scenario>.sqlite``.
        jobs: worker threads; default: one per processor. They never change a result.
        cache: whether synthesized images are kept for later runs and taken from earlier ones.
        progress: whether to show a bar; default: in terminals and notebooks.
        program: the program; default: ``$FGL_SIM``, on PATH, or beside this package.
        arguments: further options of ``fgl-sim run``.

    Returns:
        The results file, with all of its runs.

    Raises:
        ProgramMissing: the program was not found; the text says how to get it.
        ProgramError: it ended with an error, such as a wrong key in the scenario.
        Interrupted: Ctrl-C; the text says how to go on.
    """
    changes = settings.options(set)
    path = Path(scenario).expanduser()
    target = Path(output).expanduser() if output is not None else settings.default_output(path, set)
    common = ["run", os.fspath(path), "--output", os.fspath(target), *changes]
    common += _work_options(jobs, cache) + _further(arguments)
    ranges = settings.seed_ranges(seeds)
    found = find(program)
    for index, seed_range in enumerate(ranges):
        own = [] if seed_range is None else ["--seeds", f"{seed_range[0]}..{seed_range[1]}"]
        _make(found, common + own, target, progress, _rest(ranges[index + 1:]))
    return open_experiment(target, program=program)


def resume(
    path: StrPath, *, jobs: Optional[int] = None, cache: bool = True, progress: Optional[bool] = None,
    program: Optional[StrPath] = None, arguments: Sequence[str] = ()
) -> Experiment:
    """Goes on with the runs of a results file that were interrupted, killed or not yet begun.

    Args and errors: as for :func:`run`.
    """
    target = Path(path).expanduser()
    command = ["resume", os.fspath(target), *_work_options(jobs, cache), *arguments]
    _make(find(program), command, target, progress, "")
    return open_experiment(target, program=program)


def validate(
    scenario: StrPath, *, set: Optional[settings.Settings] = None, program: Optional[StrPath] = None
) -> str:
    """Checks a scenario file.

    Returns:
        What the program says of a file without errors: ``scenario.yaml: valid; 4 runs a seed``.

    Raises:
        ProgramError: every error with line, key, value and what is allowed.
    """
    command = ["validate", os.fspath(Path(scenario).expanduser()), *settings.options(set)]
    return child.call(find(program), command).stdout.strip()


def import_outcomes(
    outcomes: StrPath, scenario: StrPath, *, output: Optional[StrPath] = None,
    set: Optional[settings.Settings] = None, program: Optional[StrPath] = None
) -> Experiment:
    """Makes a run from trainings that PyTorch, Flower or another program has done (docs/import.md).

    Args:
        outcomes: JSON lines, such as ``fgl_sim.flower`` writes.
        scenario: network, devices, and one method such as ``fedavg``.
        output: the results file; default: ``results/<name of the scenario>.sqlite``.
        set: keys of the scenario with their values.
        program: as for :func:`run`.
    """
    changes = settings.options(set)
    path = Path(scenario).expanduser()
    target = Path(output).expanduser() if output is not None else settings.default_output(path, set)
    command = ["import", os.fspath(Path(outcomes).expanduser()), "--scenario", os.fspath(path)]
    child.call(find(program), [*command, "--output", os.fspath(target), *changes])
    return open_experiment(target, program=program)


def _work_options(jobs: Optional[int], cache: bool) -> List[str]:
    return settings.jobs_option(jobs) + ([] if cache else ["--no-cache"])


# Options that the package needs to know, by the name that they have here.
_KNOWN = {"--output": "output", "-o": "output", "--seeds": "seeds", "--seed": "seeds"}


def _further(arguments: Sequence[str]) -> List[str]:
    """Further options of ``fgl-sim run``.

    Raises:
        FglError: one of them says what a parameter of :func:`run` is for.
    """
    if isinstance(arguments, (str, bytes)):
        raise FglError(f"arguments is {arguments!r}; it is a sequence of words, such as ['--strict']")
    words = [os.fspath(word) if isinstance(word, os.PathLike) else str(word) for word in arguments]
    for text in words:
        option = text.split("=")[0]
        if option in _KNOWN:
            raise FglError(f"arguments holds '{option}'; say it with {_KNOWN[option]}=")
    return words


def _rest(ranges: Sequence[Optional[Tuple[int, int]]]) -> str:
    """Seeds that are still to come, for the text of an interruption."""
    texts = [f"{first}" if first == last else f"{first}..{last}" for first, last in (r for r in ranges if r)]
    return f"; then run the seeds {', '.join(texts)}" if texts else ""


def _make(program: Path, arguments: Sequence[str], target: Path, progress: Optional[bool], rest: str) -> None:
    """Calls the program with a bar, and says how to go on where it does not come to its end."""
    existed = target.exists()
    bar = Bar(target, progress, is_resumed=arguments[0] == "resume")
    call = child.Child(program, arguments)
    if bar.is_shown:
        call.on_warning = lambda text: _warn(bar, text)
    try:
        code = call.run(bar.tick)
    except KeyboardInterrupt:
        call.interrupts += 1
        code = 130
    if call.interrupts or code in child.INTERRUPTED:
        bar.close("interrupted")
        raise _interruption(target, existed, call, rest)
    if code != 0:
        bar.close("failed")
        raise _failure(call, target)
    bar.close(f"{bar.summary()}, results in {target}")


def _warn(bar: Bar, text: str) -> None:
    """A warning above the bar, by the logger where it writes anywhere."""
    if child.LOGGER.hasHandlers():
        bar.clear()
        child.LOGGER.warning(text)
    else:
        bar.say(f"warning: {text}")


def _interruption(target: Path, existed: bool, call: child.Child, rest: str) -> Interrupted:
    if call.exit_code == 0:
        text = f"interrupted, but the runs had just ended: fgl_sim.open({str(target)!r}){rest}"
        return Interrupted(text, str(target))
    if any("before a run was begun" in line for line in call.messages) or not (existed or target.exists()):
        return Interrupted("interrupted before a run was begun: nothing was stored", None)
    return Interrupted(
        f"interrupted; go on with fgl_sim.resume({str(target)!r}) or: fgl-sim resume {shlex.quote(str(target))}{rest}",
        str(target), call.exit_code if call.exit_code in child.INTERRUPTED else 130)


def _failure(call: child.Child, target: Path) -> Exception:
    error = call.error()
    if error.exit_code < 0 and target.exists():
        error.message += f"; go on with fgl_sim.resume({str(target)!r})"
        error.args = (error.message,)
    return error
