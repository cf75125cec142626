"""Tests of how figures are put before readers."""
