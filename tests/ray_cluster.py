"""A real Ray cluster of two nodes on this machine, which a test can rob of both; run as a program, it is the cluster.

The program tells the cluster's address, takes the node away that it is told, and ends, with all that it began, when its
standard input does: so it outlives no test run, whatever ends that.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENT = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # everything listens on the loopback address alone, as it does there
    "RAY_USAGE_STATS_ENABLED": "0",
}
QUICK = {"RAY_health_check_period_ms": "500", "RAY_health_check_failure_threshold": "3"}
"""A dead node is missed soon."""
MEMORY = 80_000_000
HEAD, SECOND, KILLED = "head", "second", "killed"
TASK = b"ray::_check"
"""What a process is called while it checks a part."""


@dataclass
class Cluster:
    """A running cluster.

    Attributes:
        address: of its head.
        process: the program.
    """

    address: str
    process: subprocess.Popen[str]

    def environment(self) -> dict[str, str]:
        return {**os.environ, **ENVIRONMENT}

    def kill(self, node: str) -> None:
        """Kill every process of a node, as a power cut would, as soon as it is at work on a task."""
        assert self.process.stdin
        assert self.process.stdout
        print(node, file=self.process.stdin, flush=True)
        assert self.process.stdout.readline().strip() == KILLED, f"the {node} node was never at work"


@contextmanager
def started() -> Iterator[Cluster]:
    """Start a cluster, and end it; its sockets need a path that is short, and nothing of it stays."""
    with tempfile.TemporaryDirectory(prefix="ray") as folder:
        command = [sys.executable, __file__]
        environment = {**os.environ, **ENVIRONMENT, **QUICK, "RAY_TMPDIR": folder}
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=environment
        ) as process:
            assert process.stdin
            assert process.stdout
            try:
                address = process.stdout.readline().strip()
                assert address, "the cluster did not start"
                yield Cluster(address, process)
            finally:
                process.stdin.close()
                process.wait(60)


def is_at_work(raylet: int, seconds: float = 30) -> bool:
    """Wait until a node runs a task; tell whether it ever does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if any(Path(f"/proc/{child}/cmdline").read_bytes().startswith(TASK) for child in children(raylet)):
            return True
        time.sleep(0.005)
    return False


def children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def main() -> None:
    from ray.cluster_utils import Cluster as RayCluster

    node = {"num_cpus": 1, "object_store_memory": MEMORY, "include_log_monitor": False}
    cluster = RayCluster(initialize_head=True, head_node_args={**node, "include_dashboard": False, "no_monitor": True})
    try:
        nodes = {HEAD: cluster.head_node, SECOND: cluster.add_node(**node)}
        print(cluster.address, flush=True)
        for line in sys.stdin:
            found = nodes[line.strip()].all_processes
            raylet = found["raylet"][0].process.pid
            if is_at_work(raylet):
                own = [each.process.pid for processes in found.values() for each in processes]
                for process in [*own, *children(raylet)]:
                    os.kill(process, signal.SIGKILL)
                print(KILLED, flush=True)
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main()
