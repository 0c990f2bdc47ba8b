"""What holds for all tests: hypothesis draws the same examples in every run, and Keras is optional."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

from tests.commands import Run, runner

settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, print_blob=True)  # --hypothesis-profile=explore
# make fuzz
settings.register_profile("fuzz", deadline=None, print_blob=True, max_examples=20_000, database=None)
settings.load_profile("steady")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command: ``run("estimate", "resnet50")``."""
    return runner(capsys, monkeypatch)


KERAS_TESTS = Path(__file__).parent / "keras"
HAS_TENSORFLOW = find_spec("tensorflow") is not None

XLA_TESTS = Path(__file__).parent / "xla"

collect_ignore = [] if HAS_TENSORFLOW else [str(KERAS_TESTS)]


def pytest_report_header() -> str:
    return (
        "keras: compared with TensorFlow"
        if HAS_TENSORFLOW
        else "keras: left out, TensorFlow is not installed"
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The live tests of XLA's compiler run only where they are named: ``make test-xla``."""
    named = any((config.invocation_params.dir / name).is_relative_to(XLA_TESTS) for name in config.args)
    return True if collection_path == XLA_TESTS and not named else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if KERAS_TESTS in item.path.parents:
            item.add_marker(pytest.mark.keras)
            item.add_marker(pytest.mark.filterwarnings("ignore"))  # Keras warns of much that it takes
        if not HAS_TENSORFLOW and item.get_closest_marker("keras"):
            item.add_marker(pytest.mark.skip(reason="needs TensorFlow"))
