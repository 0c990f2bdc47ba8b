"""Keras on TensorFlow's graph runtime, on the CPU: its operations, its executor's order, its buffers.

A layer kind is transcribed into the operations that Keras's ``call`` makes (``layers/``), the tape
adds the gradients that TensorFlow registers for them (``gradients``), ``losses`` and ``updates`` add
the ends of a
training step, ``rewriting`` does what Grappler does to buffers, and ``executor`` runs the operations on
paper in the order of TensorFlow's executor. What it allocates and frees is the plan.

Checked against TensorFlow 2.21 and Keras 3.15: docs/memory.md and docs/accuracy.md.
"""
