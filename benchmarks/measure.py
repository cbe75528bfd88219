"""What the benchmarks share: cold runs of a command with their peak memory, the yardstick, and the table.

A command is measured as it is once installed: with compiled bytecode, in a process of its own. Limits were set on a
machine on which the yardstick (python with the libraries that the command line is made of) takes 0.14 s; on a slower
or busy machine they grow in that proportion.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
YARDSTICK = [sys.executable, "-c", "import pydantic, typer, rich, yaml"]
YARDSTICK_SECONDS = 0.14


def cnncalc(*arguments: str) -> list[str]:
    """The command line, run from this checkout."""
    return [sys.executable, "-m", "cnncalc", *arguments]


def environment(bytecode: str) -> dict[str, str]:
    """The environment of an installed program: its bytecode is cached (here in `bytecode`, so the checkout stays clean)."""
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")}
    return {**kept, "PYTHONPYCACHEPREFIX": bytecode}


def run(command: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Seconds and peak MB (10^6 bytes) of one run. The peak is never below this small process's own."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode > 1:
            errors.seek(0)
            sys.exit(f"{' '.join(command)} failed: {errors.read().decode(errors='replace')[-400:]}")
    scale = 1 if sys.platform == "darwin" else 1024
    return seconds, usage.ru_maxrss * scale / 1e6


def interleaved(commands: dict[str, list[str]], runs: int) -> dict[str, list[tuple[float, float]]]:
    """Every command `runs` times, in turn, so that a busy moment hits all of them; the first round only warms up."""
    with tempfile.TemporaryDirectory() as bytecode:
        env = environment(bytecode)
        for command in commands.values():
            run(command, env)
        results: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                results[name].append(run(command, env))
    return results


def instructions(command: list[str]) -> int | None:
    """How many instructions a command executes, whatever else the machine does; None without valgrind."""
    if shutil.which("valgrind") is None:
        return None
    counter = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    with tempfile.TemporaryDirectory() as bytecode:
        env = {**environment(bytecode), "PYTHONHASHSEED": "0"}
        run(command, env)
        report = subprocess.run([*counter, *command], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    found = re.search(r"I +refs: +([0-9,]+)", report.stderr)
    return None if found is None else int(found.group(1).replace(",", ""))


def slowness(runs: int = 5) -> float:
    """How much slower than the reference machine this one is now, at least 1."""
    seconds = [one[0] for one in interleaved({"yardstick": YARDSTICK}, runs)["yardstick"]]
    return max(1.0, median(seconds) / YARDSTICK_SECONDS)


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Columns, the first to the left and the others to the right."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def verdict(limits: Iterable[tuple[str, float, float, str]], strict: bool) -> None:
    """Says of each (what, measured, limit, unit) whether it holds; with `strict` a miss ends with exit code 1."""
    missed = False
    for what, measured, limit, unit in limits:
        missed |= measured > limit
        print(f"{'ok  ' if measured <= limit else 'MISS'}  {what}: {measured:.3g} {unit}, limit {limit:.3g} {unit}")
    if missed and strict:
        sys.exit(1)
