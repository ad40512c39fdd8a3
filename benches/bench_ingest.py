"""Plain XML to revisions: the Rust reader (which also checks every sha1) against lxml and mwxml, which check none."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from wikigrove import _core


def read_with_wikigrove(path: Path, threads: int, hash_file: bool) -> tuple[int, int]:
    digests = () if hash_file else None
    reader = _core.DumpReader(str(path), wiki_id="enwiki", threads=threads, digests=digests)
    revisions = characters = 0
    while (batch := reader.next_batch()) is not None or reader.next_part() is not None:
        if batch is None:
            continue
        rows = pa.record_batch(batch)
        revisions += rows.num_rows
        characters += pc.sum(pc.utf8_length(rows["text"])).as_py() or 0
    quarantined = pa.record_batch(reader.quarantine()).num_rows
    return revisions + quarantined, characters


def read_with_lxml(path: Path) -> tuple[int, int]:
    from lxml import etree

    revisions = characters = 0
    for _, element in etree.iterparse(str(path), events=("end",), huge_tree=True, recover=True):
        tag = element.tag.rpartition("}")[2]
        if tag == "revision":
            revisions += 1
            text = next((child.text for child in element if child.tag.endswith("}text")), None)
            characters += len(text or "")
        elif tag == "page":
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    return revisions, characters


def read_with_mwxml(path: Path) -> tuple[int, int]:
    import mwxml

    revisions = characters = 0
    with path.open("rb") as file:
        for page in mwxml.Dump.from_file(file):
            for revision in page:
                revisions += 1
                characters += len(revision.text or "")
    return revisions, characters


@pytest.fixture(scope="module")
def clean_corpus(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus without the pages that XML parsers cannot read at all: the peers end at the first one."""
    pages = corpus.read_bytes().split(b"<page>")
    target = tmp_path_factory.mktemp("clean") / "enwiki-undated.xml"
    kept = [page for page in pages if b"&nosuchentity;" not in page]
    if not kept[-1].rstrip().endswith(b"</mediawiki>"):
        kept[-1] += b"</mediawiki>\n"
    target.write_bytes(b"<page>".join(kept))
    return target


@pytest.mark.benchmark(group="ingest: plain XML to revisions")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("hash_file", [False, True], ids=["as peers", "and SHA-256 of the file"])
def bench_wikigrove(benchmark: BenchmarkFixture, clean_corpus: Path, threads: int, hash_file: bool) -> None:
    arguments = (clean_corpus, threads, hash_file)
    revisions, _ = benchmark.pedantic(read_with_wikigrove, arguments, rounds=5, warmup_rounds=1)
    benchmark.extra_info["MB"] = clean_corpus.stat().st_size / 1e6
    assert revisions == read_with_lxml(clean_corpus)[0]


@pytest.mark.benchmark(group="ingest: plain XML to revisions")
def bench_lxml(benchmark: BenchmarkFixture, clean_corpus: Path) -> None:
    pytest.importorskip("lxml")
    benchmark.pedantic(read_with_lxml, (clean_corpus,), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="ingest: plain XML to revisions")
def bench_mwxml(benchmark: BenchmarkFixture, clean_corpus: Path) -> None:
    pytest.importorskip("mwxml")
    benchmark.pedantic(read_with_mwxml, (clean_corpus,), rounds=3)
