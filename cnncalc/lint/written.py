"""What a layer says, as a short text without name, claims, comments and positions: half of a baseline's key."""

from __future__ import annotations

from typing import Any

from cnncalc.lint.finding import Finding
from cnncalc.lint.network import Network
from cnncalc.lint.place import chain
from cnncalc.spec.model import Call, Stack


def content(network: Network, finding: Finding) -> str:
    """What the layer of a finding says, with the field that is meant; for no layer the field alone."""
    node = network.by_path.get(finding.path)
    call = node.call if node is not None else None
    if call is None and finding.path:
        call = next((step.call for step in reversed(chain(network.spec, finding.path)) if step.call is not None), None)
    text = "" if call is None else said(call)
    return f"{text} @{finding.field}" if finding.field else text


def said(call: Call) -> str:
    """A call in one line; nested layers count as their number.

    >>> said(Call("conv", {"filters": 8, "kernel": 3}, name="stem"))
    'conv filters=8 kernel=3'
    """
    parts = [call.kind, *(f"{key}={_value(value)}" for key, value in sorted(call.fields.items()))]
    parts += [f"from={','.join(call.sources)}"] if call.sources else []
    for key in ("repeat", "condition", "trainable", "train_only", "share", "inplace"):
        value = getattr(call, key)
        parts += [f"{key}={_value(value)}"] if value is not None else []
    return " ".join(parts)


def _value(value: Any) -> str:
    if isinstance(value, Stack):
        return f"[{len(value.calls)} layers]"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_value(item)}' for key, item in sorted(value.items()))}}}"
    return str(value).lower() if isinstance(value, bool) else str(value)
