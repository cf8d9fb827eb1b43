"""Add what the program needs from the base image to it: `python3 collect_image.py IMAGE`.

IMAGE becomes the root of the image. It contains `app`, a virtual environment of the Python that runs this script, and
receives the interpreter, its standard library, the shared libraries that the linker finds for both, certificates, and
licenses. Nothing depends on the time or the machine, so equal content gives an equal layer.
"""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from compileall import compile_dir
from fnmatch import fnmatch
from pathlib import Path
from py_compile import PycInvalidationMode

FILES = (
    "/usr/bin/env",  # starts the program with a clean environment: see ENTRYPOINT
    "/etc/ld.so.cache",
    "/etc/nsswitch.conf",
    *("/etc/debian_version", "/etc/os-release"),  # for scanners
)

# The C library opens these by name: for `pthread_exit`, and, before glibc 2.34, for host names.
OPENED_BY_NAME = ("libgcc_s.so.1", "libnss_files.so.2", "libnss_dns.so.2")

# Parts of the standard library that nothing here uses: installers, tests, databases, terminals, and windows.
UNUSED = (
    *("__pycache__", "config-*", "dist-packages", "ensurepip", "idlelib", "pydoc_data", "site-packages", "venv"),
    *("test", "_test*", "_ctypes_test*", "_xx*", "xx*"),
    *("dbm", "_dbm*", "_gdbm*", "sqlite3", "_sqlite3*"),
    *("_pyrepl", "curses", "_curses*", "readline*", "tkinter", "_tkinter*", "turtle*"),
)

ACCOUNTS = {
    "etc/passwd": "root:x:0:0:root:/:\n",
    "etc/group": "root:x:0:\n",
}


def find_standard_library() -> Iterator[Path]:
    """Yield the files of the standard library, except unused parts and bytecode."""
    for name in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}:
        for directory, subdirectories, files in os.walk(name):
            subdirectories[:] = [each for each in subdirectories if not _is_unused(each)]
            yield from (Path(directory, each) for each in files if not _is_unused(each))


def _is_unused(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in UNUSED)


def find_certificates() -> Iterator[Path]:
    """Yield the authorities in OpenSSL's default places: jobs name these paths in variables meant for the host."""
    places = ssl.get_default_verify_paths()
    yield from Path(places.openssl_capath).iterdir()
    if (bundle := Path(places.openssl_cafile)).exists():
        yield bundle


def find_libraries(files: Iterable[Path]) -> set[Path]:
    """Return the shared libraries, and the linker itself, that these programs and libraries need."""
    binaries = [path for path in files if path.is_file() and _is_elf(path)]
    # Fails for a library that is linked statically; its output is complete all the same.
    listed = subprocess.run(["ldd", *binaries], capture_output=True, text=True, check=False).stdout
    if missing := re.findall(r"^\s+(\S+) => not found", listed, re.MULTILINE):
        sys.exit(f"the linker does not find {', '.join(sorted(set(missing)))}")
    return {Path(found) for found in re.findall(r"(/\S+) \(0x", listed)}


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def copy(path: Path, image: Path) -> None:
    """Copy a file, and every symbolic link on the way to it."""
    target = image / path.relative_to("/")
    for step in (*reversed(path.parents), path):
        if step.is_symlink():
            link = image / step.relative_to("/")
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.is_symlink():
                link.symlink_to(step.readlink())
            copy(Path(os.path.normpath(step.parent / step.readlink() / path.relative_to(step))), image)
            return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target)


def find_packages(files: Iterable[Path]) -> list[str]:
    """Return the Debian packages that contain these files."""
    names = {str(name) for path in files for name in (path, path.resolve())}
    # Fails because some files belong to no package.
    found = subprocess.run(["dpkg-query", "--search", *names], capture_output=True, text=True, check=False).stdout
    return sorted(set(re.findall(r"^([a-z0-9][a-z0-9+.-]+)[:,]", found, re.MULTILINE)))


def copy_about_package(package: str, image: Path) -> None:
    """Copy the package's license, and its entry of dpkg's database, by which scanners find it."""
    about = Path("/usr/share/doc", package, "copyright")
    if about.exists():
        copy(about, image)
    status = image / "var/lib/dpkg/status.d" / package
    status.parent.mkdir(parents=True, exist_ok=True)
    status.write_bytes(subprocess.run(["dpkg-query", "--status", package], capture_output=True, check=True).stdout)


def seal(image: Path) -> None:
    """Compile all libraries to bytecode, with hashes that imports do not check, and give all files the same time."""
    mode = PycInvalidationMode.UNCHECKED_HASH
    for library in (Path(sysconfig.get_path("stdlib")).relative_to("/"), "app/lib"):
        compile_dir(image / library, quiet=1, force=True, stripdir=str(image), prependdir="/", invalidation_mode=mode)
    for path in image.rglob("*"):
        os.utime(path, (0, 0), follow_symlinks=False)


def main() -> None:
    """Collect, compile, and set times."""
    image = Path(sys.argv[1])
    files = {Path(sys.executable), *map(Path, FILES), *find_standard_library(), *find_certificates()}
    libraries = find_libraries([*files, *image.rglob("*.so*")])
    libc = next(library for library in libraries if library.name == "libc.so.6")
    libraries |= {path for name in OPENED_BY_NAME if (path := libc.with_name(name)).exists()}
    libraries |= find_libraries(libraries)
    files |= {path for path in libraries if not path.is_relative_to(image)}
    for path in {*files, *Path("/usr/share/common-licenses").iterdir()}:
        copy(path, image)
    for package in find_packages(files):
        copy_about_package(package, image)
    for name, content in ACCOUNTS.items():
        (image / name).write_text(content)
    (image / "tmp").mkdir()
    (image / "tmp").chmod(0o1777)
    seal(image)


if __name__ == "__main__":
    main()
