"""What makes a finding the same one in the next run: file, rule, layer and what the layer says; not its line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256

from cnncalc.lint.finding import Placed


def fingerprints(findings: Iterable[Placed]) -> Iterator[tuple[Placed, str]]:
    """Each finding with its fingerprint; equal ones are numbered."""
    seen: Counter[str] = Counter()
    for finding in findings:
        key = "\0".join((portable(finding.file), finding.code, finding.path, finding.content))
        seen[key] += 1
        yield finding, sha256(f"{key}\0{seen[key]}".encode()).hexdigest()[:32]


def portable(file: str) -> str:
    """A file's name with slashes, without a leading `./`."""
    return file.replace("\\", "/").removeprefix("./")
