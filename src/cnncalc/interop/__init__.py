"""The edge: model files, Keras configs and live Keras models. Frameworks are imported inside functions."""
