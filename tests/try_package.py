"""Build the wheel and the source distribution, install each in an empty environment, and try it there.

`make package` runs this. It needs the package `build`, and an index to install the dependencies from.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
MOST_BYTES = 10**6
"""Of the wheel."""
FRAMEWORKS = {"tensorflow", "tensorflow-cpu", "keras", "tf-keras", "torch", "jax", "h5py"}

PARAMETERS = 61_706  # LeNet-5 with dense third stage: 156 + 2,416 + 48,120 + 10,164 + 850


def output(*command: str | Path, cwd: Path) -> str:
    return subprocess.run(command, cwd=cwd, check=True, text=True, stdout=subprocess.PIPE).stdout


def build(folder: Path) -> list[Path]:
    """The wheel is built from the source distribution, which so is complete."""
    output(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    return sorted(folder.iterdir())


def install(package: Path, folder: Path) -> Path:
    """Where the programs of an environment with the package alone are."""
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    output(programs / "python", "-m", "pip", "install", "--quiet", package, cwd=folder)
    return programs


def tried(programs: Path, folder: Path) -> None:
    listed = json.loads(output(programs / "python", "-m", "pip", "list", "--format=json", cwd=folder))
    pulled = {item["name"].lower() for item in listed}
    if pulled & FRAMEWORKS:
        sys.exit(f"installing it pulls {pulled & FRAMEWORKS}")
    found = json.loads(output(programs / "cnncalc", "estimate", "lenet5", "--format", "json", cwd=folder))
    if found["parameters"] != PARAMETERS:
        sys.exit(f"lenet5 has {found['parameters']} parameters, not {PARAMETERS}")
    output(programs / "cnncalc", "fit", "lenet5", "--device", "rtx-3060", cwd=folder)
    print("  pulls", ", ".join(sorted(pulled - {"cnncalc", "pip", "setuptools"})))


def main() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "dist").mkdir()
        packages = build(folder / "dist")
        for package in packages:
            size = package.stat().st_size
            print(f"{package.name}: {size:,} bytes")
            if package.suffix == ".whl" and size >= MOST_BYTES:
                sys.exit(f"the wheel is to be smaller than {MOST_BYTES:,} bytes")
            tried(install(package, folder / package.suffix.strip(".")), folder)


if __name__ == "__main__":
    main()
