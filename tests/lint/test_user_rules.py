"""Rules of the user's own: declared in the configuration, and brought by an installed package."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cnncalc.core.diagnostic import SpecError
from cnncalc.lint import plugins, roster
from cnncalc.lint.config import Configuration, Settings
from cnncalc.lint.engine import Linter

from .conftest import short

TEXT = """\
cnncalc: 1
input: 3x64x48
layers:
  - conv: {filters: 16, kernel: [3, 9], stride: 2, padding: [1, 4]}
  - relu
  - conv: {filters: 32, kernel: 3}
  - flatten
  - dense: {units: 10, bias: false}
"""


def found(when: str, message: str = "m", **more: object) -> list[tuple[str, str, int]]:
    """What a declared rule finds."""
    return short(linter(when, message, **more).lint_text(TEXT, "x.yaml").findings)


def linter(when: str, message: str = "m", **more: object) -> Linter:
    """A linter that has one declared rule and nothing else."""
    table = {"code": "MY001", "when": when, "message": message, **more}
    return Linter(Configuration(base=Settings(custom=(table,))), select=["MY001"])


@pytest.mark.parametrize(
    ("when", "paths"),
    [
        ('layer.kind == "conv" and layer.kernel > 7', "conv1"),
        ('layer.kind == "conv" and not layer.kernel > 7', "conv2"),
        ("layer.kernel > 7", "conv1"),
        ("layer.kernel <= 7", "conv2"),
        ("layer.stride == 2", "conv1"),
        ("layer.width == 24", "conv1 relu1"),
        ("layer.in_width == 48", "conv1"),
        ("layer.channels > layer.in_channels", "conv1 conv2 flatten1"),
        ("layer.bias == false", "dense1"),
        ("layer.params > 200_000", "dense1"),
        ("layer.macs * 2 > network.macs", "conv2"),
        ('layer.name == "dense1" or layer.path == "relu1"', "relu1 dense1"),
        ("layer.receptive_field > 12", "conv2 flatten1 dense1"),
        ("network.weight_layers > 3", ""),
        ("layer.height < 100", "conv1 relu1 conv2"),
    ],
)
def test_conditions(when: str, paths: str) -> None:
    """A window's axes count by the largest; what a layer does not have meets nothing.

    By hand: the maps are 16x32x24, 32x30x22, 21120, 10; MACs 16*32*24*27*3 = 995,328, 32*30*22*9*16 = 3,041,280 and
    211,200; receptive fields 3x9 and 7x13; 211,200 weights in the dense layer.
    """
    assert [path for _, path, _ in found(when)] == paths.split()


def test_message_severity_and_place() -> None:
    rule = linter(
        "layer.kernel > 7",
        "{layer.kernel} on {layer.in_channels} of {network.params} and {layer.saved_bytes}",
        remedy="less than {layer.kernel}",
        severity="error",
        name="huge",
    )
    one = rule.lint_text(TEXT, "x.yaml").findings[0]
    assert (one.message, one.remedy) == ("9 on 3 of 217,152 and ?", "less than 9")
    assert (one.severity, one.name, one.span[:2]) == ("error", "huge", (4, 5))


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("layer.kernal > 7", "did you mean kernel?"),
        ("network.parms > 7", "did you mean params?"),
        ("kernel > 7", "the name kernel means nothing"),
        ("layer.kernel >", "it ends too early"),
        ("layer.kernel.__class__", "is not known here"),
        ("__import__('os')", "is not"),
    ],
)
def test_a_condition_that_cannot_be_read_is_refused(when: str, words: str) -> None:
    with pytest.raises(SpecError, match="the rule MY001 of the configuration") as caught:
        found(when)
    assert words in str(caught.value)


def test_a_slot_that_means_nothing_is_refused() -> None:
    with pytest.raises(SpecError, match=r"there is no layer\.size_of"):
        found("layer.kernel > 7", "{layer.size_of}")


def test_a_comment_silences_them_too() -> None:
    text = TEXT.replace("[1, 4]}", "[1, 4]}  # cnncalc: ignore[MY001] r")
    assert not linter("layer.kernel > 7").lint_text(text, "x.yaml").findings


# -- installed rules ---------------------------------------------------------------------------------------------------

MODULE = """
from cnncalc.lint.rule import Rule

class NoTanh(Rule):
    \"\"\"No tanh here.\"\"\"

    code = "ACME001"
    slug = "no-tanh"

    def check(self, network, options):
        for node in network.nodes:
            if node.kind == "tanh":
                yield self.finding(node, "a tanh")

class Ours(NoTanh):
    code = "CN001"

RULES = [NoTanh]
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a package with an entry point on the path."""
    roster.installed.cache_clear()

    def installer(target: str) -> None:
        name = f"acme_rules_{tmp_path.name.replace('-', '_')}"
        (tmp_path / f"{name}.py").write_text(MODULE)
        info = tmp_path / "acme_rules-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rules\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{plugins.GROUP}]\nacme = {name}{target}\n")
        monkeypatch.syspath_prepend(str(tmp_path))

    yield installer
    roster.installed.cache_clear()
    for module in [module for module in sys.modules if module.startswith("acme_rules_")]:
        del sys.modules[module]


@pytest.mark.parametrize("target", [":NoTanh", ":RULES"])
def test_an_installed_rule_runs(install: Callable[[str], None], target: str) -> None:
    install(target)
    text = "cnncalc: 1\ninput: 3x8x8\nlayers: [tanh]\n"
    result = Linter(Configuration(), select=["ACME"]).lint_text(text, "x.yaml")
    assert short(result.findings) == [("ACME001", "tanh1", 3)]


@pytest.mark.parametrize(
    ("target", "words"),
    [(":Ours", "CN is ours"), (":MODULE", "cannot be loaded"), (":Rule", "its code is ''"), ("", "no subclass")],
)
def test_an_installed_rule_that_is_none_is_refused(install: Callable[[str], None], target: str, words: str) -> None:
    install(target)
    with pytest.raises(SpecError, match=words):
        Linter(Configuration()).lint("in 3x8x8; relu")


def test_without_such_a_package_nothing_is_asked_of_importlib(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parsing the entry points of every installed package would take longer than the review."""
    monkeypatch.delitem(sys.modules, "importlib.metadata", raising=False)
    assert plugins.installed_rules() == ()
    assert "importlib.metadata" not in sys.modules
