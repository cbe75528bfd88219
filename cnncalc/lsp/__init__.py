"""The language server: what the linter and the analysis know, while somebody types."""
