"""The append-only log of everything that happened, in one order."""
