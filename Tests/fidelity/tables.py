"""What federation.py prints: each activity as a line, then the rows of the table in docs/fidelity.md."""
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from predict import Case, Interval, Prediction, Speeds, core_speeds

if TYPE_CHECKING:
    from federation import Measurement

TABLE_HEAD = """\
| clients | straggler | method | round, measured | predicted | error | worst round | total, error \
| transfers, half within | all within | training, half within | bytes |
|---|---|---|---|---|---|---|---|---|---|---|---|"""
# Shorter messages are prompts: their time is that of queues and of processes that wake up.
LEAST_BYTES = 1000
TOLERANCE = 0.1


@dataclass(frozen=True)
class Row:
    """A row of the table."""

    text: str
    # Bytes are equal, and the median round is within `TOLERANCE` of the prediction, unless it was disturbed.
    is_right: bool


def pairs(measured: "list[Interval]", predicted: "list[Interval]",
          *kinds: str) -> "list[tuple[Interval, Interval]]":
    """Activities of both, by kind, round and client. Raises KeyError where one lacks an activity."""
    names = " and ".join(kinds)
    by_key = {(each.kind, each.round, each.client): each for each in predicted}
    chosen = [each for each in measured if each.kind in kinds]
    if len(chosen) != sum(each.kind in kinds for each in predicted):
        raise KeyError(f"{len(chosen)} measured activities of {names}; predicted another number")
    return [(each, by_key[each.kind, each.round, each.client]) for each in chosen]


def error(measured: float, predicted: float) -> float:
    """By how much reality is longer than the prediction, as a fraction of the prediction."""
    return measured / predicted - 1


def span(rounds: "list[Interval]") -> float:
    """From the start of the first round to the end of the last."""
    return max(each.end for each in rounds) - min(each.start for each in rounds)


def print_details(case: Case, measured: "Measurement", predicted: "dict[str, Prediction]",
                  speeds: Speeds) -> None:
    """A line for each transfer, each work and each round, as CSV, and what disturbed the federation."""
    print(f"\n{case.clients} clients, {'a' if case.has_straggler else 'no'} straggler: other work"
          f" {measured.other:.2f} cores, stolen {measured.stolen:.2f}, devices got at least"
          f" {100 * measured.quota:.0f} % of their quotas")
    cores = [speed / speeds.core for speed in core_speeds(measured.intervals, predicted)]
    print("FLOP for a second of CPU time, beside the calibration: median"
          f" {statistics.median(cores):.2f}, from {min(cores):.2f} to {max(cores):.2f}")
    for method, value in measured.accuracy.items():
        print(f"{method}: accuracy of the final model {100 * value:.1f} %")
    print("method,activity,round,client,bytes,bytes predicted,seconds,seconds predicted,error")
    for method, intervals in measured.intervals.items():
        if not intervals:
            continue
        kinds = ("download", "train", "upload", "average", "round")
        for real, virtual in pairs(intervals, predicted[method].intervals, *kinds):
            client = "" if real.client is None else real.client
            print(f"{method},{real.kind},{real.round},{client},{real.bytes},{virtual.bytes},"
                  f"{real.seconds:.4f},{virtual.seconds:.4f},"
                  + _percent(error(real.seconds, virtual.seconds)))


def table_rows(case: Case, measured: "Measurement", predicted: "dict[str, Prediction]",
               disturbance: "str | None", shows_disturbed: bool) -> "list[Row]":
    """The rows of a case, one a method; of a disturbed case without its times, unless `shows_disturbed`."""
    return [_row(case, method, intervals, predicted[method].intervals, disturbance, shows_disturbed)
            for method, intervals in measured.intervals.items() if intervals]


def _row(case: Case, method: str, measured: "list[Interval]", predicted: "list[Interval]",
         disturbance: "str | None", shows_disturbed: bool) -> Row:
    transfers = pairs(measured, predicted, "download", "upload")
    are_equal = all(real.bytes == virtual.bytes for real, virtual in transfers)
    moved = sum(real.bytes for real, _ in transfers)
    cells = [f"{case.clients}", "yes" if case.has_straggler else "no", method]
    is_right = are_equal
    if disturbance and not shows_disturbed:
        cells += [f"disturbed: {disturbance}"] + [""] * 7
    else:
        rounds = pairs(measured, predicted, "round")
        real = statistics.median(each.seconds for each, _ in rounds)
        virtual = statistics.median(each.seconds for _, each in rounds)
        worst = max((error(one.seconds, other.seconds) for one, other in rounds), key=abs)
        total = error(span([one for one, _ in rounds]), span([other for _, other in rounds]))
        is_right = is_right and (bool(disturbance) or abs(error(real, virtual)) <= TOLERANCE)
        times = _errors([pair for pair in transfers if pair[0].bytes >= LEAST_BYTES])
        work = _errors(pairs(measured, predicted, "train"))
        cells += [f"{real:.2f} s", f"{virtual:.2f} s", _percent(error(real, virtual)), _percent(worst),
                  _percent(total), f"{100 * statistics.median(times):.1f} %", f"{100 * max(times):.1f} %",
                  f"{100 * statistics.median(work):.1f} %"]
    cells.append(f"{moved:,}, {'equal' if are_equal else 'DIFFERENT'}")
    return Row(f"| {' | '.join(cells)} |", is_right)


def _errors(compared: "list[tuple[Interval, Interval]]") -> "list[float]":
    return [abs(error(real.seconds, virtual.seconds)) for real, virtual in compared]


def _percent(fraction: float) -> str:
    return f"{100 * fraction:+.1f} %"
