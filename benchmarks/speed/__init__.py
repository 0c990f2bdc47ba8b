"""How fast answers are beside Keras, cold and warm, and how they grow: `make bench`, docs/benchmarks.md."""
