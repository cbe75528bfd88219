"""Answers to questions about convolutional networks, forward and backward, each with its derivation.

Selects and phrases what `layers` and `analysis` compute; a formula that is not there does not belong here either.
"""
