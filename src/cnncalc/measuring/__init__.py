"""Measuring: what a real runtime allocates. Needs the ``keras`` extra; runs in processes of its own."""
