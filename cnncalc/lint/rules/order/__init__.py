"""What works, with its layers in an odd order (CN1xx)."""
