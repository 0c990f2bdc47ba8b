"""Several devices: what is on each, and what is sent between them in a step. One strategy per file."""
