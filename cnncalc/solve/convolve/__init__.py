"""Convolution and pooling of small matrices, number by number and exactly, as it is done on paper.

Sizes and padding come from the layers' own methods; what belongs here is the arithmetic on given numbers. Networks,
floats and speed do not.
"""
