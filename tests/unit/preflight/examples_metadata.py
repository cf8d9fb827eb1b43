"""The examples of rules about metadata."""

from tests.unit.preflight.making import INFO, Example, both, latin1, rst, sdist, wheel


def field(rule: str, name: str, breaks: str, keeps: str, says: str = "") -> Example:
    """Give a value of one field that breaks a rule, and one that does not; the message quotes the value."""
    return Example(rule, wheel(f"{name}: {breaks}"), wheel(f"{name}: {keeps}"), says or breaks)


TYPE = "text/markdown; "
METADATA = [
    field("metadata-version-unknown", "Metadata-Version", "2.0", "2.5"),
    Example(
        "metadata-field-too-new",
        wheel("Metadata-Version: 2.1", "Dynamic: Summary"),
        wheel("Metadata-Version: 2.2", "Dynamic: Summary", "License-File: COPYING", "Dynamic: UNKNOWN"),
        "`Dynamic` was introduced in metadata version 2.2",
    ),
    Example(
        "metadata-field-repeated",
        wheel("Summary: a", "Summary: a"),
        wheel("Platform: a", "Platform: b", "Summary: a", "Summary: UNKNOWN"),
        "`Summary` occurs 2 times",
    ),
    Example("metadata-name-invalid", wheel("Name: _sample"), wheel("Name: s", name="s"), "`_sample`"),
    field("metadata-version-invalid", "Version", "${VERSION}", "v1.0 "),
    Example("metadata-local-version", sdist(version="1.0+local"), sdist(version="1.0.post1"), "`1.0+local`"),
    Example("metadata-not-utf8", latin1, wheel("Author: José"), "`Author`; pip cannot install"),
    field("metadata-summary", "Summary", "é" * 513, "é" * 512, "513"),
    field("metadata-dynamic", "Dynamic", "Requires-Dist, Summary", "requires-dist", "`Requires-"),
    field("contacts-email", "Author-email", "A <a@example.invalid>", "A <a@example.invalid>, Charles <c>"),
    Example(
        "contacts-url",
        wheel("Home-page: git@example.com:a/b.git"),
        wheel("Home-page: HTTPS://example.com:80/{a b}", "Project-URL: Home, https:///x"),
        "`Home-page: git@example.com:a/b.git`",
    ),
    field("contacts-url", "Project-URL", f"{'x' * 33}, https://h", f"{'🐍' * 32}, https://h", "33"),
    field("classifiers-invalid", "Classifier", "Private :: x", "Typing :: Typed"),
    field(
        "classifiers-invalid", "Classifier", "License :: OSI Approved :: MIT", "License :: OSI Approved :: MIT License"
    ),
    field("classifiers-invalid", "Classifier", "Natural Language :: Ukranian", "Natural Language :: Ukrainian"),
    field(
        "description-type",
        "Description-Content-Type",
        f"{TYPE}variant=gfm",
        f'{TYPE}charset="UTF-8"; variant=GFM',
        "`gfm`",
    ),
    Example("description-rendering", rst(".. toctree::\n\n   a\n"), rst("A *word*.\n"), "line 1: Unknown directive"),
    field("requirements-invalid", "Requires-Dist", "six>=1.*", "six==1.*", "`Requires-Dist: six"),
    field("requirements-url", "Requires-Dist", "six @ https://example.com/six.zip", "six (>=1)"),
    field("requirements-python", "Requires-Python", ">=3.8.*", "~=3.8"),
    Example("requirements-python-missing", wheel(), wheel("Requires-Python: >=3"), "Requires-Python"),
    field("requirements-extra-name", "Provides-Extra", "test-", "te_st", "`test-`"),
    Example(
        "requirements-import-name",
        wheel("Metadata-Version: 2.5", "Import-Name: a.class"),
        wheel("Metadata-Version: 2.5", "Import-Name: _a.b ; private", "Import-Namespace: a"),
        "`Import-Name: a.class`",
    ),
    field("license-expression", "License-Expression", "MIT, Apache-2.0", "mit OR (LicenseRef-Own AND GPL-3.0)"),
    Example(
        "license-expression",
        wheel("License: MIT", "License-Expression: MIT"),
        wheel("License: UNKNOWN", "License-Expression: MIT"),
        "`License-Expression: MIT`",
    ),
    Example(
        "license-file",
        wheel("License-File: LICENSE", files={f"{INFO}/LICENSE": "text"}),
        both(
            wheel("License-File: LICENSE", files={f"{INFO}/licenses/LICENSE": "text"}),
            sdist("License-File: doc/LICENSE", files={"sample-1.0/doc/LICENSE": "text"}),
        ),
        f"`{INFO}/licenses/LICENSE`",
    ),
    Example("license-missing", wheel(), wheel("Classifier: License :: Public Domain"), "no license"),
]
