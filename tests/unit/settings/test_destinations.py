import pytest

from publisher.index.endpoints import Index
from publisher.settings.destinations import explain_unattested
from publisher.settings.inputs import Settings
from tests.unit.report.examples import PRIVATE, PYPI


@pytest.mark.parametrize(
    ("index", "is_trusted", "by_default", "required"),
    [
        (PYPI, True, None, None),
        (PYPI, False, "only with Trusted Publishing", "only with Trusted Publishing"),
        (PRIVATE, True, "`attestations: required`", None),
        (PRIVATE, False, "password", None),
    ],
)
def test_explain_unattested__by_mode_and_index(
    index: Index, is_trusted: bool, by_default: str | None, required: str | None
) -> None:
    def explain(mode: str, dry_run: str = "") -> str | None:
        settings = Settings.read({"INPUT_ATTESTATIONS": mode, "INPUT_DRY-RUN": dry_run})
        return explain_unattested(settings, index, is_trusted=is_trusted)

    assert explain("false") == "`attestations` is `false`"
    for mode, expected in (("true", by_default), ("best-effort", by_default), ("required", required)):
        assert explain(mode, dry_run="true") == "a dry run signs nothing"
        reason = explain(mode)
        assert (reason is None) if expected is None else expected in str(reason)
