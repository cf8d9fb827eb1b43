"""Build realistic wheels: sources, an extension module, a license, a README of some KB."""

import random
from pathlib import Path

from tests.builders import build_wheel

PYTHONS = (
    *(f"cp{number}-cp{number}" for number in (39, 310, 311, 312, 313, 314)),
    *(f"cp{number}-cp{number}t" for number in (313, 314)),
    *(f"pp{number}-pypy{number}_pp73" for number in (39, 310, 311)),
    "cp39-abi3",
)
PLATFORMS = (
    *(
        f"manylinux_2_17_{machine}.manylinux2014_{machine}"
        for machine in ("x86_64", "i686", "aarch64", "ppc64le", "s390x", "armv7l")
    ),
    *(f"manylinux_2_28_{machine}" for machine in ("x86_64", "aarch64", "ppc64le", "s390x")),
    "manylinux_2_31_riscv64",
    *(f"musllinux_1_2_{machine}" for machine in ("x86_64", "i686", "aarch64", "ppc64le", "s390x", "armv7l", "riscv64")),
    *("macosx_10_13_x86_64", "macosx_11_0_arm64", "macosx_10_13_universal2", "macosx_15_0_arm64"),
    *("win32", "win_amd64", "win_arm64"),
)
# The 300 wheels of a large cibuildwheel matrix.
TAGS = tuple(f"{python}-{platform}" for python in PYTHONS for platform in PLATFORMS)

MODULES = 12
EXTENSION = 104_000  # bytes of the extension module before compression, which halves them
_TEXT = (
    "array bounded buffer cache channel client column compose config context convert cursor daemon decode default "
    "detect digest driver encode engine event export fallback field filter format frame generic handle header index "
    "iterate kernel layer limit listen loader lookup manage mapping matrix merge message model module nested object "
    "option order output packet parse partial pattern pipeline plugin policy pool process profile project protocol "
    "query queue random record region register remote render report request resolve result retry route sample schema "
    "select server session signal simple socket source state storage stream string struct submit switch symbol table "
    "target template thread token tracing transform typed update validate value vector verify version window worker"
)
_WORDS = tuple(_TEXT.split())
_LIBRARIES = (
    "attrs",
    "click",
    "httpx",
    "jinja2",
    "numpy",
    "orjson",
    "pandas",
    "pydantic",
    "pyyaml",
    "requests",
    "rich",
)
_TOOLS = ("coverage", "furo", "hypothesis", "mypy", "myst-parser", "pytest", "ruff", "sphinx", "tox")
_LICENSE = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software.\n" * 11


def build_release(directory: Path) -> None:
    """Write the wheels of one release: equal metadata and sources, different extension modules."""
    project = _Project("stream-kernel")
    for tag in TAGS:
        project.build(directory, tag)


def build_projects(directory: Path) -> None:
    """Write one wheel for each of 300 projects, which share nothing but the license."""
    for number, tag in enumerate(TAGS):
        _Project(f"stream-kernel-{number}").build(directory, tag)


