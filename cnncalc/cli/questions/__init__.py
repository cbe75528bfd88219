"""`cnncalc solve QUESTION`: a function of the question's name in the file of its name."""
