"""Processes as devices of a fixed speed: CPU quotas by cgroups, and how busy the rest of the machine is.

All groups are in one parent group with the largest weight, so that other work of the machine gets what they
leave. Works with cgroups v2 (cpu.max) and with v1 (cpu.cfs_quota_us).
"""
import ctypes
import os
import struct
import time
from pathlib import Path

# A device that is five times slower gets the same piece of CPU time in a period that is five times longer:
# shorter pieces would slow it down further, as each begins with cold caches. Kernels allow up to 1 s.
PERIOD_US = 100_000


def _mounts() -> "list[tuple[Path, str, str]]":
    """Folder, type and options of the mounted file systems."""
    lines = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return [(Path(fields[1]), fields[2], fields[3]) for fields in lines]


class Quotas:
    """Groups of processes with CPU quotas, removed at the end. The processes must have ended by then."""

    def __init__(self, name: str) -> None:
        self.is_unified, root = self._find()
        self.parent = root / name
        self.groups: "list[Path]" = []

    @staticmethod
    def _find() -> "tuple[bool, Path]":
        """The CPU controller: whether it is that of v2, and where.

        Raises OSError where there is none that can be written to.
        """
        for folder, kind, options in _mounts():
            if kind == "cgroup" and "cpu" in options.split(","):
                return False, folder
            if kind == "cgroup2" and "cpu" in (folder / "cgroup.controllers").read_text().split():
                return True, folder
        raise OSError("no CPU controller of cgroups is mounted")

    def __enter__(self) -> "Quotas":
        if self.is_unified:
            (self.parent.parent / "cgroup.subtree_control").write_text("+cpu")
        self._make(self.parent)
        try:
            if self.is_unified:
                (self.parent / "cpu.weight").write_text("10000")
                (self.parent / "cgroup.subtree_control").write_text("+cpu")
            else:
                (self.parent / "cpu.shares").write_text("262144")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_reason: object) -> None:
        for group in reversed(self.groups):
            for _ in range(100):
                try:
                    group.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.02)

    def _make(self, group: Path) -> None:
        self.groups.append(group)
        group.mkdir()

    def limit(self, process: int, name: str, share: float, slowdown: float = 1) -> None:
        """Moves a process into a new group that gets `share` of a core, divided by `slowdown`."""
        group, quota, period = self.parent / name, round(share * PERIOD_US), round(PERIOD_US * slowdown)
        self._make(group)
        if self.is_unified:
            (group / "cpu.max").write_text(f"{quota} {period}")
        else:
            (group / "cpu.cfs_period_us").write_text(f"{period}")
            (group / "cpu.cfs_quota_us").write_text(f"{quota}")
        (group / "cgroup.procs").write_text(f"{process}")

    def let_idle(self, process: int) -> None:
        """Moves a process into a group beside the parent that gets the time that no other group uses (Linux 5.15)."""
        group = self.parent.with_name(f"{self.parent.name}-idle")
        self._make(group)
        (group / "cpu.idle").write_text("1")
        (group / "cgroup.procs").write_text(f"{process}")

    @classmethod
    def missing(cls) -> "str | None":
        """Why there are no quotas here; None where there are."""
        try:
            with cls(f"fgl-test-{os.getpid()}") as quotas:
                quotas._make(quotas.parent / "test")
        except OSError as error:
            return f"no CPU quotas: {error}"
        return None


def keep_core(milliseconds: int) -> None:
    """Lets this process use its quota in one piece.

    Fair scheduling cuts pieces of 3 ms where many share a core, and each begins with cold caches. Kernels
    before 6.12 keep to that.
    """
    number = {"x86_64": 314, "aarch64": 274}.get(os.uname().machine)
    if number is None:
        return
    # struct sched_attr: size, policy, flags, nice, priority; runtime, deadline and period in nanoseconds.
    attributes = struct.pack("<IIQiIQQQ", 48, os.SCHED_OTHER, 0, 0, 0, milliseconds * 1_000_000, 0, 0)
    ctypes.CDLL(None).syscall(number, 0, attributes, 0)


def cpu_seconds(process: int) -> float:
    """The CPU time of a process that has not ended."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ended_seconds() -> float:
    """The CPU time of this process and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class Load:
    """What the machine does beside some processes, between two instants, in cores."""

    def __init__(self) -> None:
        self.start = self._read()

    @staticmethod
    def _read() -> "tuple[float, float, float]":
        """Now, the seconds of all programs, and the seconds that other virtual machines took."""
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        ticks = [int(field) / os.sysconf("SC_CLK_TCK") for field in fields]
        return time.monotonic(), sum(ticks[0:3]), ticks[7]

    def since(self, own: float) -> "tuple[float, float]":
        """Other programs and stolen time in cores, of which `own` seconds belong to the processes."""
        (begin, used, stolen), (end, used_now, stolen_now) = self.start, self._read()
        span = end - begin
        return max(0.0, (used_now - used - own) / span), (stolen_now - stolen) / span
