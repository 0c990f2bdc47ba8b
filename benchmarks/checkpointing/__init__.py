"""What TensorFlow allocates for models whose layers run again, beside what the plans say."""
