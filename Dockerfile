# The public image. Releases pass `--build-arg BASE=` the digest in requirements/base.Dockerfile; a mirror works as well.
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS builder
COPY requirements/runtime.txt /requirements.txt
# Locked versions, wheels only: the build runs no code of a dependency.
RUN python3 -m venv --without-pip /image/app \
 && rm -f /image/app/.gitignore /image/app/bin/[Aa]ctivate* \
 && site=$(echo /image/app/lib/python3*/site-packages) \
 && python3 -m pip install --no-cache-dir --disable-pip-version-check --root-user-action ignore --no-compile \
    --require-hashes --no-deps --only-binary :all: --target "$site" --requirement /requirements.txt \
 && rm -rf "${site:?}/bin"
COPY scripts/collect_image.py /collect_image.py
COPY LICENSE entrypoint.py /image/app/
COPY publisher /tmp/publisher
RUN mv /tmp/publisher /image/app/lib/python3*/site-packages/ \
 && python3 /collect_image.py /image

# Nothing but the program, its Python, and what both need: no shell, no package manager. One layer: Docker may order the
# files of a second one differently from build to build.
FROM scratch
COPY --from=builder /image /
# No USER: GitHub requires container actions to run as root, because the workspace and the files behind GITHUB_OUTPUT and
# GITHUB_STEP_SUMMARY belong to the runner's user, whose id is not known here.
#
# env -u: an earlier step may have set these to libraries of the host or of the workspace.
# XDG_*: sigstore keeps its trust root there; the default is the home directory, which later steps share.
# PYDANTIC_*: there are no plugins; looking for them takes time.
# -I: import nothing from the workspace, whatever PYTHONPATH, PYTHONHOME, or PYTHONSTARTUP say.
# -B, -u: write no bytecode, and show each line of the log when it is printed.
# With the exec form, and because env replaces itself, the program is PID 1 and receives the signals.
ENTRYPOINT ["/usr/bin/env", "-u", "LD_LIBRARY_PATH", "-u", "LD_PRELOAD", "-u", "OPENSSL_CONF", "-u", "OPENSSL_MODULES", \
    "XDG_CACHE_HOME=/tmp/cache", "XDG_DATA_HOME=/tmp/data", "PYDANTIC_DISABLE_PLUGINS=1", \
    "/app/bin/python", "-I", "-B", "-u", "/app/entrypoint.py"]
# Releases add source, version, and revision.
LABEL org.opencontainers.image.title="publish-action" \
    org.opencontainers.image.description="A GitHub Action that publishes Python distributions with Trusted Publishing" \
    org.opencontainers.image.licenses="MIT"
