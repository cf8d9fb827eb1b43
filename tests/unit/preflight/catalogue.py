"""The ids of everything that PyPI refuses (August 2026) because of files and settings alone."""

# The ids that each rule covers.
BY_RULE = {
    "archive-unreadable": (
        "content-not-a-zip content-zip-unreadable filename-control-characters filename-extension-case "
        "filename-extension-filetype sdist-filename-parse sdist-not-a-tar sdist-tar-corrupt sdist-tar-not-gzip "
        "sdist-zip-pkg-info sdist-zip-top-level wheel-filename-build wheel-filename-parts wheel-filename-version "
        "wheel-name-splits"
    ),
    "archive-size": "archive-size",
    "archive-damaged": "content-zip-corrupt-late content-zip-encrypted content-zip-unreadable sdist-tar-corrupt",
    "archive-compression": "content-zip-compression",
    "archive-ratio": "content-zip-bomb",
    "archive-obfuscated": "content-pyarmor content-sourcedefender",
    "sdist-layout": "sdist-pkg-info sdist-tar-mixed-absolute sdist-tar-sparse sdist-tar-top-level",
    "classifiers-invalid": (
        "metadata-classifier-deprecated metadata-classifier-deprecated-replaced metadata-classifier-private "
        "metadata-classifier-unknown"
    ),
    "contacts-email": "metadata-author-email metadata-maintainer-email",
    "contacts-url": (
        "metadata-home-download-url metadata-project-url-duplicate-label metadata-project-url-label "
        "metadata-project-url-label-length metadata-project-url-url metadata-project-url-valid"
    ),
    "description-type": "metadata-description-charset metadata-description-type metadata-description-variant",
    "description-rendering": "description-render-default description-render-empty description-render-typed",
    "filename-mismatch": (
        "sdist-filename-pep625 sdist-filename-project wheel-filename-project wheel-filename-version-match"
    ),
    "filename-normalized": "sdist-filename-pep625 wheel-filename-name-chars wheel-filename-normalized",
    "filename-length": "filename-length wheel-filename-length",
    "archive-ambiguous": (
        "content-zip-tar-polyglot zip-central-duplicate zip-data-descriptor zip-local-duplicate zip-member-comment"
    ),
    "archive-contradiction": (
        "zip-central-count zip-central-local-sets zip-central-offset zip-central-size zip-central-without-local "
        "zip-compressed-size-mismatch zip-eocd-multidisk zip-eocd64-extensible zip-eocd64-locator-missing "
        "zip-eocd64-multidisk zip-extra-duplicate zip-extra-overrun zip-extra-short zip-file-size-mismatch "
        "zip-local-not-in-central zip-zip64-extra-eight-needs-store zip-zip64-extra-empty-sentinel "
        "zip-zip64-extra-length zip-central-name-control-char zip-local-name-control-char zip-local-name-not-utf8 "
        "zip-negative-offset zip-trailing-data zip-truncated-record zip-unicode-extra-control-char "
        "zip-unicode-extra-utf8 zip-unknown-record"
    ),
    "license-expression": "metadata-license-and-expression metadata-license-expression",
    "license-file": (
        "metadata-license-file-absolute metadata-license-file-delimiter metadata-license-file-glob "
        "metadata-license-file-parent sdist-license-file wheel-license-file"
    ),
    "metadata-version-unknown": "metadata-version-known metadata-version-supported",
    "metadata-field-too-new": "metadata-field-too-new",
    "metadata-field-repeated": "metadata-single-use-repeated",
    "metadata-name-invalid": (
        "form-name-pattern form-name-required form-unknown-values-dropped metadata-name-required metadata-name-valid "
        "project-name-invalid"
    ),
    "metadata-version-invalid": "metadata-version-pep440 metadata-version-required",
    "metadata-local-version": "metadata-version-local",
    "metadata-summary": "metadata-summary-length metadata-summary-one-line",
    "metadata-dynamic": "metadata-dynamic-forbidden metadata-dynamic-index-list metadata-dynamic-unknown",
    "platform-tags-refused": (
        "wheel-platform-android wheel-platform-fixed wheel-platform-ios wheel-platform-known "
        "wheel-platform-linux-generic wheel-platform-macos-10 wheel-platform-macos-11plus wheel-platform-manylinux "
        "wheel-platform-musllinux wheel-platform-pyemscripten"
    ),
    "published-other-sdist": "",
    "published-project-closed": "",
    "published-release-closed": "release-closed",
    "published-same-content": "",
    "published-size": "",
    "release-one-sdist": "",
    "release-same-content": "",
    "release-standard-library": "project-name-stdlib",
    "requirements-invalid": "metadata-provides-obsoletes-dist metadata-requires-dist",
    "requirements-url": "metadata-provides-obsoletes-dist-url metadata-requires-dist-url",
    "requirements-python": "metadata-requires-python",
    "requirements-extra-name": "metadata-provides-extra",
    "requirements-import-name": (
        "metadata-import-name-identifier metadata-import-name-keyword metadata-import-name-option"
    ),
    "wheel-script-name": "wheel-entry-points-names",
    "wheel-entry-points": "wheel-entry-points-ini wheel-entry-points-names wheel-entry-points-utf8",
    "wheel-files": "wheel-metadata-present wheel-record-present wheel-wheel-file",
    "wheel-record": "wheel-record-blank-line wheel-record-match wheel-record-present",
}

ELSEWHERE = """
    attestation-certificate-ref attestation-conversion attestation-empty-list attestation-envelope-type
    attestation-identity-issuer attestation-json attestation-max-two attestation-needs-publisher
    attestation-one-subject attestation-predicate-duplicate attestation-predicate-known
    attestation-predicate-supported attestation-publisher-kind attestation-sigstore attestation-statement
    attestation-subject-digest attestation-subject-match attestation-subject-name auth-no-credential
    auth-token-expired auth-token-malformed auth-userpass-removed content-part-is-file content-part-mimetype
    content-part-required digest-mismatch filename-extension-unknown filename-path-separator form-blake2-format
    form-digest-required form-field-sent-as-file form-filetype-known form-filetype-required
    form-protocol-version form-pyversion-required form-pyversion-source form-sha256-format http-action-missing
    http-action-removed http-bad-query-or-path-bytes http-https-required http-invalid-form http-old-endpoint
    http-trailing-slash mint-claim-missing mint-duplicate-form-keys mint-github-event
    mint-github-job-workflow-empty mint-github-job-workflow-ref mint-github-ref-sha-empty
    mint-github-workflow-name mint-issuer-mismatch mint-malformed-jwt mint-method mint-payload
    mint-token-audience mint-token-issuer mint-token-no-kid mint-token-required-claims mint-token-reused
    mint-token-time mint-unknown-issuer
""".split()  # noqa: SIM905 -- quoted one by one, they would be harder to read
