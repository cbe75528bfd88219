"""Published networks as people write them in PyTorch: functional calls, views, loops, lists. Written from the papers.

The sample that the importer from PyTorch is proved on; nothing here knows cnncalc.
"""
