"""Plain text out of records: which texts count, and that losses add up whatever the batches are."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

import wikigrove
from wikigrove import extraction
from wikigrove.demo.dump import write_demo_dumps
from wikigrove.pipeline.texts import headers_of, with_plain_text
from wikigrove.schema import EXTRACTED, EXTRACTION
from wikigrove.store import iterate


def rows(*texts: tuple[str | None, str | None]) -> pa.RecordBatch:
    models = [model for model, _ in texts]
    content = pa.array([text for _, text in texts], pa.large_string())
    return pa.record_batch({"content_model": models, "content_format": ["text/x-wiki"] * len(models), "text": content})


def test_only_wikitext_has_plain_text() -> None:
    batch = rows(
        ("wikitext", "'''a''' [[b|c]]"), (None, "{{d}}e"), ("json", "{}"), ("wikitext", None), ("wikitext", "")
    )
    made = extraction.extract(batch, None)
    assert made["plain_text"].to_pylist() == ["a c", "e", None, None, ""]
    assert [len(losses) > 0 for losses in made["plain_text_losses"].to_pylist()] == [True, True, False, False, False]
    for field in EXTRACTION:
        assert made[field.name].type == field.type
    empty = extraction.extract(batch.slice(0, 0), None)
    assert [len(column) for column in empty.values()] == [0, 0]


def test_losses_add_up_whatever_the_batches(tmp_path: Path) -> None:
    build = wikigrove.build(write_demo_dumps(tmp_path / "dumps")[:3], into=tmp_path / "store")
    headers = headers_of(build.manifest)
    found = []
    for size in (1, 7, 4096):
        losses = extraction.Losses()
        for batch in iterate(build.store, "records", batch_rows=size):
            made = with_plain_text(batch, headers)
            losses.add(made["text"], {name: made[name] for name in EXTRACTION.names})
        found.append(losses.to_json())
    assert found[0] == found[1] == found[2]
    assert found[0]["losses"]["template"]["count"] > 0
    assert 0 < found[0]["plain_bytes"] < found[0]["text_bytes"]


def test_rows_of_several_files_keep_their_order(tmp_path: Path) -> None:
    build = wikigrove.build(write_demo_dumps(tmp_path / "dumps")[:3], into=tmp_path / "store")
    headers = headers_of(build.manifest)
    table = pa.Table.from_batches(list(iterate(build.store, "records"))).combine_chunks()
    mixed = table.take(pa.array([(7 * row) % table.num_rows for row in range(table.num_rows)])).combine_chunks()
    together = with_plain_text(mixed.to_batches()[0], headers)
    assert together.schema.equals(EXTRACTED)
    single = [
        with_plain_text(together.select(table.schema.names).slice(row, 1), headers) for row in range(mixed.num_rows)
    ]
    assert pa.Table.from_batches(single).equals(pa.Table.from_batches([together]))
    ids = mixed["leaf_index"].to_pylist()[:9]
    assert wikigrove.plain_text(build.store, ids)["plain_text"].to_pylist() == together["plain_text"].to_pylist()[:9]


def test_embed_keeps_the_losses_with_the_vectors(tmp_path: Path) -> None:
    build = wikigrove.build(write_demo_dumps(tmp_path / "dumps")[:2], into=tmp_path / "store")
    embedded = wikigrove.embed(build.store)
    (segment,) = embedded.manifest.content.of_kind("vectors")
    assert segment.extra["extraction"] == embedded.extraction
    assert embedded.extraction["losses"]
