"""The language: YAML, expressions, quantities, inline notation, loading and dumping."""
