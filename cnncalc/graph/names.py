"""What the layers of a stack are called: their own names, else kind and number within the stack."""

from __future__ import annotations

from cnncalc.spec.model import Stack


def stack_names(stack: Stack) -> list[str]:
    """Each call's name, in order. All layers of a kind are counted, named ones too."""
    taken = {call.name for call in stack.calls if call.name is not None}
    counts: dict[str, int] = {}
    names = []
    for call in stack.calls:
        number = counts[call.kind] = counts.get(call.kind, 0) + 1
        if call.name is not None:
            names.append(call.name)
            continue
        while f"{call.kind}{number}" in taken:
            number += 1
        taken.add(f"{call.kind}{number}")
        names.append(f"{call.kind}{number}")
    return names
