# %% [markdown]
# # The exercise, cell by cell
#
# Three convolutions with 3 x 3 kernels, stride 2 and SAME padding make 100, 200 and 400 feature maps of RGB
# images of 200 x 300. How many parameters are there? How much memory does a prediction take, and how much
# does training on a batch of 50 take, in 32-bit floats?
#
# Open this file in an editor that knows `# %%` cells, or run it from top to bottom as a script.

# %%
import cnncalc
from cnncalc.layers import Conv2D

MIB = 2**20

# %% [markdown]
# ## The network
#
# Names, settings and defaults are those of Keras. The batch is never part of a shape.

# %%
model = cnncalc.Sequential(
    [
        Conv2D(filters=100, kernel_size=3, strides=2, padding="same"),
        Conv2D(filters=200, kernel_size=3, strides=2, padding="same"),
        Conv2D(filters=400, kernel_size=3, strides=2, padding="same"),
    ],
    input=(200, 300, 3),
    name="geron_exercise",
)
estimate = cnncalc.estimate(model, batch_size=50)

# %% [markdown]
# ## Parameters
#
# Each filter has one weight for each position of its kernel in each channel, and one bias.

# %%
by_hand = [(3 * 3 * 3 + 1) * 100, (3 * 3 * 100 + 1) * 200, (3 * 3 * 200 + 1) * 400]
print("by hand:", by_hand, "together", sum(by_hand))
print("cnncalc:", [layer.parameters for layer in estimate.layers], "together", estimate.parameters)

# %% [markdown]
# ## Outputs
#
# With SAME padding and stride 2 each side is halved and rounded up. A value takes 4 bytes.

# %%
for layer in estimate.layers:
    print(layer.name, layer.output_shape, f"{layer.output_bytes:,} B = {layer.output_bytes / MIB:.1f} MiB")

# %% [markdown]
# ## Predicting one image
#
# A layer's input can go as soon as its output is there. So the first two outputs are the most that is
# alive at once, beside the parameters.

# %%
inference = estimate.memory["textbook"].inference
print("peak at", inference.peak.step, inference.terms)
print(f"together {inference.total_bytes:,} B = {inference.total_bytes / MIB:.1f} MiB")

# %% [markdown]
# ## Training on a batch of 50
#
# The backward pass needs every output again, so all of them stay, fifty times over.

# %%
training = estimate.memory["textbook"].training
if training:
    print(training.terms)
    print(f"together {training.total_bytes:,} B = {training.total_bytes / MIB:.1f} MiB")

# %% [markdown]
# ## Other batches

# %%
for batch_size in (1, 10, 50, 100):
    other = cnncalc.estimate(model, batch_size=batch_size).memory["textbook"].training
    if other:
        print(f"batch {batch_size}: {other.total_bytes / MIB:.1f} MiB")
