"""The command line, and what it does with bad input."""
