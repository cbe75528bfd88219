"""Imports every application that Keras builds without weights and compares totals: `python tools/check_keras.py [NAME...]`.

Needs keras with the torch backend. Total, trainable and non-trainable parameters must equal Keras' own, and every layer's
size is compared by the importer. Exit code 1 when one differs.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"
sys.path.insert(0, str(Path(__file__).parents[1]))

import keras

import cnncalc
from cnncalc.core.diagnostic import SpecError
from cnncalc.importers.keras.convert import convert


def main() -> int:
    names = sys.argv[1:] or sorted(name for name in dir(keras.applications) if name[0].isupper())
    worst = 0
    for name in names:
        try:
            model = getattr(keras.applications, name)(weights=None)
        except ValueError as error:
            print(f"{name}: Keras does not build it: {str(error).splitlines()[0][:80]}", flush=True)
            continue
        # a Normalization layer also counts the images that it has seen, one number that the importer's note tells of
        seen = sum(weight.name == "count" for weight in model.non_trainable_weights)
        theirs = (model.count_params() - seen, sum(int(weight.value.numel()) for weight in model.trainable_weights))
        given = None if None not in model.input_shape[1:] else (3, 224, 224)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "model.json")
            path.write_text(model.to_json())
            del model
            gc.collect()
            try:
                made = convert(str(path), given)
            except SpecError as error:
                worst = 1
                print(f"{name}: {error.problems[0]}", flush=True)
                continue
        totals = cnncalc.analyze(made.spec).totals
        ours = (totals.params + totals.buffers, totals.trainable_params)
        worst = max(worst, int(ours != theirs))
        told = (
            f"equal{f' but for {seen} counter' if seen else ''}"
            if ours == theirs
            else f"Keras has {theirs}, the spec {ours}; {'; '.join(made.notes)}"
        )
        print(f"{name}: {theirs[0]:,} parameters, {len(made.text.splitlines())} lines, {told}", flush=True)
    return worst


if __name__ == "__main__":
    sys.exit(main())
