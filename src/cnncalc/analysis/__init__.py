"""Analyses: pure functions over a resolved graph, one question per file."""
