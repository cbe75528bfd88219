"""The language: YAML text or inline notation to a Spec, and a Spec back to text. Knows kinds' fields, not their formulas."""
