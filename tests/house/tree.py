"""The tree as a stranger would clone it: the files that git tracks."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("cdp", "profiles", "segments", "journeys")
VENDORED = ("static/vendor/", "tests/vendor/")


@cache
def tracked() -> list[Path]:
    """Every tracked file that still exists, relative to the top."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    return [Path(name) for name in sorted(filter(None, listed)) if (ROOT / name).is_file()]


def modules(*tops: str) -> list[Path]:
    """Tracked Python modules under these top-level folders (all without any), migrations left out."""
    return [
        path
        for path in tracked()
        if path.suffix == ".py" and "migrations" not in path.parts and (not tops or path.parts[0] in tops)
    ]


@cache
def parsed(path: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse((ROOT / path).read_text(), filename=str(path))
