"""A row is traced back into its file, whatever holds it: a dump in any packing, or Enterprise articles."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import wikigrove
from wikigrove.demo.dump import write_demo_dumps

SHARED = Path(__file__).parents[3] / "shared" / "data" / "enterprise"


def article(page: int) -> dict[str, Any]:
    return {
        "name": f"Page {page}",
        "identifier": page,
        "date_modified": "2026-01-02T03:04:05Z",
        "version": {"identifier": 10 * page, "editor": {"identifier": 7, "name": "Example User 1"}},
        "url": f"https://garden.example/wiki/Page_{page}",
        "namespace": {"identifier": 0},
        "is_part_of": {"identifier": "gardenwiki"},
        "license": [{"identifier": "CC-BY-SA-4.0"}],
        "article_body": {"html": "", "wikitext": f'moss and "fern" no. {page}, größer'},
    }


ARTICLES = [article(page) for page in (1, 2, 3)]
NDJSON = b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in ARTICLES)


def archive(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for number, line in enumerate(content.splitlines(keepends=True)):
            info = tarfile.TarInfo(f"gardenwiki_namespace_0_{number}.ndjson")
            info.size = len(line)
            tar.addfile(info, io.BytesIO(line))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("gardenwiki_namespace_0.tar.gz", archive(NDJSON), 3),
        ("gardenwiki_namespace_0_0.ndjson", NDJSON, 3),
        ("gardenwiki_namespace_0_0.ndjson.gz", gzip.compress(NDJSON), 3),
        ("answer.json", json.dumps(ARTICLES, indent=2).encode(), 3),
        ("Page.json", json.dumps(ARTICLES[0]).encode(), 1),
    ],
)
def test_articles_are_found_again(tmp_path: Path, name: str, content: bytes, rows: int) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    store = wikigrove.build([path], into=tmp_path / "store").store
    for row in range(rows):
        report = wikigrove.trace(store, row)
        assert report.is_ok, report.to_text()
    moved = tmp_path / "elsewhere"
    shutil.move(path, moved)
    assert wikigrove.trace(store, 0).exit_code == 20
    assert wikigrove.trace(store, 0, dump=moved).is_ok


def test_an_article_that_was_changed_is_no_source(tmp_path: Path) -> None:
    path = tmp_path / "gardenwiki_namespace_0_0.ndjson"
    path.write_bytes(NDJSON)
    store = wikigrove.build([path], into=tmp_path / "store").store
    path.write_bytes(NDJSON.replace(b"moss and", b"mess and", 1))
    report = wikigrove.trace(store, 0)
    failed = {step.name for step in report.steps if step.status == "failed"}
    assert {"source", "text", "leaf from the dump"} <= failed
    assert report.exit_code == 15


@pytest.mark.parametrize(
    "name", ["sdk__articles.ndjson", "sdk__articles.json", "article__enwiki__Albert_Einstein.json"]
)
def test_real_articles_are_found_again(tmp_path: Path, name: str) -> None:
    if not (SHARED / name).is_file():
        pytest.skip(f"no real articles: {SHARED / name}")
    build = wikigrove.build([SHARED / name], into=tmp_path / "store")
    for row in range(build.tree.size):
        report = wikigrove.trace(build.store, row)
        assert report.is_ok, report.to_text()


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda data: data,
    ".bz2": bz2.compress,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".lzma": lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE),
    ".zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}


def test_revisions_are_found_again_in_any_packing(tmp_path: Path) -> None:
    source = next(path for path in write_demo_dumps(tmp_path, packing="plain") if path.name.startswith("elwiki"))
    roots = set()
    for ending, packed in PACKINGS.items():
        path = tmp_path / f"packed{ending}" / (source.name + ending)
        path.parent.mkdir()
        path.write_bytes(packed(source.read_bytes()))
        build = wikigrove.build([path], into=path.parent / "store")
        roots.add(build.tree.content_root)
        for row in (0, build.tree.size // 2, build.tree.size - 1):
            report = wikigrove.trace(build.store, row)
            assert report.is_ok, report.to_text()
    assert len(roots) == 1
