"""The ledger of accuracy: what is estimated beside what TensorFlow allocated."""
