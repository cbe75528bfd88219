"""Networks written by hand in plain torch, from the papers: the witness the zoo's specs are compared with.

Nothing here may import cnncalc, and no number here may come from it. `figures.py` measures every network and writes `figures.json`.
"""
