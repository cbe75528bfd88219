"""Fixes: what is made, what is refused and why, and how files are replaced."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cnncalc.core.diagnostic import SpecError
from cnncalc.lint.config import Configuration
from cnncalc.lint.engine import Linter
from cnncalc.lint.files import replace_file
from cnncalc.lint.fix import Fixed, fix_file, fix_text, write

pytestmark = pytest.mark.usefixtures("only_these")
GONE = (
    "the spec could not be read afterwards: there is no layer drop before this one"
    " (expected the name of an earlier layer, received drop)"
)
HEAD = "# a network\ncnncalc: 1\ninput: 3x32x32\nlayers:\n"


def fixed(layers: str, unsafe: bool = False, select: tuple[str, ...] = ("XX001",)) -> Fixed:
    """The layers with these rules' fixes made."""
    return fix_text(Linter(Configuration(), select=select), HEAD + layers, "x.yaml", unsafe)


def test_safe_fixes_keep_comments_order_and_everything_else() -> None:
    result = fixed("  - conv: {filters: 4, kernel: 3}   # stem\n  - tanh   # was published so\n  # tail\n  - flatten\n")
    assert result.after == result.before.replace("- tanh ", "- relu ")
    assert [one.path for one in result.applied] == ["tanh1"]
    assert not result.result.findings


def test_several_fixes_in_one_text() -> None:
    result = fixed("  - tanh\n  - tanh\n  - add: [[tanh], []]\n")
    assert (result.after.count("relu"), result.after.count("tanh"), len(result.applied)) == (3, 0, 3)


def test_unsafe_fixes_only_where_they_are_wanted() -> None:
    layers = "  - relu\n  - dropout\n  - relu\n"
    assert not fixed(layers, select=("XX103",)).changed
    assert fixed(layers, unsafe=True, select=("XX103",)).after == f"{HEAD}  - relu\n  - relu\n"


@pytest.mark.parametrize(
    ("layers", "select", "reason"),
    [
        (  # 3x32x32 -> 8x28x28 by hand, and 8x32x32 with a 1x1 kernel
            "  - conv: {filters: 8, kernel: 5}\n  - relu\n",
            "XX002",
            "conv1 would give 8x32x32 instead of 8x28x28",
        ),
        (
            "  - conv: {filters: 8, kernel: 3, expect: {params: 224}}\n",
            "XX104",
            "conv1: the claim params 224 would be false (216)",
        ),
        (  # removing it would leave from: drop dangling
            "  - relu\n  - dropout: {name: drop}\n  - relu: {from: drop}\n",
            "XX103",
            GONE,
        ),
    ],
)
def test_a_fix_that_would_do_harm_is_refused(layers: str, select: str, reason: str) -> None:
    result = fixed(layers, unsafe=True, select=(select,))
    assert not result.changed
    assert [why for _, why in result.refused] == [reason]


def test_one_harmful_fix_does_not_stop_the_others() -> None:
    layers = "  - tanh\n  - conv: {filters: 8, kernel: 3, expect: {params: 224}}\n  - conv: {filters: 8, kernel: 3}\n"
    result = fixed(layers, select=("XX001", "XX104"))
    assert result.after.splitlines()[4:] == [
        "  - relu",
        "  - conv: {filters: 8, kernel: 3, expect: {params: 224}}",
        "  - conv: {filters: 8, kernel: 3, bias: false}",
    ]
    assert [one.path for one, _ in result.refused] == ["conv1"]


def test_a_misspelt_key_is_an_unsafe_fix() -> None:
    """The only thing that can be told of a spec that gives no graph is whether fewer problems are left."""
    layers = "  - conv: {filtres: 8, kernal: 3}\n  - realu\n"
    assert not fixed(layers).changed
    result = fixed(layers, unsafe=True)
    assert result.after == f"{HEAD}  - conv: {{filters: 8, kernel: 3}}\n  - relu\n"
    assert result.result.readable


def test_a_block_is_fixed_once_for_all_its_uses() -> None:
    head = "blocks: {u: {layers: [conv: {filters: 4, kernel: 3, padding: 1}]}}\n"
    text = f"cnncalc: 1\ninput: 3x8x8\n{head}layers: [u: {{repeat: 3}}]\n"
    result = fix_text(Linter(Configuration(), select=["XX104"]), text, "x.yaml")
    assert result.after == text.replace("padding: 1}", "padding: 1, bias: false}")


def test_the_diff() -> None:
    lines = fixed("  - tanh").diff().splitlines()
    assert lines[0] == "--- x.yaml"
    assert lines[-4:] == ["-  - tanh", "\\ No newline at end of file", "+  - relu", "\\ No newline at end of file"]


def test_a_file_is_replaced_with_its_mode_mark_and_line_ends(write_bytes: Callable[[str, bytes], Path]) -> None:
    data = b"\xef\xbb\xbf" + (HEAD + "  - tanh\n").replace("\n", "\r\n").encode()
    path = write_bytes("x.yaml", data)
    path.chmod(0o640)
    result = fix_file(Linter(Configuration(), select=["XX001"]), str(path))
    write(result)
    assert path.read_bytes() == data.replace(b"tanh", b"relu")
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(path.parent) == ["x.yaml"]


def test_a_link_stays_a_link(write_bytes: Callable[[str, bytes], Path]) -> None:
    path = write_bytes("x.yaml", (HEAD + "  - tanh\n").encode())
    link = path.parent / "y.yaml"
    link.symlink_to(path)
    write(fix_file(Linter(Configuration(), select=["XX001"]), str(link)))
    assert link.is_symlink()
    assert "relu" in path.read_text()


def test_a_file_that_changed_meanwhile_is_left_alone(write_bytes: Callable[[str, bytes], Path]) -> None:
    path = write_bytes("x.yaml", (HEAD + "  - tanh\n").encode())
    result = fix_file(Linter(Configuration(), select=["XX001"]), str(path))
    path.write_text(HEAD + "  - tanh\n  - relu\n")
    with pytest.raises(SpecError, match="changed while"):
        write(result)
    assert "tanh" in path.read_text()


def test_a_failing_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(SpecError, match="No space left"):
        replace_file(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["x.yaml"]


@pytest.fixture
def write_bytes(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Writes a file as it is."""

    def writer(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return writer


def test_a_misspelt_kind_is_repaired_though_its_fields_are_then_found_wanting() -> None:
    text = "cnncalc: 1\ninput: 3x8x8\nlayers:\n  - cnv: {}\n"
    fixed = fix_text(Linter(Configuration()), text, "x.yaml", unsafe=True)
    assert fixed.after == text.replace("cnv", "conv")
    assert [one.code for one in fixed.applied] == ["CN901"]
    assert "needs filters" in fixed.result.findings[0].message
