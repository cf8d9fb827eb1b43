from pathlib import Path

import pytest

from publisher.preflight import check
from publisher.preflight.fields import collect_fields, spell
from publisher.preflight.model import Severity
from tests.builders import build_wheel
from tests.unit.preflight.reading import read_plan


def test_metadata__fields_unknown_to_the_index_are_ignored(tmp_path: Path) -> None:
    unknown = [("Keyword", "a"), ("Keyword", "b"), ("Classifiers", "x"), ("License-File", "../LICENSE")]
    build_wheel(tmp_path, metadata=[("Metadata-Version", "2.1"), *unknown])
    assert {finding.severity for finding in check(read_plan(tmp_path))} == {Severity.WARNING}


def test_fields__placeholders_and_empty_values_count_as_absent(tmp_path: Path) -> None:
    metadata = [
        *[("Author", "UNKNOWN"), ("Summary", ""), ("Platform", ""), ("Platform", "x")],
        *[("Requires", "x"), ("Requires", "UNKNOWN"), ("Provides", "UNKNOWN"), ("Provides", "x")],
    ]
    build_wheel(tmp_path, metadata=metadata, description="\n \n")
    (distribution,) = read_plan(tmp_path).distributions
    fields = collect_fields(distribution.metadata)
    assert fields.all("requires") == fields.all("author") == fields.all("summary") == fields.all("description") == ()
    assert fields.all("provides") == ("UNKNOWN", "x")
    assert fields.all("platform") == ("", "x")
    assert (fields.first("name"), fields.first("author"), str(fields.version)) == ("sample", "", "2.4")


@pytest.mark.parametrize("name", ["Author-email", "Requires-Dist", "Project-URL", "Home-page", "Download-URL"])
def test_spell__as_in_the_specification(name: str) -> None:
    assert spell(name.lower()) == name
