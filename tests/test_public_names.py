"""The public names: each is what it says, also once every submodule is imported, and is documented."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules, walk_packages

import pytest

import cnncalc

ROOT = Path(__file__).parents[1]
EXERCISE = ROOT / "examples" / "geron_exercise.yaml"
PARAMETERS = (3 * 3 * 3 + 1) * 100 + (3 * 3 * 100 + 1) * 200 + (3 * 3 * 200 + 1) * 400


def small() -> cnncalc.Model:
    return cnncalc.Sequential([cnncalc.layers.Dense(units=2)], input=(4,))


def refused() -> object:
    with pytest.raises(cnncalc.CnncalcError) as caught:
        cnncalc.layers.layer_class("Conv2d")
    return caught.value


USES: dict[str, Callable[[], object]] = {
    "__version__": lambda: cnncalc.__version__.split("."),
    "layers": lambda: cnncalc.layers.Conv2D(filters=1, kernel_size=1),
    "CnncalcError": refused,
    "Estimate": lambda: isinstance(cnncalc.estimate(small()), cnncalc.Estimate),
    "estimate": lambda: cnncalc.estimate(small()).parameters == (4 + 1) * 2,
    "checkpoint": lambda: cnncalc.checkpoint(small()).segments == (),
    "check": lambda: inspect.signature(cnncalc.check).parameters["model"],  # a module has no signature
    "measure": lambda: inspect.signature(cnncalc.measure).parameters["compilations"],
    "Fit": lambda: isinstance(cnncalc.fit(small(), budget_bytes=2**20), cnncalc.Fit),
    "fit": lambda: cnncalc.fit(small(), budget_bytes=2**20, mode="inference").fits,
    "compare": lambda: cnncalc.compare([small(), small()]),
    "distribute": lambda: cnncalc.distribute(small(), devices=2),
    "data_memory": lambda: cnncalc.data_memory("10x4").dataset_bytes == 10 * 4,
    "register": lambda: inspect.signature(cnncalc.register).parameters["keras"],
    "to_keras": lambda: inspect.signature(cnncalc.to_keras).parameters["model"],
    "from_keras": lambda: inspect.signature(cnncalc.from_keras).parameters["model"],
    "load": lambda: cnncalc.estimate(cnncalc.load(EXERCISE)).parameters == PARAMETERS,
    "Call": lambda: issubclass(cnncalc.Call, object),
    "Input": lambda: cnncalc.Input(shape=(4,)),
    "Model": lambda: isinstance(small(), cnncalc.Model),
    "Nested": lambda: cnncalc.Nested(model=small()),
    "Sequential": small,
    "Settings": lambda: cnncalc.Settings(batch_size=50),
    "time_bound": lambda: cnncalc.time_bound(cnncalc.estimate(small()), "t4").inference.seconds > 0,
}


@pytest.fixture(scope="module", autouse=True)
def _every_submodule() -> None:
    for module in walk_packages(cnncalc.__path__, "cnncalc."):
        if not module.name.endswith("__main__"):
            import_module(module.name)


def test_every_public_name_has_a_use_here() -> None:
    assert set(USES) == set(cnncalc.__all__)


@pytest.mark.parametrize("name", USES)
def test_a_public_name_can_be_used_twice(name: str) -> None:
    assert USES[name]()
    assert USES[name]()


def test_no_submodule_shadows_a_function() -> None:
    modules = {module.name for module in iter_modules(cnncalc.__path__)}
    promised = {"estimate", "measure", "fit", "check", "compare", "load", "sweep"}
    assert modules & (promised | set(cnncalc.__all__)) == {"layers"}  # public as a module


def test_dir_lists_the_public_names() -> None:
    assert set(dir(cnncalc)) == set(cnncalc.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        cnncalc.no_such_name  # noqa: B018


def test_every_public_name_is_in_the_reference() -> None:
    lines = (ROOT / "docs" / "api.md").read_text(encoding="utf-8").splitlines()
    documented = {line.removeprefix("::: cnncalc.") for line in lines if line.startswith("::: cnncalc.")}
    assert documented >= set(cnncalc.__all__) - {"__version__"}
