"""`cnncalc schema`: the language as a JSON Schema."""

from __future__ import annotations

import sys


def schema() -> None:
    """A JSON Schema of the spec language, for editors."""
    import json

    from cnncalc.spec.schema import schema as build

    sys.stdout.write(json.dumps(build(), indent=2) + "\n")
