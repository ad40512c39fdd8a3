"""A snapshot (tar.gz of NDJSON) to record batches, against the gunzip of ISA-L alone, which parses nothing."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from wikigrove import _core

MEGABYTES = int(os.environ.get("WIKIGROVE_BENCH_NDJSON_MB", "40"))


def line(number: int, text: str) -> bytes:
    """One article as the service writes it: markup escaped, HTML beside the wikitext."""
    sha1 = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    paragraphs = "".join(f'<p id="mw{place:02x}">{part}</p>' for place, part in enumerate(text.split("\n")))
    html = (
        f'<html about="https://x.example/wiki/Special:Redirect/revision/{number}"><head>'
        f'<meta property="mw:revisionSHA1" content="{sha1}"/></head><body>{paragraphs}</body></html>'
    )
    article = {
        "name": f"Page {number}",
        "identifier": number,
        "abstract": text[:300],
        "date_modified": "2026-01-02T03:04:05Z",
        "version": {
            "identifier": number,
            "editor": {"identifier": 7, "name": "Example User 1", "groups": ["*", "user"]},
        },
        "namespace": {"identifier": 0},
        "categories": [{"name": "Category:Moss", "url": "https://x.example/wiki/Category:Moss"}] * 8,
        "is_part_of": {"identifier": "enwiki"},
        "article_body": {"html": html, "wikitext": text},
    }
    written = json.dumps(article, ensure_ascii=False, separators=(",", ":"))
    for mark in "<>&":
        written = written.replace(mark, f"\\u{ord(mark):04x}")
    return written.encode() + b"\n"


@pytest.fixture(scope="module")
def snapshot(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """An archive of three members, grown from the texts of the XML corpus, and the number of its articles."""
    reader, lines, size = _core.DumpReader(corpus, wiki_id="enwiki"), [], 0
    import pyarrow as pa

    texts: list[str] = []
    while (batch := reader.next_batch()) is not None and len(texts) < 50_000:
        texts += [text for text in pa.record_batch(batch)["text"].to_pylist() if text]
    while size < MEGABYTES * 1_000_000:
        lines.append(line(len(lines) + 1, texts[len(lines) % len(texts)]))
        size += len(lines[-1])
    path = tmp_path_factory.mktemp("snapshot") / "enwiki_namespace_0.tar.gz"
    with gzip.open(path, "wb", compresslevel=6) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        for member in range(3):
            content = b"".join(lines[member::3])
            info = tarfile.TarInfo(f"enwiki_namespace_0_{member}.ndjson")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path, len(lines)


def read_with_wikigrove(path: Path, threads: int) -> int:
    reader, rows = _core.ArticleReader(path, wiki_id="enwiki", threads=threads), 0
    while (batch := reader.next_batch()) is not None:
        rows += batch.num_rows
    return rows


def inflate_with_isal(path: Path) -> int:
    from isal import igzip

    size = 0
    with igzip.open(path, "rb") as file:
        while block := file.read(1 << 20):
            size += len(block)
    return size


@pytest.mark.benchmark(group="articles: tar.gz to records")
@pytest.mark.parametrize("threads", [1, 2])
def bench_wikigrove(benchmark: BenchmarkFixture, snapshot: tuple[Path, int], threads: int) -> None:
    path, articles = snapshot
    assert benchmark.pedantic(read_with_wikigrove, (path, threads), rounds=5, warmup_rounds=1) == articles


@pytest.mark.benchmark(group="articles: tar.gz to records")
def bench_isal_inflates_only(benchmark: BenchmarkFixture, snapshot: tuple[Path, int]) -> None:
    pytest.importorskip("isal")
    benchmark.pedantic(inflate_with_isal, (snapshot[0],), rounds=5, warmup_rounds=1)
