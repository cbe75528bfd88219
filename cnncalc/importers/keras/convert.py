"""`cnncalc.from_keras`: a file with a Keras model in, a Spec out."""

from __future__ import annotations

from typing import Any

from cnncalc.importers.finish import Imported, finish
from cnncalc.importers.keras.file import configuration
from cnncalc.importers.keras.network import read_network
from cnncalc.importers.tidy import tidy
from cnncalc.spec.model import Spec


def from_keras(file: str, *, input: Any = None, name: str | None = None, flat: bool = False) -> Spec:
    """The spec of a Keras model: a `.keras` archive, or a `.json` file with `model.to_json()`. Keras is not needed.

    `input` replaces input sizes that the file leaves open, channels first. Raises SpecError for everything that is not
    understood, and where a size differs from the one that Keras wrote beside its tensors.
    """
    return convert(file, input, name, flat=flat).spec


def convert(file: str, input: Any = None, name: str | None = None, *, flat: bool = False) -> Imported:
    """The spec with its notes."""
    config = configuration(file)
    if input is not None:
        _resize(config, tuple(input))
    sketch = read_network(config, file)
    if name is not None:
        from dataclasses import replace

        sketch = replace(sketch, name=name)
    return finish(tidy(sketch), flat=flat)


def _resize(config: dict[str, Any], sizes: tuple[int, ...]) -> None:
    """Another size for the only input; what Keras wrote of the old one's tensors is forgotten."""
    inner = config["config"]
    layers = inner if isinstance(inner, list) else inner.get("layers", [])
    for layer in layers:
        if layer.get("class_name") == "InputLayer":
            for key in ("batch_shape", "batch_input_shape"):
                if key in layer["config"]:
                    layer["config"][key] = [None, *sizes[1:], sizes[0]]
    _forget(config)


def _forget(value: Any) -> None:
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            value["config"].pop("shape", None)
        for inner in value.values():
            _forget(inner)
    elif isinstance(value, list):
        for inner in value:
            _forget(inner)
