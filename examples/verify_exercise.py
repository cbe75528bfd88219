"""The 200 x 300 exercise, answered from the spec and proved by running it in PyTorch.

Three 3x3 convolutions with stride 2 and SAME padding, 100, 200 and 400 maps, RGB images of 200 x 300 pixels: how many
parameters, how much memory for one prediction? (course document 000, lines 929-931)
"""

from __future__ import annotations

import cnncalc

EXERCISE = "in 3x200x300; conv 100 k3 s2 same; conv 200 k3 s2 same; conv 400 k3 s2 same"

answer = cnncalc.analyze(EXERCISE)
print(f"parameters: {answer.totals.params:,}")  # (27 + 1) * 100 + (900 + 1) * 200 + (1800 + 1) * 400
print(f"one prediction, as courses count it: {answer.memory.textbook.inference_bytes:,} bytes")

proof = cnncalc.verify(EXERCISE, device="cpu")
print(f"{proof.confirmed} of {proof.confirmed + len(proof.mismatches)} checks confirmed by torch {proof.torch}")
for check in proof.checks:
    if check.what in ("output", "params", "macs"):
        print(
            f"  {check.path or 'in all':8} {check.what:8} ours {check.predicted!s:16} torch's {check.measured!s:16} {check.status}"
        )

assert answer.totals.params == 903_400
assert proof.exit_code == 0
