from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.index.multipart import MultipartBody
from tests.fakes.form import EVERY_HASH, Form, FormReader
from tests.values import WHEEL, build_distribution, write_distribution

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def send(body: MultipartBody, *sizes: int) -> bytes:
    """Return all bytes, asked for in these sizes."""
    chunks = body.chunks()
    parts = [next(chunks)]
    wanted = iter(sizes)
    try:
        while True:
            parts.append(chunks.send(next(wanted, 1 << 16)))
    except StopIteration:
        return b"".join(parts)


def parse(body: MultipartBody, data: bytes) -> Form:
    async def stream() -> AsyncIterator[bytes]:
        yield data

    boundary = body.content_type.partition("boundary=")[2].encode()
    return asyncio.run(FormReader(boundary, None, EVERY_HASH).read(stream()))


texts = st.text(st.characters(codec="utf-8"), max_size=30)


@given(
    st.lists(st.tuples(texts, texts), max_size=5),
    st.binary(min_size=1, max_size=300),
    st.lists(st.integers(1, 100), max_size=5),
)
def test_length__is_what_is_sent_for_any_form(form: list[tuple[str, str]], content: bytes, sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        distribution = write_distribution(Path(directory), content=content)
        body = MultipartBody(tuple(form), distribution)
        data = send(body, *sizes)
    assert body.length == len(data)
    assert content in data


@given(st.lists(st.tuples(st.sampled_from(["name", "description", "classifiers"]), texts), max_size=5))
def test_chunks__a_server_reads_what_was_meant(form: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        distribution = write_distribution(Path(directory), content=b"--content\r\n--\r\n")
        body = MultipartBody(tuple(form), distribution)
        parsed = parse(body, send(body))
    assert parsed.fields == form
    assert parsed.content is not None
    assert (parsed.content.filename, parsed.content.size) == (WHEEL, distribution.size)
    assert parsed.content.digests["sha256"] == distribution.digests.sha256


def test_chunks__of_the_size_that_is_wanted(tmp_path: Path) -> None:
    body = MultipartBody((("a", "b"),), write_distribution(tmp_path, content=bytes(100)))
    chunks = body.chunks()
    next(chunks)
    assert [len(chunks.send(size)) for size in (10, 30, 100)] == [10, 30, 60]
    assert chunks.send(1) == f"\r\n--{body.boundary}--\r\n".encode()


def test_boundary__another_for_every_body() -> None:
    distribution = build_distribution()
    assert len({MultipartBody((), distribution).boundary for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("text", "quoted"), [('a"b', "a%22b"), ("a\r\nb", "a%0D%0Ab"), ("a\\b", "a\\b"), ("ü", "ü"), ("a;b=c", "a;b=c")]
)
def test_head__a_name_cannot_end_its_quotes(tmp_path: Path, text: str, quoted: str) -> None:
    data = send(MultipartBody(((text, "value"),), write_distribution(tmp_path))).decode()
    assert f'Content-Disposition: form-data; name="{quoted}"\r\n\r\nvalue\r\n' in data
    assert 'name="content"; filename="sample-1.0-py3-none-any.whl"\r\n' in data
