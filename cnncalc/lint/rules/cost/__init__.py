"""Parameters, arithmetic and memory (CN3xx)."""
