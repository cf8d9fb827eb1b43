"""An environment with the contents of the image and nothing else, created the way the Dockerfile does."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNTIME = ROOT / ".build" / "bench-runtime"


def set_up_runtime() -> tuple[str, ...]:
    """Create the environment, or update the program in it; return the command that runs the action."""
    python = RUNTIME / "bin" / "python"
    lock = ROOT / "requirements" / "runtime.txt"
    ready = RUNTIME / "ready"
    if not ready.exists() or ready.stat().st_mtime < max(lock.stat().st_mtime, Path(__file__).stat().st_mtime):
        # Without pip, setuptools and .pth files, which take time at startup.
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", RUNTIME], check=True)
        install = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile")
        locked = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", str(lock))
        subprocess.run([*install, *locked, "--target", _site()], check=True)
        shutil.rmtree(_site() / "bin")
        ready.touch()
    shutil.rmtree(_site() / "publisher", ignore_errors=True)
    shutil.copytree(ROOT / "publisher", _site() / "publisher", ignore=shutil.ignore_patterns("__pycache__"))
    compile_all = (python, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash")
    # Forced, because unchecked bytecode is not checked by compileall either.
    subprocess.run([*compile_all, "-f", _site() / "publisher"], check=True)
    subprocess.run([*compile_all, _site()], check=True)
    shutil.copy(ROOT / "entrypoint.py", RUNTIME)
    return ("/usr/bin/env", "PYDANTIC_DISABLE_PLUGINS=1", str(python), "-I", "-B", "-u", str(RUNTIME / "entrypoint.py"))


def _site() -> Path:
    (site,) = RUNTIME.glob("lib/python3*/site-packages")
    return site
