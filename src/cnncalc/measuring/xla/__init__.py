"""Asking XLA's compiler, without a GPU, what memory it plans for one. Needs the ``xla`` extra."""
