"""Wikitext to plain text: the scanner against mwparserfromhell's `strip_code`, in megabytes of wikitext per second.

Both read the same texts; the parser is slow, so they are as many as make a megabyte. It builds a tree and could do more
with it; `strip_code` is what it offers for this job.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from wikigrove import _core

TEXT_BYTES = 1 << 20


@pytest.fixture(scope="module")
def texts(corpus: Path) -> pa.Array[Any]:
    """Articles spread over the corpus."""
    reader = _core.DumpReader(corpus, wiki_id="enwiki")
    found: list[str] = []
    while (batch := reader.next_batch()) is not None and len(found) < 100_000:
        found += [text for text in pa.record_batch(batch)["text"].to_pylist() if text]
    chosen, size = [], 0
    step = max(1, sum(map(len, found)) // TEXT_BYTES)
    for text in found[::step]:
        chosen.append(text)
        size += len(text.encode())
        if size >= TEXT_BYTES:
            break
    return pa.array(chosen, pa.large_string())


@pytest.mark.benchmark(group="wikitext to plain text")
def bench_wikigrove(benchmark: BenchmarkFixture, texts: pa.Array[Any]) -> None:
    result = benchmark(lambda: pa.record_batch(_core.plain_text(texts, namespaces=[], threads=1)))
    benchmark.extra_info["MB"] = texts.nbytes / 1e6
    assert result.num_rows == len(texts)


@pytest.mark.benchmark(group="wikitext to plain text")
def bench_mwparserfromhell(benchmark: BenchmarkFixture, texts: pa.Array[Any]) -> None:
    parser = pytest.importorskip("mwparserfromhell")
    wikitexts = texts.to_pylist()
    stripped = benchmark.pedantic(lambda: [parser.parse(text).strip_code() for text in wikitexts], rounds=2)
    benchmark.extra_info["MB"] = texts.nbytes / 1e6
    assert len(stripped) == len(wikitexts)
