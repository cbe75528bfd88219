"""Imports the networks of an installed model library: `python tools/check_libraries.py torchvision|timm [NAME...]`.

Needs the library beside torch (`pip install torchvision timm`); without names every network that it registers is built
without weights and imported, a detector's backbone in place of the detector. What comes out must have the parameters,
buffers and multiply-adds of the module, load again from its text, and count the same there. What the language cannot say
(attention) must be refused with a message. `--each-file` takes the smallest network of each of timm's files. Exit code 1
when one crashes or differs.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from torch import nn

from cnncalc.analysis.analyze import analyze_spec
from cnncalc.core.diagnostic import SpecError
from cnncalc.core.shapes import Shape, shape_text
from cnncalc.core.source import Source
from cnncalc.importers.check import DifferenceError
from cnncalc.importers.torch.convert import convert
from cnncalc.spec.load import load_source
from cnncalc.spec.shipped import shipped_block

SIZES = {
    "inception_v3": (3, 299, 299),
    "quantized_inception_v3": (3, 299, 299),
    "mvit_v1_b": (3, 16, 224, 224),
    "mvit_v2_s": (3, 16, 224, 224),
    "s3d": (3, 16, 224, 224),
    "ssd300_vgg16": (3, 300, 300),
    "ssdlite320_mobilenet_v3_large": (3, 320, 320),
    "raft_large": (3, 128, 128),
    "raft_small": (3, 128, 128),
}
"""torchvision's networks that do not take 3x224x224."""


class Network(NamedTuple):
    """A network of a library, built without weights."""

    module: nn.Module
    inputs: tuple[Shape, ...]


def torchvision_names(each_file: bool) -> list[str]:
    """What torchvision registers."""
    return list(importlib.import_module("torchvision").models.list_models())


def torchvision_network(name: str) -> Network:
    """A torchvision network; of a detector the backbone."""
    models = importlib.import_module("torchvision").models
    options = {"weights_backbone": None} if _takes(models.get_model_builder(name), "weights_backbone") else {}
    module = models.get_model(name, weights=None, **options)
    video = type(module).__module__.startswith("torchvision.models.video")
    shape = SIZES.get(name, (3, 16, 112, 112) if video else (3, 224, 224))
    module = module.backbone if type(module).__module__.startswith("torchvision.models.detection") else module
    return Network(module, (shape, shape) if name.startswith("raft") else (shape,))


def _takes(function: Any, name: str) -> bool:
    return name in importlib.import_module("inspect").signature(function).parameters


def timm_names(each_file: bool) -> list[str]:
    """What timm registers, or the smallest network of each file."""
    registry = importlib.import_module("timm.models._registry")
    if not each_file:
        return list(importlib.import_module("timm").list_models())
    return sorted(min(names, key=_parameters) for names in registry._module_to_models.values())


def _parameters(name: str) -> int:
    with torch.device("meta"):
        return sum(one.numel() for one in timm_network(name).module.parameters())


def timm_network(name: str) -> Network:
    """A timm network with the input that its configuration names."""
    module = importlib.import_module("timm").create_model(name, pretrained=False)
    return Network(module, (tuple(module.pretrained_cfg["input_size"]),))


LIBRARIES = {"torchvision": (torchvision_names, torchvision_network), "timm": (timm_names, timm_network)}


def outcome(name: str, network: Network) -> tuple[str, str]:
    """One word for what came of a network, and the figures or the message."""
    began = time.perf_counter()
    module = network.module
    try:
        made = convert(module, network.inputs, name)
    except DifferenceError as error:
        return "differs", str(error.problems[0])
    except SpecError as error:
        more = f" (and {len(error.problems) - 1} more)" if error.problems[1:] else ""
        return "refused", f"{error.problems[0]}{more}"
    took = time.perf_counter() - began
    totals = analyze_spec(load_source(Source(f"{name}.yaml", made.text), shipped_block)).totals
    floating = [one for key, one in module.named_buffers() if one.is_floating_point()]
    theirs = (sum(one.numel() for one in module.parameters()), sum(one.numel() for one in floating))
    if (totals.params, totals.buffers) != theirs:
        return "differs", f"the module has {theirs}, the text {(totals.params, totals.buffers)}"
    if made.sketch.measured.macs not in (None, totals.macs):
        return "differs", f"torch counts {made.sketch.measured.macs:,} MACs, the text {totals.macs:,}"
    counted = "" if made.sketch.measured.macs is not None else " that torch did not count"
    kept = "".join(f"; {note}" for note in made.notes)
    return "equal", (
        f"{totals.params:,} parameters, {totals.macs:,} MACs{counted} on {' and '.join(map(shape_text, network.inputs))}, "
        f"{len(made.sketch.steps)} layers in {len(made.text.splitlines())} lines, {took:.1f} s{kept}"
    )


def built(library: str, name: str) -> Network:
    """A network on tensors without numbers; on the CPU where its construction needs numbers."""
    build = LIBRARIES[library][1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with torch.device("meta"):
                return build(name)
        except NotImplementedError:
            made = build(name)
            return made._replace(module=made.module.to("meta"))


def check(library: str, names: Iterable[str]) -> Counter[str]:
    """Goes through the networks, prints a line for each, and counts the outcomes."""
    found: Counter[str] = Counter()
    for name in names:
        try:
            word, text = outcome(name, built(library, name))
        except Exception as error:
            word, text = "crashed", f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')[:200]}"
        found[word] += 1
        print(f"{name}: {word}: {text}", flush=True)
        gc.collect()
    return found


def main() -> int:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", choices=LIBRARIES)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--each-file", action="store_true", help="the smallest network of each of timm's files")
    given = parser.parse_args()
    try:
        importlib.import_module(given.library)
    except ImportError as error:
        parser.error(f"{error}: pip install {given.library}")
    found = check(given.library, given.names or LIBRARIES[given.library][0](given.each_file))
    print(f"{found.total()} networks: {', '.join(f'{count} {word}' for word, count in found.most_common())}")
    return int(found["crashed"] + found["differs"] > 0)


if __name__ == "__main__":
    sys.exit(main())
