"""One file per output format. A format decides glyphs, units, colours and widths; it never selects or computes."""
