"""Frozen years: figures that no later event can move."""
