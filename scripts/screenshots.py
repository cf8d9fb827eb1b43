"""Write the pictures in docs/images: what GitHub shows of real runs, drawn by Chromium in light and dark.

The program runs as it does in a workflow. Its proxy leads to an index on this machine, which it takes for PyPI.
"""

from __future__ import annotations

import html
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

# The script is run by its path, so the fakes are importable only from here on.
from tests.builders import build_sdist, build_wheel  # noqa: E402 -- see above
from tests.fakes.connect_proxy import connect_proxy  # noqa: E402 -- see above
from tests.fakes.github import FakeGitHub  # noqa: E402 -- see above
from tests.fakes.index import FakeIndex  # noqa: E402 -- see above
from tests.fakes.runner import Run, Runner  # noqa: E402 -- see above
from tests.fakes.serving import certificate_authority, serve, trusted_certificates  # noqa: E402 -- see above
from tests.fakes.sigstore.instance import FakeSigstore  # noqa: E402 -- see above
from tests.fakes.sigstore.world import GITHUB_ISSUER  # noqa: E402 -- see above

IMAGES = ROOT / "docs" / "images"
STYLE = Path(__file__).with_name("screenshots.css")
WIDTH = 1640
METADATA = (("Summary", "A sample."), ("License-Expression", "MIT"), ("Requires-Python", ">=3.10"))
TAGS = ("manylinux_2_28_x86_64", "manylinux_2_28_aarch64", "musllinux_1_2_x86_64", "macosx_11_0_arm64", "win_amd64")
# Drawn instead of emoji, which not every machine has a font for.
ICONS = {"✅": "good", "❌": "bad", "⚠️": "warning", "⏸️": "paused", "🔎": "dry"}


@contextmanager
def pretend_pypi(directory: Path) -> Iterator[tuple[Runner, FakeIndex]]:
    """Prepare a run that publishes to `upload.pypi.org` by Trusted Publishing and signs."""
    github = FakeGitHub()
    github.issuer = GITHUB_ISSUER
    index = FakeIndex(github)
    index.audience = "pypi"
    index.register()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate_authority().issue_cert("upload.pypi.org", "pypi.org").configure_cert(context)
    sigstore = FakeSigstore(github)
    with ExitStack() as stack:
        served = stack.enter_context(serve(index, tls=True, context=context))
        proxy = stack.enter_context(connect_proxy(port=served.port))
        runner = Runner(directory, github.job)
        runner.variables = {
            **github.variables(stack.enter_context(serve(github)).url),
            "GITHUB_ACTION_REPOSITORY": "org/publish-action",
            "GITHUB_ACTION_REF": "v1",
            "GITHUB_SERVER_URL": "https://github.com",
            "HTTPS_PROXY": proxy.url,
            "SSL_CERT_FILE": str(stack.enter_context(trusted_certificates())),
        }
        trust = sigstore.trust_config(stack.enter_context(serve(sigstore)).url)
        (runner.workspace / "trust.json").write_text(trust, encoding="utf-8")
        runner.inputs = {"sigstore-trust-config": "trust.json", "print-hash": "true"}
        yield runner, index


