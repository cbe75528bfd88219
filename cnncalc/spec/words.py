"""The words that a spec may use outside layers: figures that claims and budgets name, optimizers, dtypes, losses."""

from __future__ import annotations

ROW_FIGURES: tuple[str, ...] = (
    "output",
    "params",
    "trainable_params",
    "buffers",
    "macs",
    "flops_torch",
    "flops",
    "output_bytes",
    "saved_bytes",
    "receptive_field",
    "input",
    "total_params",
    "non_trainable_params",
    "saved",
)
"""What a claim on a layer or a block call may name, besides the fields of its kind."""

TOTAL_FIGURES: tuple[str, ...] = (
    *ROW_FIGURES,
    "train_only_params",
    "training_macs",
    "weight_layers",
    "textbook_inference",
    "textbook_training",
    "textbook_training_with_gradients",
    "torch_inference",
    "torch_training",
    "parameter_bytes",
    "gradient_bytes",
    "optimizer_bytes",
)
"""What a claim on the whole may name; budgets take these but for the shapes."""

BYTE_FIGURES: frozenset[str] = frozenset(
    name
    for name in TOTAL_FIGURES
    if name.endswith("_bytes") or name.startswith(("textbook_", "torch_")) or name == "saved"
)
SHAPE_FIGURES: frozenset[str] = frozenset({"output", "input"})
BUDGET_FIGURES: tuple[str, ...] = tuple(name for name in TOTAL_FIGURES if name not in SHAPE_FIGURES)

FIELD_FIGURES: tuple[str, ...] = ("size", "min_size", "jump", "start")
"""The parts of a receptive_field claim."""

OPTIMIZERS: tuple[str, ...] = ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop")
DTYPES: dict[str, int] = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2}
"""Bytes per number."""
AUTOCAST: tuple[str, ...] = ("bfloat16", "float16")
"""Formats that torch.autocast casts to, as far as they are modelled."""
LOSSES: tuple[str, ...] = ("cross_entropy", "nll", "binary_cross_entropy", "bce_with_logits", "mse", "l1")
