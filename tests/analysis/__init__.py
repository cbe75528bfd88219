"""Figures of whole networks."""
