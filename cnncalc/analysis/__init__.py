"""Every figure of a graph, computed once: shapes, cost, receptive field, memory, claims. Lint, solve and report only read it."""
