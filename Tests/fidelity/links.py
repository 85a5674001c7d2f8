"""A star of network namespaces: hosts around a bridge, with token buckets (tbf) at both ends of each cable.

Rates include headers. Many kernels have no netem, so a cable has no latency: round trips are those of queues.
"""
import os
import subprocess

PREFIX = f"fgl{os.getpid() % 10000}"
# What most systems use. Where the kernel lacks it, its default is what is measured.
CONGESTION = os.environ.get("FGL_CONGESTION", "cubic")
SERVER = "10.77.255.1"


def sh(command: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
    """Runs a command line and keeps what it prints."""
    return subprocess.run(command, shell=True, check=check, capture_output=True, text=True)


def missing() -> "str | None":
    """Why there cannot be a star here; None where there can."""
    if os.geteuid() != 0:
        return "it needs root"
    name = f"{PREFIX}t"
    try:
        sh(f"ip netns add {name}")
        sh(f"ip netns exec {name} ip link add x type veth peer name y")
        sh(f"ip netns exec {name} tc qdisc add dev x root tbf rate 1mbit burst 6000 limit 30000")
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        return f"{getattr(error, 'stderr', '') or error}".strip()
    finally:
        sh(f"ip netns del {name}", check=False)
    return None


def client_address(index: int) -> str:
    """The address of a client, by its number."""
    return f"10.77.{index // 200}.{index % 200 + 1}"


class Star:
    """Namespaces around a bridge, removed at the end."""

    def __init__(self) -> None:
        self.names: "list[str]" = []
        self.switch = f"{PREFIX}sw"

    def __enter__(self) -> "Star":
        try:
            self.add(self.switch)
            sh(f"ip netns exec {self.switch} ip link add br0 type bridge")
            sh(f"ip netns exec {self.switch} ip link set br0 up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for name in self.names:
            sh(f"ip netns del {name}", check=False)

    def add(self, name: str) -> None:
        """Makes a namespace. It is noted first, so that an interrupt leaves none behind."""
        self.names.append(name)
        sh(f"ip netns add {name}")

    def host(self, short: str, address: str, up: float, down: float) -> None:
        """Adds a host whose link carries `up` and `down` bytes a second."""
        name, switch = f"{PREFIX}{short}", self.switch
        self.add(name)
        sh(f"ip netns exec {name} ip link add {short}a type veth peer name {short}b netns {switch}")
        sh(f"ip netns exec {name} ip addr add {address}/16 dev {short}a")
        sh(f"ip netns exec {name} ip link set {short}a up")
        sh(f"ip netns exec {name} sysctl -qw net.ipv4.tcp_congestion_control={CONGESTION}", check=False)
        sh(f"ip netns exec {switch} ip link set {short}b master br0")
        sh(f"ip netns exec {switch} ip link set {short}b up")
        for space, device, rate in ((name, f"{short}a", up), (switch, f"{short}b", down)):
            sh(f"ip netns exec {space} ethtool -K {device} tso off gso off gro off", check=False)
            burst, limit = max(6000, int(rate * 0.004)), max(30000, int(rate * 0.05))
            sh(f"ip netns exec {space} tc qdisc add dev {device} root tbf rate {int(rate * 8)}bit"
               f" burst {burst} limit {limit}")

    def steer(self, core: int) -> None:
        """Lets one core process what arrives on all cables, by receive packet steering."""
        write = f"for file in /sys/class/net/*/queues/rx-*/rps_cpus; do echo {1 << core:x} > $file; done"
        for name in self.names:
            sh(f"ip netns exec {name} sh -c '{write}'", check=False)

    def command(self, short: str, *arguments: str) -> "list[str]":
        """The command line of a program on a host."""
        return ["ip", "netns", "exec", f"{PREFIX}{short}", *arguments]