class _Project:
    """What the wheels of a release share, derived from its name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._module = name.replace("-", "_")
        self._random = random.Random(name)  # noqa: S311 -- reproducible filler, no secret
        self._metadata = self._write_metadata()
        self._readme = self._write_readme()
        self._sources = {
            f"{self._module}/{_WORDS[number * 7]}.py": self._write_source().encode() for number in range(MODULES)
        }

    def build(self, directory: Path, tag: str) -> None:
        """Write a wheel of some 100 KB."""
        info = f"{self._module}-2.4.1.dist-info"
        scripts = f"[console_scripts]\n{self._name} = {self._module}.{_WORDS[0]}:main\n"
        files = {
            **self._sources,
            f"{self._module}/py.typed": b"",
            f"{self._module}/_native.so": self._write_extension(tag),
            f"{info}/entry_points.txt": scripts.encode(),
            f"{info}/licenses/LICENSE": _LICENSE.encode(),
            f"{info}/top_level.txt": f"{self._module}\n".encode(),
        }
        build_wheel(
            directory, self._name, "2.4.1", tag=tag, metadata=self._metadata, description=self._readme, files=files
        )

    def _write_metadata(self) -> tuple[tuple[str, str], ...]:
        home = f"https://github.com/example/{self._name}"
        needed = [f"{library}>={self._number()}" for library in self._random.sample(_LIBRARIES, 5)]
        needed += [f'typing-extensions>={self._number()}; python_version < "3.12"']
        extras = [f'{tool}>={self._number()}; extra == "dev"' for tool in self._random.sample(_TOOLS, 6)]
        pythons = [f"Programming Language :: Python :: 3.{minor}" for minor in range(9, 15)]
        return (
            ("Metadata-Version", "2.4"),
            ("Summary", self._sentence()),
            ("Author-email", f"The Developers <{self._module}@example-{self._module.replace('_', '-')}.org>"),
            ("License-Expression", "MIT"),
            *(("Project-URL", f"{label}, {home}/{label.lower()}") for label in ("Source", "Issues", "Changelog")),
            ("Project-URL", f"Documentation, https://{self._name}.readthedocs.io/"),
            ("Keywords", ",".join(self._random.sample(_WORDS, 5))),
            ("Classifier", "Development Status :: 5 - Production/Stable"),
            ("Classifier", "Intended Audience :: Developers"),
            ("Classifier", "Operating System :: OS Independent"),
            *(("Classifier", classifier) for classifier in pythons),
            ("Classifier", "Programming Language :: Python :: Implementation :: CPython"),
            ("Classifier", "Topic :: Software Development :: Libraries"),
            ("Classifier", "Typing :: Typed"),
            ("Requires-Python", ">=3.9"),
            ("Description-Content-Type", "text/markdown"),
            ("License-File", "LICENSE"),
            *(("Requires-Dist", requirement) for requirement in needed),
            ("Provides-Extra", "dev"),
            *(("Requires-Dist", requirement) for requirement in extras),
            ("Dynamic", "license-file"),
        )

    def _write_readme(self) -> str:
        badge = (
            f"[![Build](https://img.shields.io/badge/{self._name}-passing)](https://github.com/example/{self._name})"
        )
        parts = [
            f"# {self._name}",
            badge,
            self._paragraph(),
            "## Installation",
            f"```console\npip install {self._name}\n```",
        ]
        for _ in range(4):
            title = self._sentence().rstrip(".")
            code = f"from {self._module} import {_WORDS[0]}\n\n{self._write_function()}"
            points = "\n".join(f"- **{self._word()}**: {self._sentence()}" for _ in range(4))
            parts += [f"## {title}", self._paragraph(), f"```python\n{code}```", points]
        table = "\n".join(f"| `{self._word()}` | {self._number()} | {self._sentence()} |" for _ in range(8))
        parts += ["## Options", f"| name | default | meaning |\n| --- | --- | --- |\n{table}"]
        return "\n\n".join([*parts, "## License", "MIT", ""])

    def _write_source(self) -> str:
        head = f'"""{self._sentence()}"""\n\nfrom __future__ import annotations\n\n'
        return head + "\n\n".join(self._write_function() for _ in range(24))

    def _write_function(self) -> str:
        name, one, other = (self._word() for _ in range(3))
        return (
            f"def {name}_{other}({one}: int, {other}: str = {self._random.random()!r}) -> int:\n"
            f'    """{self._sentence()}"""\n'
            f"    {self._word()} = {one} * {self._random.randrange(10_000)} + len({other})\n"
            f"    return {self._word()}({one}, {other}.{self._word()})\n"
        )

    def _write_extension(self, tag: str) -> bytes:
        # Half of it compresses well, like machine code with its tables.
        filler = random.Random(f"{self._name} {tag}")  # noqa: S311 -- as above
        words = [filler.randbytes(8) for _ in range(64)]
        return b"".join(filler.randbytes(9) + words[filler.randrange(64)] for _ in range(EXTENSION // 17))

    def _paragraph(self) -> str:
        return " ".join(self._sentence() for _ in range(5))

    def _sentence(self) -> str:
        return " ".join(self._random.choices(_WORDS, k=9)).capitalize() + "."

    def _word(self) -> str:
        return self._random.choice(_WORDS)

    def _number(self) -> str:
        return f"{self._random.randrange(1, 30)}.{self._random.randrange(20)}"
