"""Other tools on the same ResNet-152, each as one cold command, in one run with cnncalc. A missing tool is named.

    pip install torch torchinfo fvcore onnx onnx-tool && python benchmarks/peers.py [--runs 3]

The network for them is the plain PyTorch module of tests/witness, the one that cnncalc's numbers are checked against.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from measure import ROOT, cnncalc, interleaved, table

MODEL = "import torch; from tests.witness.resnet import ResNet; model = ResNet((3, 8, 36, 3)).eval()"
TORCH_TOOLS = {
    "torchinfo": "from torchinfo import summary; summary(model, (1, 3, 224, 224), verbose=1)",
    "fvcore": "from fvcore.nn import FlopCountAnalysis; print(FlopCountAnalysis(model, torch.zeros(1, 3, 224, 224)).total())",
    "ptflops": "from ptflops import get_model_complexity_info as info; info(model, (3, 224, 224))",
    "thop": "from thop import profile; print(profile(model, inputs=(torch.zeros(1, 3, 224, 224),)))",
}
EXPORT = "torch.onnx.export(model, (torch.zeros(1, 3, 224, 224),), {path!r}, dynamo=False)"
ONNX_TOOL = "import onnx_tool; onnx_tool.model_profile({path!r})"


def commands(folder: Path) -> dict[str, list[str]]:
    """The commands of the tools that are installed."""
    result = {"cnncalc": cnncalc("analyze", "specs/resnet152.yaml")}
    if not _has("torch"):
        return result
    result["import torch"] = [sys.executable, "-c", "import torch"]
    for tool, call in TORCH_TOOLS.items():
        if _has(tool):
            result[tool] = [sys.executable, "-c", f"{MODEL}; {call}"]
    if _has("onnx_tool") and _has("onnx"):
        path = str(folder / "resnet152.onnx")
        export = subprocess.run(
            [sys.executable, "-c", f"{MODEL}; {EXPORT.format(path=path)}"], cwd=ROOT, capture_output=True, text=True
        )
        if export.returncode:
            print(f"onnx_tool: the export to ONNX failed: {export.stderr.strip().splitlines()[-1]}")
        else:
            result["onnx_tool"] = [sys.executable, "-c", ONNX_TOOL.format(path=path)]
    return result


def _has(module: str) -> bool:
    if find_spec(module) is not None:
        return True
    print(f"{module} is not installed and left out")
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        results = interleaved(commands(Path(name)), options.runs)
    base = [seconds for seconds, _ in results["cnncalc"]]
    rows = []
    for tool, pairs in results.items():
        seconds = [one for one, _ in pairs]
        ratio = median(one / own for one, own in zip(seconds, base, strict=True))
        rows.append([tool, f"{median(seconds):.2f}", f"{ratio:.1f}", f"{max(peak for _, peak in pairs):.0f}"])
    print(table(["tool", "median s", "times cnncalc", "peak MB"], rows))


if __name__ == "__main__":
    main()
