"""Windows, strides, padding and receptive fields (CN2xx)."""
