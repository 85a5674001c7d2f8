"""Processes as devices of a fixed speed: CPU quotas by cgroups, and how busy the rest of the machine is.

All groups are in one parent group with the largest weight, so that other work of the machine gets what they
leave. Works with cgroups v2 (cpu.max) and with v1 (cpu.cfs_quota_us).
"""
import os
import time
from pathlib import Path

# The shortest quota that kernels accept is 1 ms of a period.
PERIOD_US = 100_000
SMALLEST_SHARE = 1000 / PERIOD_US


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

    def __exit__(self, *_: object) -> None:
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

    def limit(self, process: int, name: str, share: float) -> None:
        """Moves a process into a new group that gets `share` of a core."""
        group, quota = self.parent / name, f"{round(share * PERIOD_US)}"
        self._make(group)
        if self.is_unified:
            (group / "cpu.max").write_text(f"{quota} {PERIOD_US}")
        else:
            (group / "cpu.cfs_period_us").write_text(f"{PERIOD_US}")
            (group / "cpu.cfs_quota_us").write_text(quota)
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
