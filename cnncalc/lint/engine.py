"""The review: a spec is loaded, unrolled and analyzed, and the chosen rules read it.

What prevents a graph (bad YAML, an unknown key, a dangling `from`) becomes findings as well.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from cnncalc.analysis.analyze import analyze_graph
from cnncalc.core.diagnostic import SpecError
from cnncalc.graph.expand import expand
from cnncalc.graph.model import Graph
from cnncalc.lint.config import Configuration, Settings, find
from cnncalc.lint.lock import Lock
from cnncalc.lint.network import Facts, Network
from cnncalc.lint.placing import placed_findings
from cnncalc.lint.result import LintResult
from cnncalc.lint.roster import Roster, roster
from cnncalc.lint.unreadable import text_of, unreadable
from cnncalc.spec.model import Spec
from cnncalc.spec.read import load, load_bytes
from cnncalc.spec.shipped import shipped_block
from cnncalc.spec.yaml import LARGEST_TEXT


class Linter:
    """Reviews specs under one configuration, or under each spec's nearest one."""

    def __init__(
        self,
        configuration: Configuration | None = None,
        *,
        select: Iterable[str] | None = None,
        extend: Iterable[str] = (),
        ignore: Iterable[str] = (),
        lock: Lock | None = None,
        torch_memory: bool = False,
    ) -> None:
        """`torch_memory` puts what PyTorch holds into every result, which takes twice the time."""
        self.configuration = configuration
        self.select = None if select is None else list(select)
        self.extend = list(extend)
        self.ignore = list(ignore)
        self.lock = lock
        self.torch_memory = torch_memory
        self._settings: dict[tuple[str, tuple[int, ...]], tuple[Settings, Roster]] = {}
        self._locks: dict[str, Lock] = {}
        self._lock_files: dict[str, str | None] = {}

    # -- what holds for a spec -------------------------------------------------------------------------------------

    def configured(self, name: str) -> Configuration:
        """The configuration of a spec. Raises SpecError."""
        return self.configuration or find(name)

    def settings(self, name: str) -> tuple[Settings, Roster]:
        """What holds for a spec, the caller's words included, and the rules that it chooses. Raises SpecError."""
        configuration = self.configured(name)
        key = (configuration.file, configuration.matching(name))
        if key not in self._settings:
            settings = configuration.settings(key[1]).with_(self.select, self.extend, self.ignore)
            self._settings[key] = settings, roster(settings)
        return self._settings[key]

    def _lock(self, name: str) -> Lock | None:
        if self.lock is not None:
            return self.lock
        path = self._lock_file(self.configured(name))
        if path is None:
            return None
        if path not in self._locks:
            self._locks[path] = Lock.read(path)
        return self._locks[path]

    def _lock_file(self, configuration: Configuration) -> str | None:
        """The lock file of a configuration, looked for once."""
        if configuration.file not in self._lock_files:
            self._lock_files[configuration.file] = configuration.lock_file
        return self._lock_files[configuration.file]

    # -- reviews ---------------------------------------------------------------------------------------------------

    def lint(self, name: str) -> LintResult:
        """The review of what a user names: a file, `zoo:name`, inline notation or `-` (standard input).

        Raises SpecError only where the configuration is wrong; what is wrong with the spec stands in the result.
        """
        if name != "-":
            return self._reviewed(name, lambda: load(name))
        data = sys.stdin.buffer.read(LARGEST_TEXT + 1) if sys.stdin is not None else b""
        return self._reviewed(
            "<stdin>", lambda: load_bytes(data, "<stdin>", "stdin"), data.decode("utf-8-sig", errors="replace")
        )

    def lint_text(self, text: str, file: str) -> LintResult:
        """The review of a text, as if it stood in that file."""
        return self.study(text, file)[0]

    def study(self, text: str, file: str) -> tuple[LintResult, Network | None]:
        """The review of a text, and the network that was reviewed; None when the text gives none."""
        return self._studied(file, lambda: load_bytes(text.encode(), file, Path(file).stem), text)

    def lint_spec(self, spec: Spec) -> LintResult:
        """The review of a Spec."""
        return self._reviewed(spec.file or spec.name, lambda: spec, spec.text)

    def _reviewed(self, name: str, read: Callable[[], Spec], text: str | None = None) -> LintResult:
        return self._studied(name, read, text)[0]

    def _studied(
        self, name: str, read: Callable[[], Spec], text: str | None = None
    ) -> tuple[LintResult, Network | None]:
        settings, rules = self.settings(name)
        try:
            spec = read()
            text = spec.text
            network = self._network(spec, name, settings)
        except SpecError as error:
            return unreadable(name, error, text_of(name) if text is None else text), None
        found, silenced = placed_findings(network, rules, settings)
        return LintResult(spec.file, found, silenced, text=text, analysis=network.analysis), network

    def _network(self, spec: Spec, name: str, settings: Settings) -> Network:
        graph = expand(spec, shipped_block)
        optimizer = (spec.train.optimizer if spec.train is not None else None) or "sgd"
        lock = self._lock(name)
        locked, lock_file = (lock.entry(name), lock.file) if lock is not None else (None, "")
        facts = Facts(settings.budget, locked, lock_file, settings.target)
        wanted = self.torch_memory or locked is not None or _speaks_of_torch(graph, facts)
        analysis = analyze_graph(graph, 1, "float32", optimizer, torch_memory=wanted)
        return Network(spec, graph, analysis, facts)


def _speaks_of_torch(graph: Graph, facts: Facts) -> bool:
    """Whether a claim or a budget is about what PyTorch holds."""
    words = {site.claim.what for site in graph.sites} | {*graph.spec.budget, *facts.budget}
    return any(word.startswith(("torch_", "saved")) for word in words)
