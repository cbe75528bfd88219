"""Bad input: exit code 2, one message with the position and a remedy, nothing on standard output, and quickly."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

import pytest

from .terminal import cnncalc

CONV = "conv: {filters: 8, kernel: 3}"
HEAD = "cnncalc: 1\ninput: 3x32x32\n"


def net(*layers: str, head: str = HEAD) -> str:
    """A spec whose first layer stands in line 4, column 5 (after two lines of head)."""
    return head + "layers:\n" + "".join(f"  - {layer}\n" for layer in layers)


def sections(*lines: str, layers: str = "[]") -> str:
    """A spec whose first further line is line 4."""
    return f"{HEAD}layers: {layers}\n" + "\n".join(lines) + "\n"


class Bad(NamedTuple):
    """A text, where its mistake stands, and words that the message must have."""

    text: str | bytes
    place: str
    words: tuple[str, ...]


def bad(text: str | bytes, place: str, *words: str) -> Bad:
    return Bad(text, place, words)


def variables(stated: str) -> str:
    return net("relu", head=f"cnncalc: 1\ninput: 3x32x32\nvariables: {stated}\n")


ROWS: dict[str, Bad] = {
    # -- not YAML, not text
    "empty file": bad("", "1:1", "empty", "start with"),
    "only a comment": bad("# nothing\n", "1:1", "empty"),
    "a word": bad("hello\n", "1:1", "mapping", "received hello"),
    "a list": bad("[1, 2]\n", "1:1", "mapping", "a list of 2"),
    "open bracket": bad("cnncalc: 1\ninput: [3\n", "2:8", "not YAML"),
    "open quote": bad('cnncalc: 1\nname: "abc\n', "2:7", "not YAML"),
    "two colons": bad("cnncalc: 1\nname: a: b\n", "2:8", "not YAML"),
    "bad indentation": bad("cnncalc: 1\nlayers:\n  - relu\n - relu\n", "4:2", "not YAML"),
    "tab": bad("cnncalc: 1\ntask:\n\tclasses: 3\n", "3:1", "tab", "spaces"),
    "control character": bad('cnncalc: 1\nname: "a\x07b"\n', "2:9", "control character"),
    "zero byte": bad(b"cnncalc: 1\nname: a\x00b\n", "", "binary", "zero byte"),
    "binary": bad(bytes(range(256)) * 10, "", "binary"),
    "png": bad(b"\x89PNG\r\n\x1a\n", "1:1", "UTF-8", "byte 0x89"),
    "utf-16": bad(net(CONV).encode("utf-16"), "", "binary"),
    "latin-1": bad("cnncalc: 1\nname: café\n".encode("latin-1"), "2:10", "UTF-8", "byte 0xe9", "save it as UTF-8"),
    "cut off utf-8": bad("cnncalc: 1\nname: é".encode()[:-1], "2:7", "UTF-8"),
    "surrogates": bad(b"cnncalc: 1\nname: \xed\xa0\x80\n", "2:7", "UTF-8"),
    # -- what YAML has and the language has not
    "duplicate key": bad("cnncalc: 1\ninput: 3x8x8\ninput: 3x9x9\nlayers: []\n", "3:1", "input", "twice", "line 2"),
    "duplicate field": bad(net("conv: {filters: 8, kernel: 3, filters: 9}"), "4:35", "filters", "twice"),
    "anchor": bad(net("conv: &c {filters: 8, kernel: 3}"), "4:11", "anchors", "&c"),
    "alias": bad("cnncalc: 1\ninput: *size\n", "2:8", "aliases", "*size", "variables"),
    "merge key": bad(net("conv: {<<: {filters: 8}, kernel: 3}"), "4:12", "merge keys", "block"),
    "tag": bad("cnncalc: !!int 1\n", "1:10", "tags"),
    "python tag": bad("cnncalc: 1\nname: !!python/object/apply:os.system [ls]\n", "2:7", "tags"),
    "own tag": bad("cnncalc: 1\nname: !secret x\n", "2:7", "tags"),
    "two documents": bad("cnncalc: 1\ninput: 3x8x8\nlayers: []\n---\ncnncalc: 1\n", "4:1", "second document"),
    "list as key": bad("cnncalc: 1\n? [a]\n: 1\n", "2:3", "key"),
    # -- large and deep
    "alias bomb": bad("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n", "1:4", "anchors"),
    "200,000 brackets": bad("[" * 200_000, "1:65", "64 levels"),
    "200,000 closed brackets": bad("[" * 200_000 + "]" * 200_000, "1:65", "64 levels"),
    "200,000 dashes": bad("- " * 200_000, "1:129", "64 levels"),
    "depth 10,000": bad(f"{HEAD}layers: " + "[stack: " * 10_000 + "[]" + "]" * 10_000 + "\n", "3:258", "64 levels"),
    "16 MiB": bad("# " + "x" * (16 * 1024 * 1024) + "\n", "", "16 MiB"),
    "a million repeats": bad(net("conv: {filters: 8, kernel: 1, repeat: 1_000_000}"), "4:43", "repeat", "100,000"),
    "a million layers": bad(
        net("stack: {repeat: 1000, layers: [stack: {repeat: 1000, layers: [relu]}]}"), "4:", "100,000"
    ),
    "10^12 layers": bad(
        net(
            "stack: {repeat: 10000, layers: [stack: {repeat: 10000, layers: [stack: {repeat: 10000, layers: [relu]}]}]}"
        ),
        "4:",
        "100,000",
    ),
    "10^12 times nothing": bad(
        net("stack: {repeat: 10000, layers: [stack: {repeat: 10000, layers: [stack: {repeat: 10000, layers: []}]}]}"),
        "4:",
        "300,000 steps",
    ),
    "10^10 times not": bad(
        net("stack: {repeat: 100000, layers: [stack: {repeat: 100000, layers: [relu: {if: false}]}]}"),
        "4:",
        "300,000 steps",
    ),
    "blocks that double": bad(
        sections(
            "blocks:",
            *(f"  b{i}: {{layers: [b{i + 1}, b{i + 1}]}}" for i in range(40)),
            "  b40: {layers: []}",
            layers="[b0]",
        ),
        "",
    ),
    "2,000 blocks deep": bad(
        sections(
            "blocks:",
            *(f"  b{i}: {{layers: [b{i + 1}]}}" for i in range(2000)),
            "  b2000: {layers: [relu]}",
            layers="[b0]",
        ),
        "",
        "deep",
    ),
    "10^12 filters of 10^12": bad(net("conv: {filters: 10000000000000, kernel: 3}"), "4:21", "filters", "10^12"),
    "5,000 digits": bad(net(f"conv: {{filters: {'9' * 5000}, kernel: 3}}"), "4:21", "filters", "5000 characters"),
    "5,000 digits in an expression": bad(net(f"conv: {{filters: {'9' * 5000} + 1, kernel: 3}}"), "4:21", "filters"),
    # -- version, keys, kinds
    "no version": bad("input: 3x8x8\nlayers: []\n", "1:1", "cnncalc: 1"),
    "another version": bad("cnncalc: 2\ninput: 3x8x8\nlayers: []\n", "1:10", "version", "expected 1", "received 2"),
    "version as text": bad("cnncalc: 'one'\ninput: 3x8x8\nlayers: []\n", "1:10", "version", "received one"),
    "no input": bad("cnncalc: 1\nlayers: []\n", "1:1", "no input", "input: 3x224x224"),
    "no layers": bad("cnncalc: 1\ninput: 3x8x8\n", "1:1", "no layers"),
    "unknown key": bad("cnncalc: 1\ninput: 3x8x8\nlayers: []\nexpects: {}\n", "4:1", "expects", "did you mean expect?"),
    "unknown kind": bad(net("cnov: {filters: 8, kernel: 3}"), "4:5", "cnov", "did you mean conv?"),
    "unknown kind far from any": bad(net("qqqqqq: 3"), "4:5", "qqqqqq", "docs"),
    "unknown field": bad(net("conv: {filters: 8, kernel: 3, strides: 2}"), "4:35", "strides", "did you mean stride?"),
    "missing field": bad(net("conv: {filters: 8}"), "4:5", "kernel", "nothing"),
    "no short form": bad(net("conv: 3"), "4:11", "short form", "filters, kernel"),
    "two kinds in one layer": bad(
        net("{conv: {filters: 3, kernel: 3}, relu: {}}"), "4:5", "one-key mapping", "conv, relu"
    ),
    "a number as layer": bad(net("3"), "4:5", "layer", "received 3"),
    "layers as mapping": bad("cnncalc: 1\ninput: 3x8x8\nlayers: {conv: 3}\n", "3:9", "list", "write -"),
    # -- wrong types and numbers
    "zero": bad(net("conv: {filters: 0, kernel: 3}"), "4:21", "filters", "at least 1", "received 0"),
    "negative": bad(net("conv: {filters: 8, kernel: -3}"), "4:32", "kernel", "at least 1", "received -3"),
    "fraction": bad(net("conv: {filters: 8, kernel: 2.5}"), "4:32", "kernel", "whole number", "received 2.5"),
    "whole float": bad(net("conv: {filters: 8.0, kernel: 3}"), "4:21", "filters", "write 8"),
    "true": bad(net("conv: {filters: true, kernel: 3}"), "4:21", "filters", "received true"),
    "yes": bad(
        net("conv: {filters: 8, kernel: 3, bias: yes}"), "4:41", "bias", "true or false", "received the word yes"
    ),
    "a word as number": bad(net("conv: {filters: wide, kernel: 3}"), "4:21", "filters", "wide", "variables"),
    "a list of four": bad(net("conv: {filters: 8, kernel: [1, 1, 1, 1]}"), "4:32", "kernel", "1 to 3"),
    "an empty list": bad(net("conv: {filters: 8, kernel: []}"), "4:32", "kernel"),
    "a mapping": bad(net("conv: {filters: 8, kernel: {h: 3}}"), "4:32", "kernel", "a mapping"),
    "padding word": bad(net("conv: {filters: 8, kernel: 3, padding: smae}"), "4:44", "padding", "did you mean same?"),
    "padding side": bad(
        net("conv: {filters: 8, kernel: 3, padding: {topp: 1}}"), "4:44", "padding", "did you mean top?"
    ),
    "rate of one": bad(net("dropout: 1"), "4:14", "rate", "below 1"),
    "infinite rate": bad(net("dropout: .inf"), "4:14", "rate"),
    "not a number": bad(net("dropout: .nan"), "4:14", "rate"),
    "unknown activation": bad(
        net("conv: {filters: 8, kernel: 3, activation: rleu}"), "4:47", "rleu", "did you mean relu?"
    ),
    "name with a dot": bad(net("relu: {name: a.b}"), "4:18", "a.b", "letters, digits"),
    "input of zero": bad("cnncalc: 1\ninput: 3x0x8\nlayers: []\n", "2:8", "input", "received 3x0x8"),
    "negative input": bad("cnncalc: 1\ninput: -3\nlayers: []\n", "2:8", "input", "received -3"),
    "fractional input": bad("cnncalc: 1\ninput: 3.5\nlayers: []\n", "2:8", "input", "received 3.5"),
    "input of five axes": bad("cnncalc: 1\ninput: 3x3x3x3x3\nlayers: []\n", "2:8", "input"),
    "input without channels": bad("cnncalc: 1\ninput: {height: 8, width: 8}\nlayers: []\n", "2:8", "channels"),
    "empty input": bad("cnncalc: 1\ninput: {}\nlayers: []\n", "2:8", "input"),
    # -- names
    "undefined name in an expression": bad(
        net("conv: {filters: width * 2, kernel: 3}"), "4:21", "width", "not defined"
    ),
    "undefined from": bad(net("relu: {from: nope}"), "4:18", "nope", "earlier layer"),
    "from itself": bad(net("relu: {name: a, from: a}"), "4:27", "a", "earlier layer"),
    "from a later one": bad(net("relu: {from: later}", "relu: {name: later}"), "4:18", "later"),
    "misspelt from": bad(net("relu: {name: stem}", "relu: {from: stmm}"), "5:18", "did you mean stem?"),
    "undefined share": bad(net("conv: {filters: 8, kernel: 3, share: nope}"), "4:42", "nope"),
    "name twice": bad(net("relu: {name: a}", "tanh: {name: a}"), "5:18", "a", "twice"),
    "name of an input": bad(net("relu: {name: input}"), "4:", "input"),
    "circular variables": bad(variables("{a: b + 1, b: a}"), "3:", "a -> b -> a"),
    "a variable of itself": bad(variables("{a: a}"), "3:16", "a -> a"),
    "undefined variable": bad(variables("{a: zz * 2}"), "3:16", "zz", "not defined"),
    "a variable without value": bad(variables("{a: null}"), "3:16", "single value", "nothing"),
    "a variable of a list": bad(variables("{a: [1]}"), "3:16", "single value", "a list of 1"),
    "a variable in_channels": bad(variables("{in_channels: 3}"), "3:13", "in_channels"),
    "a variable beyond 10^12": bad(variables("{a: 99999999999999}"), "3:16", "10^12"),
    "undefined block": bad(net("unitt: {width: 3}"), "4:5", "unitt"),
    "block of itself": bad(sections("blocks: {a: {layers: [a]}}", layers="[a]"), "4:23", "uses itself", "a -> a"),
    "blocks in a circle": bad(
        sections("blocks: {a: {layers: [b]}, b: {layers: [a]}}", layers="[a]"), "4:41", "a -> b -> a", "repeat"
    ),
    "block without layers": bad(sections("blocks: {a: {parameters: {w: 1}}}"), "4:10", "no layers"),
    "block of a kind's name": bad(sections("blocks: {conv: {layers: []}}"), "4:10", "conv", "layer kind"),
    "parameter of a common key": bad(sections("blocks: {a: {parameters: {repeat: 1}, layers: []}}"), "4:27", "repeat"),
    "missing argument": bad(sections("blocks: {a: {parameters: {w: null}, layers: []}}", layers="[a]"), "3:10", "w"),
    "unknown argument": bad(
        sections("blocks: {a: {parameters: {width: 1}, layers: []}}", layers="[a: {widht: 3}]"),
        "3:14",
        "did you mean width?",
    ),
    "in_channels outside a block": bad(net("conv: {filters: in_channels, kernel: 3}"), "4:21", "inside a block"),
    "head without from": bad(sections("heads: {aux: {layers: []}}"), "4:9", "from"),
    "head from nowhere": bad(sections("heads: {aux: {from: nope, layers: []}}"), "4:", "nope"),
    "trunk reads what is train_only": bad(net("relu: {train_only: true}", "relu"), "5:5", "only in training"),
    # -- expressions
    "division by zero": bad(net("conv: {filters: 4 // (2 - 2), kernel: 3}"), "4:21", "division by zero"),
    "division in a variable": bad(variables("{a: 1 // 0}"), "3:16", "division by zero"),
    "power": bad(net("conv: {filters: 4 ** 2, kernel: 3}"), "4:21", "4 ** 2", "not"),
    "slash": bad(net("conv: {filters: 4 / 2, kernel: 3}"), "4:21", "/"),
    "python": bad(net("conv: {filters: \"__import__('os').getpid()\", kernel: 3}"), "4:21", "filters"),
    "lambda": bad(net("conv: {filters: '(lambda: 3)()', kernel: 3}"), "4:21", "filters"),
    "10,000 brackets in an expression": bad(
        net(f"conv: {{filters: '{'(' * 10_000}1{')' * 10_000}', kernel: 3}}"), "4:21", "20001 characters"
    ),
    "100 brackets in an expression": bad(
        net(f"conv: {{filters: '{'(' * 100}1{')' * 100}', kernel: 3}}"), "4:21", "40 levels"
    ),
    "100 nots": bad(net(f"relu: {{if: {'not ' * 100}true}}"), "4:16", "40 levels"),
    "a condition that is none": bad(net("relu: {if: 1 + 1}"), "4:16", "true or false", "received 2"),
    "a word as condition": bad(net("relu: {if: maybe}"), "4:16", "maybe"),
    "negative repeat": bad(net("relu: {repeat: -1}"), "4:20", "repeat", "received -1"),
    "fractional repeat": bad(net("relu: {repeat: 1.5}"), "4:20", "repeat", "received 1.5"),
    "a word as repeat": bad(net("relu: {repeat: many}"), "4:20", "repeat", "many"),
    "frozen maybe": bad(net("relu: {trainable: maybe}"), "4:23", "maybe"),
    # -- claims and sections
    "unknown figure": bad(net("relu: {expect: {parms: 3}}"), "4:21", "parms", "did you mean params?"),
    "a claim that says nothing": bad(net("relu: {expect: {params: null}}"), "4:29", "params"),
    "an unreadable claim": bad(net("relu: {expect: {params: lots}}"), "4:29", "lots", "34_944"),
    "bytes of parameters": bad(net("relu: {expect: {params: 3 MB}}"), "4:29", "3 MB"),
    "an unreadable shape": bad(net("relu: {expect: {output: wide}}"), "4:29", "wide", "96x55x55"),
    "an unreadable field": bad(net("relu: {expect: {receptive_field: wide}}"), "4:38", "wide"),
    "unknown loss": bad(sections("task: {loss: crossentropy}"), "4:14", "did you mean cross_entropy?"),
    "classes": bad(sections("task: {classes: -3}"), "4:17", "classes", "-3"),
    "unknown optimizer": bad(sections("train: {optimizer: adm}"), "4:20", "adm", "did you mean adam?"),
    "unknown dtype": bad(sections("train: {dtype: float31}"), "4:16", "did you mean float32?"),
    "batch of zero": bad(sections("train: {batch: 0}"), "4:16", "batch", "received 0"),
    "unreadable budget": bad(sections("budget: {params: many}"), "4:18", "many"),
    "unknown budget": bad(sections("budget: {parameters: 3}"), "4:10", "parameters"),
    "unknown target": bad(sections("target: {gpu: a100}"), "4:10", "gpu"),
    # -- structures
    "branches of a number": bad(net("add: 3"), "4:10", "branches"),
    "branch of a layer": bad(net("add: [conv: {filters: 3, kernel: 1}, []]"), "4:11", "branch", "brackets"),
    "branch of a kind": bad(net("add: [relu, []]"), "4:11", "[relu]"),
    "branch of a word": bad(net("add: [nope, []]"), "4:1", "nope"),
    "merge of nothing": bad(net("add"), "4:5", "branches", "from"),
    "from nothing": bad(net("add: {from: []}"), "4:17", "from"),
    "stack of a word": bad(net("stack: relu"), "4:12", "relu"),
    "crop like nothing": bad(net("crop: {like: nope}"), "4:18", "nope"),
    "order of axes": bad(net("permute: [0, 0, 1]"), "4:14", "order"),
    "connections": bad(net("conv: {filters: 1, kernel: 3, connections: [[0, 0]]}"), "4:48", "connections"),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_bad_input(row: Bad, tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_bytes(row.text if isinstance(row.text, bytes) else row.text.encode())
    before = time.process_time()
    outcome = cnncalc("analyze", str(file))
    seconds = time.process_time() - before
    assert outcome.code == 2, outcome.err
    assert outcome.out == ""
    assert len(outcome.errors) == 1, outcome.err
    (message,) = outcome.errors
    assert message.startswith(f"error: {file}:{row.place}")
    for word in row.words:
        assert word in message
    assert len(message) < 1000
    for leak in ("Traceback", "internal error", "object at 0x", "Error(", "Value error", "pydantic"):
        assert leak not in message
    assert seconds < 30, "it must not hang; how long it takes is not measured here"


def test_rows_cover_the_list() -> None:
    assert len(ROWS) >= 60
