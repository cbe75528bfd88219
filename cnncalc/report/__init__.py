"""From results to pages: a view turns a result into a `Doc`, a format turns a `Doc` into text. Computes no facts."""
