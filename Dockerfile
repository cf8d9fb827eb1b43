# The public image, by name: a build behind a mirror says `--build-arg BASE=...`.
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS builder
COPY requirements/runtime.txt /requirements.txt
# Exactly what is locked, wheels only: no code of a dependency runs while the image is built.
RUN python3 -m venv --without-pip /app \
 && site=$(echo /app/lib/python3*/site-packages) \
 && python3 -m pip install --no-cache-dir --disable-pip-version-check --root-user-action ignore --no-compile \
    --require-hashes --no-deps --only-binary :all: --target "$site" --requirement /requirements.txt \
 && rm -rf "${site:?}/bin"
COPY publisher /tmp/publisher
# The program is installed like its dependencies. Bytecode is made once, here; the hash in it, instead of the file's
# time, lets two builds be equal, and nobody changes these files, so it is not compared when they are imported.
RUN site=$(echo /app/lib/python3*/site-packages) \
 && mv /tmp/publisher "$site/publisher" \
 && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash "$site"

FROM ${BASE}
# The public image comes without bytecode of the standard library, and no run of ours writes any: each would compile some
# 250 modules before its first line. What has its bytecode is left as it is.
RUN python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash \
    -x '/(site-packages|dist-packages|ensurepip|idlelib|test|tests|tkinter|turtledemo)/' \
    "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=builder /app /app
COPY entrypoint.py /app/entrypoint.py
# No USER: the files in the workspace belong to the runner's user, whose id is known to nobody beforehand, and the files
# behind GITHUB_OUTPUT and GITHUB_STEP_SUMMARY must be writable. GitHub asks container actions to run as root.
#
# env: libraries that an earlier step pointed to for the host, perhaps inside the workspace, are not ours.
# -I: nothing is imported from the workspace, whatever PYTHONPATH, PYTHONHOME or PYTHONSTARTUP say.
# -B, -u: nothing is written beside the program; the log shows each line when it is printed.
# The exec form, and env replacing itself, make the program PID 1: it gets the signals.
ENTRYPOINT ["/usr/bin/env", "-u", "LD_LIBRARY_PATH", "-u", "LD_PRELOAD", "-u", "OPENSSL_CONF", "-u", "OPENSSL_MODULES", \
    "/app/bin/python", "-I", "-B", "-u", "/app/entrypoint.py"]
