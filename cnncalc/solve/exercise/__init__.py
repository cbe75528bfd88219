"""Worksheets: questions with drawn numbers, and a key that the engine works out.

A template draws numbers and words a question in both languages; it knows no answer. The key is what `solve.ask` answers
to the question's own words, so a question that cannot be understood cannot be set.
"""
