"""A run of `cnncalc lock`."""

from __future__ import annotations

import sys

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.cli.run import complain
from cnncalc.core.diagnostic import SpecError
from cnncalc.lint.config import find as find_configuration
from cnncalc.lint.lock import NAME, Drift, Lock, drift, shown
from cnncalc.spec.find import find
from cnncalc.spec.read import load


def run(specs: list[str], lock_file: str | None, check: bool) -> int:
    """Locks or checks every spec; the worst exit code. Raises SpecError for a lock file that cannot be used."""
    names = [name for argument in specs for name in find(argument)]
    file = lock_file or find_configuration(names[0]).lock_file or NAME
    lock = Lock.read(file) if check else Lock.read_or_new(file)
    code = 0
    for name in names:
        try:
            analysis = analyze_spec(load(name))
        except SpecError as error:
            complain([error])
            code = 2
            continue
        if not check:
            lock.put(name, analysis)
            continue
        entry = lock.entry(name)
        found = [Drift("", "lock", None, "not locked")] if entry is None else list(drift(analysis, entry))
        for one in found:
            print(f"{name}: {_words(one)}")
        code = max(code, int(bool(found)))
    if not check and code == 0:
        lock.write()
        print(f"{file}: {len(names)} {'network' if len(names) == 1 else 'networks'} locked", file=sys.stderr)
    return code


def _words(one: Drift) -> str:
    where = f"{one.path}: " if one.path else ""
    if one.figure == "lock":
        return "it is not in the lock file; run cnncalc lock"
    now, locked = (shown(one.figure, value) for value in (one.now, one.locked))
    if one.locked is None:
        return f"{where}{one.figure} {now} is not in the lock file"
    return f"{where}{one.figure} was locked at {locked}, is {'gone' if one.now is None else now}"
