"""The examples of rules about metadata."""

from __future__ import annotations

from tests.unit.preflight.making import INFO, Example, both, latin1, rst, sdist, wheel

METADATA = [
    Example(
        "metadata-version-unknown", wheel(("Metadata-Version", "2.0")), wheel(("Metadata-Version", "2.5")), "`2.0`"
    ),
    Example(
        "metadata-field-too-new",
        wheel(("Metadata-Version", "2.1"), ("Dynamic", "Summary")),
        wheel(("Metadata-Version", "2.2"), ("Dynamic", "Summary"), ("License-File", "COPYING"), ("Dynamic", "UNKNOWN")),
        "`Dynamic` came with metadata version 2.2",
    ),
    Example(
        "metadata-field-repeated",
        wheel(("Summary", "a"), ("Summary", "a")),
        wheel(("Platform", "a"), ("Platform", "b"), ("Summary", "a"), ("Summary", "UNKNOWN")),
        "`Summary` is there 2 times",
    ),
    Example("metadata-name-invalid", wheel(("Name", "_sample")), wheel(("Name", "s"), name="s"), "`_sample`"),
    Example("metadata-version-invalid", wheel(("Version", "${VERSION}")), wheel(("Version", "v1.0 ")), "`${VERSION}`"),
    Example("metadata-local-version", sdist(version="1.0+local"), sdist(version="1.0.post1"), "`1.0+local`"),
    Example("metadata-not-utf8", latin1, wheel(("Author", "José")), "`Author`"),
    Example("metadata-summary", wheel(("Summary", "é" * 513)), wheel(("Summary", "é" * 512)), "513"),
    Example(
        "metadata-dynamic",
        wheel(("Dynamic", "Requires-Dist, Summary")),
        wheel(("Dynamic", "requires-dist")),
        "`Requires-",
    ),
    Example(
        "contacts-email",
        wheel(("Author-email", "Ada <ada@example.invalid>")),
        wheel(("Author-email", "Ada <ada@example.invalid>, Charles <c>"), ("Maintainer-email", "ada@")),
        "`Author-email: Ada <ada@example.invalid>`",
    ),
    Example(
        "contacts-url",
        wheel(("Home-page", "git@example.com:a/b.git")),
        wheel(("Home-page", "HTTPS://example.com:80/{a b}"), ("Project-URL", "Home, https:///x")),
        "`Home-page: git@example.com:a/b.git`",
    ),
    Example(
        "contacts-project-url",
        wheel(("Project-URL", f"{'x' * 33}, https://example.com")),
        wheel(("Project-URL", f"{'🐍' * 32}, https://example.com")),
        "33",
    ),
    Example(
        "classifiers-private", wheel(("Classifier", "Private :: x")), wheel(("Classifier", "Typing :: Typed")), "Priv"
    ),
    Example(
        "classifiers-unknown",
        wheel(("Classifier", "License :: OSI Approved :: MIT")),
        wheel(("Classifier", "License :: OSI Approved :: MIT License")),
        "`License :: OSI Approved :: MIT`",
    ),
    Example(
        "classifiers-deprecated",
        wheel(("Classifier", "Natural Language :: Ukranian")),
        wheel(("Classifier", "Natural Language :: Ukrainian")),
        "`Natural Language :: Ukranian`",
    ),
    Example(
        "description-type",
        wheel(("Description-Content-Type", "text/markdown; variant=gfm")),
        wheel(("Description-Content-Type", 'text/markdown; charset="UTF-8"; variant=GFM')),
        "`gfm`",
    ),
    Example("description-rendering", rst(".. toctree::\n\n   a\n"), rst("A *word*.\n"), "line 1: Unknown directive"),
    Example(
        "requirements-invalid",
        wheel(("Requires-Dist", "six>=1.*")),
        wheel(("Requires-Dist", "six==1.*")),
        "`Requires-Dist: six",
    ),
    Example(
        "requirements-url",
        wheel(("Requires-Dist", "six @ https://example.com/six.zip")),
        wheel(("Requires-Dist", "six (>=1)")),
        "six @ https://example.com/six.zip",
    ),
    Example(
        "requirements-python", wheel(("Requires-Python", ">=3.8.*")), wheel(("Requires-Python", "~=3.8")), ">=3.8.*"
    ),
    Example("requirements-python-missing", wheel(), wheel(("Requires-Python", ">=3")), "Requires-Python"),
    Example(
        "requirements-extra-name", wheel(("Provides-Extra", "test-")), wheel(("Provides-Extra", "te_st")), "`test-`"
    ),
    Example(
        "requirements-import-name",
        wheel(("Metadata-Version", "2.5"), ("Import-Name", "a.class")),
        wheel(("Metadata-Version", "2.5"), ("Import-Name", "_a.b ; private"), ("Import-Namespace", "a")),
        "`class`",
    ),
    Example(
        "license-expression",
        wheel(("License-Expression", "MIT, Apache-2.0")),
        wheel(("License-Expression", "mit OR (LicenseRef-Own AND GPL-3.0)")),
        "`MIT, Apache-2.0`",
    ),
    Example(
        "license-twice",
        wheel(("License", "MIT"), ("License-Expression", "MIT")),
        wheel(("License", "UNKNOWN"), ("License-Expression", "MIT")),
        "`License-Expression: MIT`",
    ),
    Example(
        "license-file-path",
        wheel(("License-File", "vendor\\LICENSE")),
        wheel(("License-File", "vendor/LICENSE")),
        "`vendor/LICENSE`",
    ),
    Example(
        "license-file-missing",
        wheel(("License-File", "LICENSE"), files={f"{INFO}/LICENSE": "text"}),
        both(
            wheel(("License-File", "LICENSE"), files={f"{INFO}/licenses/LICENSE": "text"}),
            sdist(("License-File", "doc/LICENSE"), files={"sample-1.0/doc/LICENSE": "text"}),
        ),
        f"`{INFO}/licenses/LICENSE`",
    ),
    Example("license-missing", wheel(), wheel(("Classifier", "License :: Public Domain")), "no license"),
]
