"""Every check and every test, a job more than there are cores: `python -m scripts.checks [--only lint|tests|…]`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from scripts.checks.jobs import GROUPS, ROOT, Job

HEARTBEAT_SECONDS = 20
WORKERS = 1 + min(4, os.cpu_count() or 1)
"""One job more than there are cores: they wait for blocks and processes about as often as they compute."""


class Runner:
    def __init__(self) -> None:
        self._running: dict[str, float] = {}
        self._lock = threading.Lock()
        self._children: set[subprocess.Popen[str]] = set()

    def run(self, jobs: list[Job]) -> list[str]:
        """Names of the jobs that failed. A job's output is printed whole when it ends, so that nothing interleaves."""
        failed = []
        done = threading.Event()
        threading.Thread(target=self._beat, args=(done,), daemon=True).start()
        with ThreadPoolExecutor(WORKERS) as pool:
            futures = [pool.submit(self._one, job) for job in jobs]
            try:
                for future in as_completed(futures):
                    job, code, seconds, output = future.result()
                    verdict = "ok" if code == 0 else f"FAILED (code {code})"
                    with self._lock:
                        print(f"── {job.name}: {verdict}, {seconds:.1f} s", flush=True)
                        if output.strip() and (code != 0 or not job.quiet):
                            print(output.rstrip(), flush=True)
                    if code != 0:
                        failed.append(job.name)
            except KeyboardInterrupt:
                for future in futures:
                    future.cancel()
                for child in list(self._children):
                    child.terminate()
                raise
            finally:
                done.set()
        return sorted(failed)

    def _one(self, job: Job) -> tuple[Job, int, float, str]:
        started = time.monotonic()
        self._running[job.name] = started
        process = subprocess.Popen(
            job.argv, cwd=ROOT, env={**os.environ, **job.env}, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._children.add(process)
        output, _ = process.communicate()
        self._children.discard(process)
        self._running.pop(job.name)
        return job, process.returncode, time.monotonic() - started, output

    def _beat(self, done: threading.Event) -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            now = time.monotonic()
            shown = ", ".join(f"{name} {now - since:.0f} s" for name, since in list(self._running.items()))
            with self._lock:
                print(f"   … running: {shown}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.checks", description=__doc__)
    parser.add_argument("--only", choices=sorted(GROUPS))
    chosen = parser.parse_args().only
    jobs = [job for name in ([chosen] if chosen else ["tests", "lint"]) for job in GROUPS[name]()]
    started = time.monotonic()
    failed = Runner().run(jobs)
    seconds = time.monotonic() - started
    if failed:
        print(f"failed after {seconds:.0f} s: {', '.join(failed)}")
        return 1
    print(f"all {len(jobs)} checks passed in {seconds:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
