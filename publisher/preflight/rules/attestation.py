"""Whether attestation files beside the distributions can be uploaded with them."""

from collections.abc import Iterator

from publisher.preflight.model import Finding, Plan
from publisher.preflight.rule import Rule, Scope, advice, found


@Rule(
    id="attestation-file",
    title="Unusable attestation file",
    why="An index refuses a distribution with an attestation of something else, and accepts no attestation later.",
    fix="Make the attestation again from this distribution, or remove it: it cannot be added after publishing.",
    sources=("PEP 740", "https://docs.pypi.org/attestations/"),
    scope=Scope.UNIVERSAL,
).for_plan
def _check_attestation_file(plan: Plan) -> Iterator[Finding]:
    for file in plan.attestation_files:
        if file.problem is None:
            continue
        name = file.filename.removeprefix(file.distribution or "")
        message = f"The attestation file `{name}` cannot be used: {file.problem}."
        if file.distribution is None:
            names = "`<distribution>.publish.attestation` or `<distribution>.slsa.attestation`"
            yield advice(message, f"Remove it, or name it {names}.")
        elif file.is_replaceable:
            remedy = "Remove it if another build left it behind. A run that signs makes a new one."
            yield advice(message, remedy, filename=file.distribution)
        else:
            yield found(message, filename=file.distribution)
