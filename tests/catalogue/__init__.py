"""Tests of the catalogue: what is read, what is refused, and where each instant lies."""
