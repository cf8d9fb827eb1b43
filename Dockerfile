# The public image; to build from a mirror, pass `--build-arg BASE=...`.
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS builder
COPY requirements/runtime.txt /requirements.txt
# Locked versions, wheels only: the build runs no code of a dependency.
RUN python3 -m venv --without-pip /app \
 && site=$(echo /app/lib/python3*/site-packages) \
 && python3 -m pip install --no-cache-dir --disable-pip-version-check --root-user-action ignore --no-compile \
    --require-hashes --no-deps --only-binary :all: --target "$site" --requirement /requirements.txt \
 && rm -rf "${site:?}/bin"
COPY publisher /tmp/publisher
# Bytecode with hashes instead of timestamps keeps builds reproducible. The files never change, so imports skip the check.
RUN site=$(echo /app/lib/python3*/site-packages) \
 && mv /tmp/publisher "$site/publisher" \
 && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash "$site"

FROM ${BASE}
# The base image has no bytecode of the standard library; without it, each run would compile some 250 modules.
RUN python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash \
    -x '/(site-packages|dist-packages|ensurepip|idlelib|test|tests|tkinter|turtledemo)/' \
    "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=builder /app /app
COPY entrypoint.py /app/entrypoint.py
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
