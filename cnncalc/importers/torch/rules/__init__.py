"""The rules: a table from ATen operations to functions that word them as layers, one file per family.

An operation is found by its schema's name; an in-place one (`relu_`) by the name without the underscore.
"""

from __future__ import annotations

from cnncalc.importers.torch.rules import arithmetic, composed, layout, pointwise, windows
from cnncalc.importers.torch.translate import Composites, Rule

RULES: dict[str, Rule] = {**windows.RULES, **pointwise.RULES, **layout.RULES, **arithmetic.RULES}

COMPOSITES: Composites = composed.COMPOSITES
"""Several operations that are one layer, by the last of them."""
