"""Values of metadata fields, beyond the examples: a `WARNING` is for what the index may accept."""

from pathlib import Path

import pytest

from publisher.preflight.model import Severity
from tests.builders import build_wheel
from tests.unit.preflight.reading import find, read_plan

ERROR, WARNING = Severity.ERROR, Severity.WARNING
LONG = "1" * 5000
NEWEST = ("Metadata-Version", "2.5")
Fields = list[tuple[str, str]]

CASES: list[tuple[str, Severity, Fields, str]] = [
    ("metadata-name-invalid", ERROR, [("Name", "UNKNOWN")], "`UNKNOWN` is a placeholder"),
    ("metadata-name-invalid", ERROR, [("Name", "sample ")], "`sample `"),
    ("metadata-version-invalid", ERROR, [("Version", LONG)], "is not a valid version"),
    *(
        ("metadata-version-unknown", ERROR, [("Metadata-Version", version)], f"`{version}` does not exist")
        for version in ("2.4 ", f"2.{LONG}", "2.6.0", "1!2.1", "2.6rc1", "2.0")
    ),
    *(
        ("metadata-version-unknown", WARNING, [("Metadata-Version", version)], f"`{version}` is newer")
        for version in ("2.6", "3.0")
    ),
    ("metadata-summary", ERROR, [("Summary", "a\n b")], "2 lines"),
    ("metadata-summary", WARNING, [("Summary", "one\u2028line")], "2 lines"),
    ("metadata-dynamic", ERROR, [("Dynamic", "Version")], "`Version`"),
    ("metadata-dynamic", ERROR, [("Dynamic", "Unheard-Of")], "`Unheard-Of`"),
    ("metadata-dynamic", WARNING, [("Metadata-Version", "2.9"), ("Dynamic", "New")], "`New`"),
    (
        "metadata-field-too-new",
        ERROR,
        [("Metadata-Version", "1.0"), ("Project-URL", "A, https://b.c")],
        "`Project-URL`",
    ),
    ("requirements-invalid", ERROR, [("Requires-Dist", f"a; {'(' * 10_000}")], "recursion"),
    ("requirements-invalid", ERROR, [("Provides-Dist", "virtual (1.0)")], "`Provides-Dist: virtual (1.0)`"),
    ("requirements-url", ERROR, [("Obsoletes-Dist", "a @ https://b.c/d.zip")], "`Obsoletes-Dist: a @"),
    ("requirements-import-name", ERROR, [NEWEST, ("Import-Name", "a; public")], "private"),
    ("requirements-import-name", ERROR, [NEWEST, ("Import-Namespace", "a..b")], "`Import-Namespace"),
    ("contacts-url", ERROR, [("Project-URL", "Chat, irc.example.com")], "irc.example.com"),
    ("contacts-url", ERROR, [("Project-URL", ", https://h")], "no label"),
    ("contacts-url", ERROR, [("Project-URL", "Home: https://h")], "no URL"),
    ("contacts-url", ERROR, [("Project-URL", "A, https://h"), ("Project-URL", "A , https://i")], "2 project"),
    ("contacts-email", WARNING, [("Author-email", "ada@1.\u05d0\u05d1.com")], "IDNA"),
    ("contacts-email", ERROR, [("Author-email", "ada@-\u05d0.com")], "not a valid email address"),
    ("description-type", WARNING, [("Description-Content-Type", "text/markdown; charset=utf-8")], "`utf-8`"),
    ("description-type", ERROR, [("Description-Content-Type", "text/x-markdown")], "`text/x-markdown`"),
    ("description-type", WARNING, [("Description-Content-Type", "text/plain; x")], "`text/plain; x`"),
    ("description-type", ERROR, [("Description-Content-Type", "text/plain; x*")], "`text/plain; x*`"),
    *(
        ("license-expression", WARNING, [("License-Expression", expression)], f"`{expression}`")
        for expression in (
            "New-License-1.0",
            "MIT OR LicenseRef-",
            "MIT OR LicenseRef-x+",
            "(MIT) WITH Classpath-exception-2.0",
            "MIT WITH (MIT)",
            "MIT with Bison-exception-2.2 with Bison-exception-2.2",
        )
    ),
    *(
        ("license-expression", ERROR, [("License-Expression", expression)], f"`{expression}`")
        for expression in ("MIT OR (Apache-2.0 WITH)", "MIT OR LicenseRef-a_b", "Apache-2", "Proprietary")
    ),
    *(
        ("license-file", ERROR, [("License-File", path)], says)
        for path, says in (("../LICENSE", "parent"), ("LICEN*", "resolved"), ("C:/L", "relative"), ("./L", "delimiter"))
    ),
]


@pytest.mark.parametrize(("rule", "severity", "fields", "says"), CASES)
def test_rule__of_a_value(rule: str, severity: Severity, fields: Fields, says: str, tmp_path: Path) -> None:
    build_wheel(tmp_path, metadata=fields, filename="sample-1.0-py3-none-any.whl")
    (finding,) = find(rule, read_plan(tmp_path))
    assert (finding.severity, finding.may_be_refused) == (severity, True)
    assert says in finding.message
