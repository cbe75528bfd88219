"""One file per question. Each has a function of its name that takes what is given and returns an Answer."""
