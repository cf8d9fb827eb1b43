"""The ids of everything that PyPI refuses, in August 2026, and that files and settings alone decide."""

from __future__ import annotations

DECIDED_BY_FILES = """
    attestation-certificate-ref attestation-conversion attestation-empty-list attestation-envelope-type
    attestation-identity-issuer attestation-json attestation-max-two attestation-needs-publisher
    attestation-one-subject attestation-predicate-duplicate attestation-predicate-known
    attestation-predicate-supported attestation-publisher-kind attestation-sigstore attestation-statement
    attestation-subject-digest attestation-subject-match attestation-subject-name auth-no-credential
    auth-token-expired auth-token-malformed auth-userpass-removed content-not-a-zip content-part-is-file
    content-part-mimetype content-part-required content-pyarmor content-sourcedefender content-zip-bomb
    content-zip-compression content-zip-corrupt-late content-zip-encrypted content-zip-tar-polyglot
    content-zip-unreadable description-render-default description-render-empty description-render-typed
    digest-mismatch filename-control-characters filename-extension-case filename-extension-filetype
    filename-extension-unknown filename-length filename-path-separator form-blake2-format form-digest-required
    form-field-sent-as-file form-filetype-known form-filetype-required form-name-pattern form-name-required
    form-protocol-version form-pyversion-required form-pyversion-source form-sha256-format
    form-unknown-values-dropped http-action-missing http-action-removed http-bad-query-or-path-bytes
    http-https-required http-invalid-form http-old-endpoint http-trailing-slash metadata-author-email
    metadata-classifier-deprecated metadata-classifier-deprecated-replaced metadata-classifier-private
    metadata-classifier-unknown metadata-description-charset metadata-description-type
    metadata-description-variant metadata-dynamic-forbidden metadata-dynamic-index-list metadata-dynamic-unknown
    metadata-field-too-new metadata-home-download-url metadata-import-name-identifier
    metadata-import-name-keyword metadata-import-name-option metadata-license-and-expression
    metadata-license-expression metadata-license-file-absolute metadata-license-file-delimiter
    metadata-license-file-glob metadata-license-file-parent metadata-maintainer-email metadata-name-required
    metadata-name-valid metadata-project-url-duplicate-label metadata-project-url-label
    metadata-project-url-label-length metadata-project-url-url metadata-project-url-valid
    metadata-provides-extra metadata-provides-obsoletes-dist metadata-provides-obsoletes-dist-url
    metadata-requires-dist metadata-requires-dist-url metadata-requires-python metadata-single-use-repeated
    metadata-summary-length metadata-summary-one-line metadata-version-known metadata-version-local
    metadata-version-pep440 metadata-version-required metadata-version-supported mint-claim-missing
    mint-duplicate-form-keys mint-github-event mint-github-job-workflow-empty mint-github-job-workflow-ref
    mint-github-ref-sha-empty mint-github-workflow-name mint-issuer-mismatch mint-malformed-jwt mint-method
    mint-payload mint-token-audience mint-token-issuer mint-token-no-kid mint-token-required-claims
    mint-token-reused mint-token-time mint-unknown-issuer project-name-invalid project-name-stdlib
    sdist-filename-parse sdist-filename-pep625 sdist-filename-project sdist-license-file sdist-not-a-tar
    sdist-pkg-info sdist-tar-corrupt sdist-tar-mixed-absolute sdist-tar-not-gzip sdist-tar-sparse
    sdist-tar-top-level sdist-zip-pkg-info sdist-zip-top-level size-file wheel-entry-points-ini
    wheel-entry-points-names wheel-entry-points-utf8 wheel-filename-build wheel-filename-length
    wheel-filename-name-chars wheel-filename-normalized wheel-filename-parts wheel-filename-project
    wheel-filename-version wheel-filename-version-match wheel-license-file wheel-metadata-present
    wheel-name-splits wheel-platform-android wheel-platform-fixed wheel-platform-ios wheel-platform-known
    wheel-platform-linux-generic wheel-platform-macos-10 wheel-platform-macos-11plus wheel-platform-manylinux
    wheel-platform-musllinux wheel-platform-pyemscripten wheel-record-blank-line wheel-record-match
    wheel-record-present wheel-wheel-file zip-central-count zip-central-duplicate zip-central-local-sets
    zip-central-name-control-char zip-central-offset zip-central-size zip-central-without-local
    zip-compressed-size-mismatch zip-data-descriptor zip-eocd-multidisk zip-eocd64-extensible
    zip-eocd64-locator-missing zip-eocd64-multidisk zip-extra-duplicate zip-extra-overrun zip-extra-short
    zip-file-size-mismatch zip-local-duplicate zip-local-name-control-char zip-local-name-not-utf8
    zip-local-not-in-central zip-member-comment zip-negative-offset zip-trailing-data zip-truncated-record
    zip-unicode-extra-control-char zip-unicode-extra-utf8 zip-unknown-record zip-zip64-extra-eight-needs-store
    zip-zip64-extra-empty-sentinel zip-zip64-extra-length
""".split()  # noqa: SIM905 -- two hundred quoted lines would be harder to read
