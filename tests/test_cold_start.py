"""What a fresh interpreter loads: no framework ever, and nothing heavy before it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cnncalc.layers import CATALOGUE, layer_class
from cnncalc.layers.base import Layer

EXERCISE = Path(__file__).parents[1] / "examples" / "geron_exercise.yaml"

FRAMEWORKS = ("tensorflow", "tf_keras", "keras", "torch", "jax", "h5py")
HEAVY = ("numpy", "rich")
EAGER = (*FRAMEWORKS, *HEAVY, "pydantic", "yaml", "typer")

ESTIMATE = (
    f"import cnncalc; model = cnncalc.load({str(EXERCISE)!r})\n"
    "cnncalc.estimate(model).memory['textbook'].training.total_bytes"
)
COMMAND = f"from cnncalc.cli import app; app()(['estimate', {str(EXERCISE)!r}], standalone_mode=False)"
HELP = """
from contextlib import suppress
from cnncalc.cli import app
with suppress(SystemExit): app()(["--help"])
"""
EVERY_MODULE = """
from importlib import import_module
from pkgutil import walk_packages
import cnncalc
for module in walk_packages(cnncalc.__path__, "cnncalc."):
    if not module.name.endswith("__main__"):
        import_module(module.name)
"""


def loaded(statements: str, names: tuple[str, ...]) -> set[str]:
    """Those of ``names`` that are loaded once a fresh interpreter has run ``statements``."""
    program = f"{statements}\nimport sys\nprint('loaded:', *sorted(set({names!r}) & set(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=120
    )
    head, *found = run.stdout.splitlines()[-1].split()
    assert head == "loaded:"
    return set(found)


def test_import_loads_nothing_heavy() -> None:
    assert loaded("import cnncalc", EAGER) == set()


@pytest.mark.parametrize("statements", [ESTIMATE, COMMAND], ids=["library", "command"])
def test_an_estimate_loads_neither_frameworks_nor_numpy_nor_rich(statements: str) -> None:
    assert loaded(statements, FRAMEWORKS + HEAVY) == set()


def test_a_small_estimate_loads_no_rules_that_it_does_not_use() -> None:
    rules = "cnncalc.runtimes.tensorflow"
    unused = ("layers.attending", "gradients.choosing", "losses.overlapping", "updates.shaping")
    used = ("layers.convolving", "gradients.convolving", "losses.comparing", "updates.scaling")
    names = tuple(f"{rules}.{name}" for name in (*unused, *used))
    assert loaded(COMMAND, names) == {f"{rules}.{name}" for name in used}


def test_no_layer_class_has_annotations_that_are_evaluated_again() -> None:
    classes = {cls for kind in CATALOGUE for cls in layer_class(kind).__mro__ if issubclass(cls, Layer)}
    assert len(classes) > len(CATALOGUE)
    texts = [cls for cls in classes if any(isinstance(given, str) for given in cls.__annotations__.values())]
    assert not texts


def test_help_loads_no_more_than_typer() -> None:
    assert loaded(HELP, (*FRAMEWORKS, *HEAVY, "pydantic", "yaml")) == set()


def test_no_module_imports_a_framework_outside_its_functions() -> None:
    assert loaded(EVERY_MODULE, FRAMEWORKS + HEAVY) == set()


@pytest.mark.parametrize("module", ["pydantic", "yaml", "numpy", "rich", "typer"])
def test_the_check_sees_what_is_loaded(module: str) -> None:
    assert loaded(f"import cnncalc, {module}", EAGER) >= {module}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_check_sees_a_framework(framework: str) -> None:
    pretend = f"import sys, types; sys.modules[{framework!r}] = types.ModuleType({framework!r})"
    assert loaded(f"{pretend}\nimport cnncalc, {framework}", EAGER) == {framework}


def test_the_check_sees_what_an_estimate_would_load() -> None:
    assert loaded(f"{ESTIMATE}\nimport cnncalc.model", ("pydantic", "yaml")) == {"pydantic", "yaml"}


def test_the_check_fails_where_the_statements_fail() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        loaded("import cnncalc.no_such_module", EAGER)
