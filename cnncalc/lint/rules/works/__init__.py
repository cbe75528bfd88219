"""What does not work (CN0xx)."""
