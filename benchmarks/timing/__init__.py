"""Real Keras models timed, on whatever device and backend is at hand.

``python -m benchmarks.timing measure [--backend jax] [MODEL ...]`` times a prediction and a training step by
model, batch size and type, on the device that the backend takes by itself. ``... memory [--jobs N]`` then
reads, a row in a fresh process, the most that the backend's allocator handed out. Both save after each row
into measured.json and go on where they were stopped. ``... ceilings`` measures what the device reaches in a
large product and a large copy. ``... ask`` asks XLA, without a GPU, what it plans for the rows of JAX.
``... render`` writes docs/timing.md, docs/roofline.svg and src/cnncalc/devices/achieved.json.
"""
