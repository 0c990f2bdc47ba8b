"""Optimizers of every kind, drawn with their options and made in real Keras."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from cnncalc.optimizers import OPTIMIZERS
from cnncalc.settings import OptimizerMap, OptimizerSpec

POLICIES = ("float32", "float16", "float64", "mixed_float16", "mixed_bfloat16")
WRAPPERS = ("LossScaleOptimizer", "MultiOptimizer")
PLAIN = [name for name in OPTIMIZERS if name not in WRAPPERS]

compared = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)

SCHEDULE = {
    "class_name": "ExponentialDecay",
    "config": {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9},
}
EVERYWHERE: dict[str, st.SearchStrategy[Any]] = {
    "learning_rate": st.sampled_from([0.5, SCHEDULE]),
    "use_ema": st.booleans(),
    "gradient_accumulation_steps": st.sampled_from([None, 0, 2, 5]),
    "weight_decay": st.just(0.1),
    "clipnorm": st.just(1.0),
    "loss_scale_factor": st.just(8.0),
    "name": st.just("mine"),
}
OWN: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "SGD": {"momentum": st.sampled_from([0.0, 0.9]), "nesterov": st.booleans()},
    "RMSprop": {"momentum": st.sampled_from([-0.5, 0.0, 0.9]), "centered": st.booleans()},
    "Adam": {"amsgrad": st.booleans()},
    "AdamW": {"amsgrad": st.booleans()},
    "Adafactor": {"relative_step": st.booleans()},
    "ScheduleFreeAdamW": {"warmup_steps": st.sampled_from([0, 10])},
    "Muon": {
        "exclude_embeddings": st.booleans(),
        "exclude_layers": st.sampled_from([None, [], ["dense"], ["^conv", "kernel$"], ["DENSE"]]),
        "nesterov": st.booleans(),
    },
}
PATTERNS = ("conv/.*", ".*/kernel", "conv/kernel", ".*embed.*", "nothing", "frozen/.*")


def plain(name: str) -> st.SearchStrategy[OptimizerSpec]:
    options = st.fixed_dictionaries({}, optional=EVERYWHERE | OWN.get(name, {}))
    return options.map(lambda given: OptimizerSpec(name, given))


any_plain = st.sampled_from(PLAIN).flatmap(plain)


def multi() -> st.SearchStrategy[OptimizerSpec]:
    members = st.dictionaries(st.sampled_from(PATTERNS), any_plain, max_size=3)
    chosen = st.builds(OptimizerMap, any_plain, members)
    return chosen.map(lambda found: OptimizerSpec("MultiOptimizer", {"optimizer_map": found}))


def scaling() -> st.SearchStrategy[OptimizerSpec]:
    return st.one_of(any_plain, multi()).map(
        lambda inner: OptimizerSpec("LossScaleOptimizer", {"inner_optimizer": inner})
    )


SPECS = {**{name: plain(name) for name in PLAIN}, "MultiOptimizer": multi(), "LossScaleOptimizer": scaling()}


def made(spec: OptimizerSpec) -> Any:
    """The Keras optimizer of a spec; made by hand, for Keras does not find all of its classes by name."""
    options = dict(spec.options)
    if spec.name == "LossScaleOptimizer":
        options["inner_optimizer"] = made(spec.value("inner_optimizer"))
    if spec.name == "MultiOptimizer":
        options["optimizer_map"] = _map(spec.value("optimizer_map"))
    if not isinstance(options.get("learning_rate", 0.0), float):
        config = dict(options["learning_rate"]["config"])
        options["learning_rate"] = keras.optimizers.schedules.ExponentialDecay(**config)
    return getattr(keras.optimizers, spec.name)(**options)


def _map(chosen: OptimizerMap) -> Any:
    members = {pattern: made(member) for pattern, member in chosen.optimizer_map.items()}
    return keras.optimizers.OptimizerMap(made(chosen.default_optimizer), members)


@contextmanager
def under(policy: str) -> Iterator[None]:
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy("float32")


def held(real: Any) -> int:
    """Bytes of what the optimizer keeps, listed or not."""
    found = {id(variable): variable for variable in (*real.variables, *_attributes(real))}
    return size_of(found.values())


def _attributes(real: Any) -> list[Any]:
    """What optimizers keep as attributes, the inner ones' too."""
    inner = [getattr(real, "inner_optimizer", None), *getattr(real, "_inner_optimizers", ())]
    own = [getattr(real, "_u_product", None), *getattr(real, "_r", ()), *getattr(real, "_c", ())]
    return [
        *(item for item in own if item is not None),
        *(item for one in inner if one for item in _attributes(one)),
    ]


def size_of(variables: Any) -> int:
    return sum(np.asarray(variable).nbytes for variable in variables)
