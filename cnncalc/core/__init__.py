"""The ground floor: dimensions, shapes, weights, source positions and diagnostics. Knows nothing of layers or specs."""
