"""The language server, asked by a real client over standard input and output."""
