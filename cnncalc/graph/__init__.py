"""A Spec unrolled to a graph of layers: blocks, repeats, branches, heads, shared weights, and the shape of every map.

Shapes are found here and not in `analysis`, because a block's `in_channels` decides which layers exist at all.
"""
