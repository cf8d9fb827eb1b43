import pytest

from publisher.preflight.model import Plan, Profile, Severity
from tests.unit.preflight.making import attestation_file
from tests.unit.preflight.reading import find

WHEEL = "sample-1.0-py3-none-any.whl"


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize(
    ("kind", "distribution", "is_strict", "severity"),
    [
        ("slsa", WHEEL, True, Severity.ERROR),
        ("slsa", WHEEL, False, Severity.WARNING),
        ("publish", WHEEL, True, Severity.WARNING),
        ("slsa", None, True, Severity.WARNING),
    ],
)
def test_attestation_file__severity(
    kind: str, distribution: str | None, is_strict: bool, severity: Severity, profile: Profile
) -> None:
    file = attestation_file(kind, distribution, problem="it is a fake")
    (finding,) = find("attestation-file", Plan((), profile=profile, is_strict=is_strict, attestation_files=(file,)))
    name = f".{kind}.attestation" if distribution else file.filename
    assert finding.message == f"The attestation file `{name}` cannot be used: it is a fake."
    assert (finding.severity, finding.filename) == (severity, distribution)
    assert finding.may_be_refused == (kind == "slsa" and distribution is not None)
