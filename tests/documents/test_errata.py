"""The course documents' mistakes: exactly these 29 printed values are wrong, and nothing else is.

The table is written out by hand from the documents and from arithmetic on paper, not from our own output.
"""

import re
from pathlib import Path

import pytest

import cnncalc

DOCUMENTS = Path(__file__).parents[2] / "specs" / "documents"
SPECS = sorted(DOCUMENTS.glob("*.yaml"))
WHOLE = ""  # the path of a claim on the whole network
ERRATUM = re.compile(r'\{stated: ([^,{}]+), erratum: "[^"]+"\}')

ERRATA = [
    # file, path, what, stated, computed
    # values of a table's row
    ("lenet5-walk-003", "Layer5", "output", "120x1x1", "120x5x5"),  # 5 - 1 + 1
    ("alexnet-224same-000", "C1", "output", "96x55x55", "96x56x56"),  # ceil(224 / 4)
    ("alexnet-227-table-004", "row22", "filters", "4096", "1000"),
    ("vgg16-table-004", "row31", "output", "512x7x7", "512x8x8"),  # 14 - 7 + 1
    ("vgg16-table-004", "row32", "input", "512x14x14", "512x8x8"),
    ("vgg16-table-004", "row32", "output", "4096x1x1", "4096x2x2"),  # 8 - 7 + 1
    ("vgg16-table-004", "row38", "filters", "4096", "1000"),
    ("googlenet-001", "convolution1", "params", "2.7K", "9472"),  # (7*7*3 + 1) * 64
    ("googlenet-001", "convolution1", "macs", "34M", "118013952"),  # 112*112 * 7*7*3 * 64
    ("googlenet-001", "inception_4a", "params", "364K", "376176"),
    ("googlenet-001", "inception_4b", "params", "437K", "449160"),
    ("googlenet-001", "inception_4c", "params", "463K", "510104"),
    ("googlenet-001", "inception_4d", "params", "580K", "605376"),
    ("googlenet-001", "inception_4e", "params", "840K", "868352"),
    ("googlenet-001", "inception_5a", "params", "1072K", "1043456"),
    ("googlenet-001", "inception_5a", "macs", "54M", "51079168"),
    ("googlenet-001", "inception_5b", "params", "1388K", "1444080"),
    # totals
    ("alexnet-224same-000", WHOLE, "params", "~60M", "201838952"),
    ("googlenet-001", WHOLE, "params", "~6M", "6998552"),
    ("vgg-a-001-printed", WHOLE, "weight_layers", "11", "8"),
    ("vgg-a-001-printed", WHOLE, "params", "133M", "127553640"),
    ("vgg-a-lrn-001-printed", WHOLE, "weight_layers", "11", "10"),
    ("vgg-a-lrn-001-printed", WHOLE, "params", "133M", "132273256"),
    ("vgg-c-001-printed", WHOLE, "weight_layers", "16", "13"),
    ("vgg-c-001-printed", WHOLE, "params", "134M", "133047848"),
    ("vgg-d-001-printed", WHOLE, "weight_layers", "16", "13"),
    ("vgg-d-001-printed", WHOLE, "params", "138M", "128329256"),
    ("vgg-e-001-printed", WHOLE, "weight_layers", "19", "18"),
    ("vgg-e-001-printed", WHOLE, "params", "144M", "143077160"),
]

FOLLOWING = [  # false only because row 32 of the VGG-16 table is: 2x2 instead of 1x1 from there on
    *((f"row{row}", what, "4096x1x1", "4096x2x2") for row in range(33, 38) for what in ("input", "output")),
    ("row38", "input", "4096x1x1", "4096x2x2"),
    ("row38", "output", "1000x1x1", "1000x2x2"),
    ("row39", "input", "1000x1x1", "1000x2x2"),
]


def written(figure: object) -> str:
    """A figure as the tables above write it: a shape with x, a number in digits."""
    return "x".join(map(str, figure)) if isinstance(figure, tuple) else str(figure)


def test_there_are_35_specs_and_29_errata() -> None:
    assert len(SPECS) == 35
    assert len(ERRATA) == len(set(ERRATA)) == 29


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_documents_spec_is_green(path: Path) -> None:
    analysis = cnncalc.analyze(path)
    assert analysis.faults == ()
    assert [claim for claim in analysis.claims if claim.finding] == []
    assert all(claim.holds is not None for claim in analysis.claims)


def test_stripped_of_their_errata_the_specs_have_exactly_these_findings(tmp_path: Path) -> None:
    findings = []
    for path in SPECS:
        stripped = tmp_path / path.name
        stripped.write_text(ERRATUM.sub(r"\1", path.read_text(encoding="utf-8")), encoding="utf-8")
        findings += [
            (path.stem, claim.path, claim.what, claim.stated, written(claim.computed))
            for claim in cnncalc.analyze(stripped).claims
            if claim.finding
        ]
    assert sorted(findings) == sorted(ERRATA)


def test_the_errata_do_not_hold_and_say_why() -> None:
    marked = [
        (path.stem, claim) for path in SPECS for claim in cnncalc.analyze(path).claims if claim.erratum is not None
    ]
    assert all(claim.holds is False and len(claim.erratum) > 20 for _, claim in marked)
    assert sorted(
        (stem, claim.path, claim.what, claim.stated, written(claim.computed)) for stem, claim in marked
    ) == sorted(ERRATA)


def test_what_follows_from_row_32() -> None:
    following = [
        (path.stem, claim.path, claim.what, claim.stated, written(claim.computed), claim.follows)
        for path in SPECS
        for claim in cnncalc.analyze(path).claims
        if claim.follows is not None
    ]
    assert sorted(following) == sorted(("vgg16-table-004", *claim, "row32") for claim in FOLLOWING)
