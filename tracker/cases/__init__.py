"""Where every subject stands in its lifecycle, how it came there, and what is due."""
