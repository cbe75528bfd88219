"""The command line: what a SPEC may be, exit codes, formats, options, help, streams."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from .terminal import ROOT, cnncalc, process

GOOD = "cnncalc: 1\nname: good\ninput: 3x8x8\nlayers: [conv: {filters: 4, kernel: 3}]\n"
FALSE = "cnncalc: 1\nname: untrue\ninput: 3x8x8\nlayers: [conv: {filters: 4, kernel: 3, expect: {params: 1}}]\n"
FAULTY = "cnncalc: 1\nname: faulty\ninput: 3x8x8\nlayers: [conv: {filters: 4, kernel: 9}]\n"
HOLDS = "cnncalc: 1\nname: holds\ninput: 3x8x8\nlayers: [relu: {expect: {params: {stated: 0, erratum: none}}}]\n"
ERRATUM = "cnncalc: 1\nname: erratum\ninput: 3x8x8\nlayers: [relu: {expect: {params: {stated: 1, erratum: none}}}]\n"
BAD = "cnncalc: 1\nlayers: []\n"


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    for name, text in (
        ("good", GOOD),
        ("false", FALSE),
        ("faulty", FAULTY),
        ("holds", HOLDS),
        ("erratum", ERRATUM),
        ("bad", BAD),
    ):
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def names(outcome: Any) -> list[str]:
    result = json.loads(outcome.out)
    return [one.get("name") or one["schema"] for one in (result if isinstance(result, list) else [result])]


# -- exit codes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (["good"], 0),
        (["erratum"], 0),
        (["false"], 1),
        (["faulty"], 1),
        (["holds"], 1),
        (["bad"], 2),
        (["good", "erratum"], 0),
        (["good", "false"], 1),
        (["false", "good"], 1),
        (["bad", "good"], 2),
        (["false", "bad", "good"], 2),
        (["missing", "good"], 2),
    ],
)
@pytest.mark.parametrize("form", ["terminal", "json", "csv"])
def test_the_worst_exit_code_wins(files: list[str], code: int, form: str, specs: Path) -> None:
    outcome = cnncalc("analyze", *(str(specs / f"{name}.yaml") for name in files), "--format", form)
    assert outcome.code == code
    # the good ones are shown all the same
    if "good" in files:
        assert "4x6x6" in outcome.out or "[4, 6, 6]" in outcome.out


def test_what_cannot_be_read_takes_its_place_in_json(specs: Path) -> None:
    outcome = cnncalc("analyze", *(str(specs / f"{name}.yaml") for name in ("good", "bad", "false")), "-f", "json")
    assert names(outcome) == ["good", "cnncalc/error/1", "untrue"]
    assert outcome.err == ""


def test_what_cannot_be_read_is_told_on_standard_error(specs: Path) -> None:
    outcome = cnncalc("analyze", str(specs / "good.yaml"), str(specs / "bad.yaml"), "-f", "csv")
    assert "bad.yaml" not in outcome.out
    assert outcome.errors == [
        f"error: {specs}/bad.yaml:1:1: the spec has no input (expected input, received nothing); add input: 3x224x224"
    ]


# -- what a SPEC may be ----------------------------------------------------------------------------------------------


def test_a_file() -> None:
    assert names(cnncalc("analyze", "specs/alexnet.yaml", "-f", "json")) == ["AlexNet"]


def test_a_directory_is_its_yaml_files_by_name(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "c.yaml"):
        (tmp_path / name).write_text(GOOD.replace("good", name))
    for other in ("d.txt", "e.yaml.bak", "yaml"):
        (tmp_path / other).write_text("not a spec")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "deeper.yaml").write_text(GOOD)
    (tmp_path / "z.yaml").mkdir()
    assert names(cnncalc("analyze", str(tmp_path), "-f", "json")) == ["a.yml", "b.yaml", "c.yaml"]
    assert names(cnncalc("analyze", f"{tmp_path}/**/*.yaml", "-f", "json")) == ["b.yaml", "c.yaml", "good"]
    assert names(cnncalc("analyze", f"{tmp_path}/*.yaml", "-f", "json")) == ["b.yaml", "c.yaml"]
    assert names(cnncalc("analyze", f"{tmp_path}/?.y*ml", "-f", "json")) == ["a.yml", "b.yaml", "c.yaml"]


def test_a_directory_of_one_is_an_array(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(GOOD)
    assert isinstance(json.loads(cnncalc("analyze", str(tmp_path), "-f", "json").out), list)
    assert isinstance(json.loads(cnncalc("analyze", f"{tmp_path}/*.yaml", "-f", "json").out), list)
    assert isinstance(json.loads(cnncalc("analyze", f"{tmp_path}/one.yaml", "-f", "json").out), dict)


def test_a_file_whose_name_looks_like_a_glob(tmp_path: Path) -> None:
    file = tmp_path / "net[1].yaml"
    file.write_text(GOOD)
    assert names(cnncalc("analyze", str(file), "-f", "json")) == ["good"]


def test_odd_file_names(tmp_path: Path) -> None:
    for name in ("a b.yaml", "ü.yaml", "-.yaml", "zoo.yaml", "in.yaml"):
        (tmp_path / name).write_text(GOOD)
        assert cnncalc("analyze", str(tmp_path / name), "-f", "json").code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="names are text there")
def test_a_file_name_that_is_not_utf_8(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/n\xff.yaml"
    try:
        with open(name, "wb") as file:
            file.write(GOOD.encode())
    except OSError:
        pytest.skip("this file system has no such names")
    done = process("analyze", os.fsdecode(name), "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout.decode())["name"] == "good"
    assert process("analyze", os.fsdecode(name) + "x").returncode == 2


def test_standard_input() -> None:
    assert names(cnncalc("analyze", "-", "-f", "json", stdin=GOOD.encode())) == ["good"]
    outcome = cnncalc("analyze", "-", stdin=b"\xff")
    assert outcome.code == 2
    assert outcome.err.startswith("error: <stdin>:1:1:")
    assert cnncalc("analyze", "-", stdin=b"").code == 2


def test_a_byte_order_mark_is_allowed(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert names(cnncalc("analyze", str(file), "-f", "json")) == ["good"]
    file.write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert names(cnncalc("analyze", str(file), "-f", "json")) == ["good"]


def test_zoo() -> None:
    assert names(cnncalc("analyze", "zoo:alexnet", "-f", "json")) == ["AlexNet"]
    assert len(names(cnncalc("analyze", "zoo:vgg-*", "-f", "json"))) == 6
    outcome = cnncalc("analyze", "zoo:alexnt")
    assert outcome.code == 2
    assert "did you mean alexnet?" in outcome.err
    listed = cnncalc("zoo").out.splitlines()
    assert "zoo:resnet152" in listed
    assert all(name.startswith("zoo:") for name in listed)


@pytest.mark.parametrize("name", ["zoo:", "zoo:../README", "zoo:/etc/passwd", "zoo:nope*", "zoo:documents"])
def test_not_in_the_zoo(name: str) -> None:
    outcome = cnncalc("analyze", name)
    assert outcome.code == 2
    assert len(outcome.errors) == 1


def test_inline() -> None:
    outcome = cnncalc(
        "analyze", "in 3x200x300; conv 100 k3 s2 same; conv 200 k3 s2 same; conv 400 k3 s2 same", "-f", "json"
    )
    assert json.loads(outcome.out)["totals"]["params"] == 903_400


def test_several_kinds_of_specs_at_once(specs: Path) -> None:
    outcome = cnncalc(
        "analyze", "zoo:lenet5", "in 3x8x8; relu", str(specs / "good.yaml"), "-", "-f", "json", stdin=GOOD.encode()
    )
    assert names(outcome) == ["LeNet-5", "inline", "good", "good"]


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("nowhere.yaml", "no such file"),
        ("nowhere/*.yaml", "matches"),
        ("", ""),
        (" ", ""),
        ("a" * 300, "File name too long"),
        ("a" * 5000, "File name too long"),
        ("x\0y", ""),
        ("/dev/null", "empty"),
        (";", "input"),
        ("in 3x8x8; cnov 3", "did you mean conv?"),
    ],
)
def test_not_a_spec(argument: str, words: str) -> None:
    outcome = cnncalc("analyze", argument)
    assert outcome.code == 2
    assert outcome.out == ""
    assert len(outcome.errors) == 1
    assert words in outcome.err
    assert "internal error" not in outcome.err
    assert len(outcome.err) < 1000


def test_a_directory_without_specs(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("nothing")
    outcome = cnncalc("analyze", str(tmp_path))
    assert outcome.code == 2
    assert "no .yaml or .yml" in outcome.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(GOOD)
    file.chmod(0)
    outcome = cnncalc("analyze", str(file))
    assert outcome.code == 2
    assert "cannot be read" in outcome.err


# -- formats ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["terminal", "json", "csv", "markdown", "html", "latex"])
@pytest.mark.parametrize("spec", ["zoo:alexnet", "zoo:lenet5", "zoo:googlenet"])
def test_every_format(form: str, spec: str) -> None:
    outcome = cnncalc("analyze", spec, "--format", form)
    assert outcome.code == 0
    assert outcome.err == ""
    assert outcome.out.endswith("\n")
    assert "conv" in outcome.out


def test_csv_has_a_line_per_row_in_full_precision() -> None:
    rows = list(csv.DictReader(io.StringIO(cnncalc("analyze", "zoo:alexnet", "-f", "csv").out)))
    assert sum(int(row["params"]) for row in rows) == 62_378_344
    assert sum(int(row["macs"]) for row in rows) == 1_135_256_096
    several = list(csv.DictReader(io.StringIO(cnncalc("analyze", "zoo:alexnet", "zoo:lenet5", "-f", "csv").out)))
    assert {row["spec"] for row in several} == {"zoo:alexnet", "zoo:lenet5"}


def test_several_in_one_page() -> None:
    page = cnncalc("analyze", "zoo:alexnet", "zoo:lenet5", "-f", "markdown").out
    assert "AlexNet" in page
    assert "LeNet-5" in page


def test_layout() -> None:
    assert "96x55x55" in cnncalc("analyze", "zoo:alexnet").out
    assert "55x55x96" in cnncalc("analyze", "zoo:alexnet", "--layout", "hwc").out


def test_repeats_are_folded_unless_expanded() -> None:
    closed = cnncalc("analyze", "zoo:resnet152").out.splitlines()
    opened = cnncalc("analyze", "zoo:resnet152", "--expand").out.splitlines()
    assert len(closed) < 200
    assert len(opened) > 400


def test_at_most_two_hundred_rows(tmp_path: Path) -> None:
    file = tmp_path / "long.yaml"
    file.write_text(
        "cnncalc: 1\ninput: 3x8x8\nlayers:\n"
        + "".join(f"  - conv: {{filters: {n % 7 + 1}, kernel: 1}}\n" for n in range(1000))
    )
    short = cnncalc("analyze", str(file)).out
    assert len(short.splitlines()) < 300
    assert "--expand" in short
    assert len(cnncalc("analyze", str(file), "--expand").out.splitlines()) > 1000
    assert len(json.loads(cnncalc("analyze", str(file), "-f", "json").out)["layers"]) == 1000


def test_time_is_linear_in_the_length(tmp_path: Path) -> None:
    def seconds(count: int) -> float:
        file = tmp_path / f"{count}.yaml"
        layers = "".join(
            f"  - conv: {{filters: {n % 7 + 1}, kernel: 3, padding: 1, activation: relu}}\n" for n in range(count)
        )
        file.write_text(f"cnncalc: 1\ninput: 3x8x8\nlayers:\n{layers}")
        before = time.process_time()
        assert cnncalc("analyze", str(file), "-f", "json").code == 0
        return time.process_time() - before

    seconds(100)
    short, long = seconds(500), seconds(4000)
    # eight times the layers: not much more than eight times the work
    assert long < 20 * short
    assert long < 10


# -- options ---------------------------------------------------------------------------------------------------------


def analyzed(*arguments: str) -> Any:
    outcome = cnncalc("analyze", *arguments, "--format", "json")
    assert outcome.err == ""
    return json.loads(outcome.out)


def test_batch() -> None:
    assert analyzed("zoo:alexnet", "--batch", "50")["totals"]["macs"] == 50 * 1_135_256_096
    symbolic = analyzed("zoo:alexnet", "--batch", "N")
    assert (symbolic["batch"], symbolic["totals"]["macs"]) == ("N", "1135256096*N")
    assert analyzed("zoo:alexnet", "--batch", "images")["batch"] == "images"


def test_dtype_and_optimizer() -> None:
    memory = analyzed("zoo:alexnet", "--dtype", "float16", "--optimizer", "adam")["memory"]
    assert memory["parameter_bytes"] == 2 * 62_378_344
    assert memory["optimizer"] == "adam"
    assert memory["optimizer_bytes"] == 2 * 2 * 62_378_344 + 4 * 16


def test_input() -> None:
    assert analyzed("zoo:resnet50", "--input", "3x256x320")["inputs"] == {"input": [3, 256, 320]}
    assert analyzed("zoo:resnet50", "--input", "3xHx320")["inputs"] == {"input": [3, "H", 320]}
    assert analyzed("zoo:resnet50", "--input", "input=3x256x320")["inputs"] == {"input": [3, 256, 320]}


def test_set(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(
        "cnncalc: 1\ninput: 8\nvariables: {classes: 10, hidden: 4}\nlayers: [dense: hidden, dense: {units: classes, bias: hidden > 3}]\n"
    )
    assert analyzed(str(file))["layers"][1]["params"] == 50
    assert analyzed(str(file), "--set", "classes=3")["layers"][1]["params"] == 15
    assert analyzed(str(file), "--set", "classes=3", "--set", "hidden=2")["layers"][1]["params"] == 6
    assert analyzed(str(file), "--set", "classes=symbol")["layers"][1]["params"] == "5*classes"
    assert analyzed(str(file), "--set", "classes=hidden * 2")["layers"][1]["params"] == 40


def test_symbolic() -> None:
    result = analyzed("zoo:alexnet", "--symbolic")
    assert result["inputs"] == {"input": [3, "H", "W"]}
    assert result["batch"] == "N"
    assert "H >= 67" in result["assumptions"]
    assert analyzed("zoo:alexnet", "--symbolic", "--batch", "4")["batch"] == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--batch", "0"], "--batch"),
        (["--batch", "-3"], "--batch"),
        (["--batch", "1.5"], "--batch"),
        (["--batch", "1e3"], "--batch"),
        (["--batch", "99999999999999"], "--batch"),
        (["--batch", "²"], "--batch"),
        (["--batch", "٣"], "--batch"),
        (["--batch", "N*2"], "--batch"),
        (["--batch", ""], "--batch"),
        (["--batch"], "--batch"),
        (["--dtype", "f32"], "--dtype"),
        (["--optimizer", "sdg"], "--optimizer"),
        (["--input", "3x"], "--input"),
        (["--input", "3x0x8"], "--input"),
        (["--input", "3x²x8"], "--input"),
        (["--input", ""], "--input"),
        (["--input", "3x8x8x8x8"], "--input"),
        (["--input", "left=3x8x8"], "left"),
        (["--input", "=3x8x8"], ""),
        (["--set", "classes"], "--set"),
        (["--set", "classes="], "--set"),
        (["--set", "=3"], "--set"),
        (["--set", "nope=3"], "nope"),
        (["--format", "xml"], "--format"),
        (["--layout", "nchw"], "--layout"),
        (["--nope"], "--nope"),
        (["--expand=3"], "--expand"),
    ],
)
def test_wrong_options(arguments: list[str], words: str) -> None:
    outcome = cnncalc("analyze", "zoo:alexnet", *arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert words in outcome.err
    assert "internal error" not in outcome.err
    assert "Traceback" not in outcome.err
    assert "Value error" not in outcome.err


def test_an_input_must_be_named_where_there_are_several(tmp_path: Path) -> None:
    file = tmp_path / "two.yaml"
    file.write_text("cnncalc: 1\ninput: {left: 3x8x8, right: 3x8x8}\nlayers: [add: {from: [left, right]}]\n")
    outcome = cnncalc("analyze", str(file), "--input", "3x9x9")
    assert outcome.code == 2
    assert "left, right" in outcome.err
    both = analyzed(str(file), "--input", "left=3x9x9", "--input", "right=3x9x9")
    assert both["layers"][0]["output"] == [3, 9, 9]


@pytest.mark.parametrize("arguments", [["nope"], ["--nope"], ["analyze"], ["schema", "x"], ["zoo", "x"]])
def test_wrong_calls(arguments: list[str]) -> None:
    outcome = cnncalc(*arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err


# -- help, version, schema -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("command", [[], ["analyze"], ["schema"], ["zoo"]])
def test_help(command: list[str], flag: str) -> None:
    outcome = cnncalc(*command, flag)
    assert outcome.code == 0
    assert outcome.err == ""
    assert "Usage" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 100
    assert "\x1b[" not in outcome.out


def test_help_names_every_command_and_option() -> None:
    commands = cnncalc("--help").out
    assert all(command in commands for command in ("analyze", "schema", "zoo"))
    options = cnncalc("analyze", "--help").out
    for option in (
        "--batch",
        "--dtype",
        "--optimizer",
        "--input",
        "--set",
        "--format",
        "--symbolic",
        "--layout",
        "--expand",
    ):
        assert option in options
    for value in ("terminal", "json", "csv", "markdown", "html", "latex", "float16", "adam", "hwc"):
        assert value in options


def test_no_arguments_show_the_help() -> None:
    outcome = cnncalc()
    assert outcome.code == 2
    assert "analyze" in outcome.out + outcome.err


def test_version() -> None:
    import cnncalc as package

    assert cnncalc("--version").out == f"cnncalc {package.__version__}\n"


def test_schema_is_a_json_schema_that_takes_the_shipped_specs() -> None:
    import jsonschema
    import yaml

    outcome = cnncalc("schema")
    assert outcome.code == 0
    schema = json.loads(outcome.out)
    validator = jsonschema.Draft202012Validator
    validator.check_schema(schema)
    for name in ("alexnet", "resnet50", "googlenet", "lenet5", "unet"):
        validator(schema).validate(yaml.safe_load((ROOT / "specs" / f"{name}.yaml").read_text()))
    assert list(validator(schema).iter_errors({"cnncalc": 1, "input": "3x8x8", "layers": [{"conv": {"filter": 3}}]}))


# -- streams ---------------------------------------------------------------------------------------------------------


def test_no_colour_where_there_is_no_terminal() -> None:
    assert "\x1b[" not in cnncalc("analyze", "zoo:alexnet").out
    done = process("analyze", "zoo:alexnet")
    assert b"\x1b[" not in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
@pytest.mark.parametrize(("environment", "colour"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colour_on_a_terminal(environment: dict[str, str], colour: bool) -> None:
    import pty
    import subprocess

    clean = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM", "FORCE_COLOR")}
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "cnncalc", "analyze", "zoo:lenet5"],
        stdout=follower,
        stderr=subprocess.DEVNULL,
        env={**clean, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "100", **environment},
    ) as running:
        os.close(follower)
        shown = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        running.wait(timeout=60)
    os.close(leader)
    assert b"LeNet-5" in shown
    assert (b"\x1b[" in shown) is colour


@pytest.mark.parametrize("width", ["1", "20", "40", "60", "80", "140", "0", "x"])
@pytest.mark.parametrize("spec", ["zoo:alexnet", "zoo:googlenet"])
def test_any_width(width: str, spec: str) -> None:
    outcome = cnncalc("analyze", spec, columns=width)
    assert outcome.code == 0
    if width in ("60", "80", "140"):
        assert max(map(len, outcome.out.splitlines())) <= int(width)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_any_encoding(encoding: str) -> None:
    done = process("analyze", "zoo:alexnet", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert done.returncode == 0
    shown = done.stdout.decode(encoding)
    assert "62,378,344" in shown
    # no rows of question marks where lines could not be drawn
    assert not re.search(r"\?\?\?", shown)


def test_a_reader_that_leaves_early() -> None:
    import subprocess

    command = [sys.executable, "-m", "cnncalc", "analyze", "zoo:*", "--format", "json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.read(10)
        running.stdout.close()
        assert running.stderr.read() == b""
        running.wait(timeout=60)
    assert running.returncode in (0, 141)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("form", ["terminal", "json"])
def test_a_full_disk(form: str) -> None:
    import subprocess

    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cnncalc", "analyze", "zoo:lenet5", "-f", form],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    assert done.returncode == 2
    assert b"internal error" not in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"No space left" in done.stderr


def test_a_process_refuses_bad_input() -> None:
    done = process("analyze", "-", stdin=b"cnncalc: 1\ninput: 3x8x8\nlayers: [cnov: 3]\n")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().splitlines() == [
        "error: <stdin>:3:10: cnov1: unknown layer kind cnov; did you mean conv?"
    ]


def test_an_internal_error_is_told_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(argument: str) -> None:
        raise RuntimeError("the wheels came off")

    monkeypatch.setattr("cnncalc.spec.read.load", broken)
    outcome = cnncalc("analyze", "zoo:alexnet")
    assert outcome.code == 2
    assert "internal error: RuntimeError: the wheels came off" in outcome.err
    assert "Traceback" not in outcome.err
