"""One window with letters for numbers: `n`, `2h+1`; its output is a formula, by the layer's own method."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cnncalc.core.dims import canonical, is_symbolic, text, total
from cnncalc.layers import layer_class
from cnncalc.layers.fields import PADDING_WORDS, Sides
from cnncalc.solve.answer import Answer, Verdict
from cnncalc.solve.given import ANY, formula, per_axis, stop
from cnncalc.solve.recorded import window_lines
from cnncalc.solve.search import KINDS, Window
from cnncalc.solve.windowwords import say
from cnncalc.spec import expression
from cnncalc.spec.expression import ExpressionError
