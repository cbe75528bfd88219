"""One file per result: what is shown, in which order, and what is left out. Knows nothing of terminals or markup."""
