"""Measure against `uv publish`, `twine upload`, `twine check` and `curl`: `python -m bench [--runs N] [CASE ...]`."""

import argparse

from bench import image, preflight, tls, uploads
from bench.runtime import set_up_runtime

CASES = {case.name: case for case in (*uploads.CASES, *preflight.CASES, *tls.CASES, *image.CASES)}


def main() -> int:
    """Measure the selected cases, or all; the exit status is 0 if every bound holds."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("case", nargs="*", choices=[*CASES, []])
    options = parser.parse_args()
    command = set_up_runtime()
    kept = [CASES[name].measure(command, options.runs) for name in options.case or CASES]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    raise SystemExit(main())
