"""Runtimes: plans as a real runtime executes them."""
