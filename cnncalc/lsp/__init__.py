"""The language server: what the analysis and the linter know, while somebody types.

`reading` makes out a text that is not YAML yet, `language` knows what may stand where (from the JSON Schema), `document`
holds a text with its review; each answer has a file of its own; only `server` knows the library that speaks the
protocol. No figures and no rules of its own belong here.
"""
