"""Unrolling a spec: names, repeats, shared weights, heads, groups."""