def publish(wheels: int, *, refused: str = "", latency: float = 0) -> Run:
    """Publish a release of so many wheels and an sdist; the index refuses the file named `refused`."""
    with TemporaryDirectory() as directory, pretend_pypi(Path(directory)) as (runner, index):
        dist = runner.workspace / "dist"
        dist.mkdir()
        pythons = range(10, 10 + -(-wheels // len(TAGS)))
        tags = [f"cp3{python}-cp3{python}-{tag}" for python in pythons for tag in TAGS]
        for tag in tags[:wheels] if wheels > 1 else ["py3-none-any"]:
            build_wheel(dist, tag=tag, metadata=METADATA, size=40_000 + 700 * len(tag))
        build_sdist(dist, metadata=METADATA, size=90_000)
        index.deleted.add(refused)
        index.latency = latency
        run = runner.run()
    # The page of a signature in the public transparency log.
    return replace(run, raw_log=re.sub(r"http://127\S+\?(?=logIndex=)", "https://search.sigstore.dev/?", run.raw_log))


def render_summary(run: Run) -> str:
    """Render a job summary as GitHub does."""
    body: str = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(run.summary)
    return f'<article class="card summary"><p class="title">publish summary</p>{body}</article>'


def render_annotations(run: Run) -> str:
    """Render the annotations of a run, folded after three lines as on its page."""
    cards = []
    for command in run.commands:
        if command.name in {"error", "warning", "notice"}:
            title = command.properties.get("title", "publish")
            text = html.escape(command.data)
            cards.append(f'<li class="{command.name}"><b>{html.escape(title)}</b><div class="fold">{text}</div></li>')
    return (
        f'<article class="card"><p class="title">Annotations</p><ul class="annotations">{"".join(cards)}</ul></article>'
    )


def render_log(run: Run, lines: int) -> str:
    """Render the end of a log; groups are folded, and escape codes become colors."""
    shown: list[str] = []
    in_group = False
    commands = {command.line: command for command in run.commands}
    for number, line in enumerate(run.raw_log.splitlines()):
        command = commands.get(number)
        if command is not None:
            in_group = command.name == "group"
            if in_group:
                shown.append(f"<div>▸ {html.escape(command.data)}</div>")
            elif command.name in {"error", "warning", "notice"}:
                text = html.escape(command.data)
                shown.append(f'<div class="{command.name}"><b>{command.name.title()}:</b> {text}</div>')
        elif not in_group:
            text = re.sub("\x1b\\[31m(.*?)\x1b\\[0m", r'<span class="red">\1</span>', html.escape(line))
            text = re.sub("\x1b\\[33m(.*?)\x1b\\[0m", r'<span class="yellow">\1</span>', text)
            shown.append(f"<div>{text}</div>")
    rest = "".join(shown[:4]) + "<div>…</div>" + "".join(shown[-lines:]) if len(shown) > lines + 4 else "".join(shown)
    return f'<article class="card log"><p class="title">publish</p>{rest}</article>'


def draw(name: str, light: str, dark: str) -> None:
    """Write a picture of two articles, the light one on the left and the dark one on the right."""
    columns = f'<section class="light">{light}</section><section class="dark">{dark}</section>'
    for emoji, kind in ICONS.items():
        columns = columns.replace(emoji, f'<i class="icon {kind}"></i>')
    style = STYLE.read_text(encoding="utf-8")
    page = f'<!doctype html><meta charset="utf-8"><style>{style}</style><main>{columns}</main>'
    script = "<script>document.title = document.querySelector('main').offsetHeight</script>"
    with TemporaryDirectory() as directory:
        path = Path(directory) / "page.html"
        path.write_text(page + script, encoding="utf-8")
        dom = run_chromium(directory, "--dump-dom", f"--window-size={WIDTH},900", path.as_uri())
        height = re.search(r"<title>(\d+)</title>", dom)
        if height is None:
            sys.exit("Chromium did not lay out the page.")
        size, target = f"--window-size={WIDTH},{height[1]}", IMAGES / f"{name}.png"
        run_chromium(directory, f"--screenshot={target}", size, path.as_uri())


def run_chromium(profile: str, *arguments: str) -> str:
    """Run a browser without a window; return what it prints."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is not installed.")
    options = (
        "--headless=new",
        "--no-sandbox",
        "--hide-scrollbars",
        "--disable-lcd-text",
        f"--user-data-dir={profile}/profile",
    )
    command = [chromium, *options, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Draw summaries of 2, 40, and 300 files, and what else GitHub shows of a failed run."""
    IMAGES.mkdir(exist_ok=True)
    two, many = publish(1, latency=0.4), publish(299)
    forty = publish(39, refused="sample-1.0-cp312-cp312-win_amd64.whl", latency=0.2)
    for name, run in (("summary-2-files", two), ("summary-40-files", forty), ("summary-300-files", many)):
        draw(name, render_summary(run), render_summary(run))
    draw("log", render_log(two, 30), render_log(two, 30))
    draw("failure", render_annotations(forty), render_log(forty, 9))


if __name__ == "__main__":
    main()
