"""The reader against a naive twin: `tarfile`, `json` and a dictionary."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wikigrove import _core

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from('\n\t\r"\\<>&/'))
FLAGS = st.sampled_from([True, False, None])
ARTICLES = st.fixed_dictionaries(
    {"name": TEXTS.filter(bool).map(lambda name: name[:200]), "identifier": st.integers(1, 9)},
    optional={
        "version": st.fixed_dictionaries(
            {"identifier": st.integers(1, 4)},
            optional={
                "comment": TEXTS,
                "is_minor_edit": FLAGS,
                "size": st.fixed_dictionaries({"value": st.integers(0, 9)}),
            },
        ),
        "namespace": st.fixed_dictionaries({"identifier": st.sampled_from([0, 6, 10, 14])}),
        "is_part_of": st.fixed_dictionaries({"identifier": st.sampled_from(["gardenwiki", "parkwiki"])}),
        "article_body": st.fixed_dictionaries({}, optional={"wikitext": TEXTS | st.none(), "html": TEXTS}),
        "visibility": st.fixed_dictionaries({"text": st.booleans(), "editor": st.booleans(), "comment": st.booleans()}),
        "abstract": TEXTS,
        "infoboxes": st.recursive(
            st.none() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS, st.lists, max_leaves=5
        ),
    },
)
CASES = st.lists(st.lists(ARTICLES | st.sampled_from(["{", "[1]", "nul", '{"a":1}}']), max_size=5), max_size=3)


def expected(members: list[list[Any]]) -> tuple[list[tuple[Any, ...]], int, int]:
    """Rows, in file order; records refused; records that gave way to others of their page."""
    found: list[tuple[tuple[str, int], int, tuple[Any, ...]]] = []
    refused = 0
    for article in (article for member in members for article in member):
        if isinstance(article, str) or "version" not in article:
            refused += 1
            continue
        version, visible = article["version"], article.get("visibility") or {}
        wiki = (article.get("is_part_of") or {}).get("identifier", "gardenwiki")
        body = article.get("article_body") or {}
        text = body.get("wikitext")
        text = body.get("html") if text is None else text
        row = (
            wiki,
            article["identifier"],
            version["identifier"],
            article["name"].replace("_", " "),
            (article.get("namespace") or {"identifier": 0})["identifier"],
            bool(version.get("is_minor_edit")),
            version.get("comment") if visible.get("comment", True) else None,
            version.get("size", {}).get("value"),
            text if visible.get("text", True) else None,
        )
        found.append(((wiki, article["identifier"]), version["identifier"], row))
    best: dict[tuple[str, int], int] = {}
    for key, revision, _ in found:
        best[key] = max(best.get(key, 0), revision)
    rows, seen = [], set()
    for key, revision, row in found:
        if revision == best[key] and key not in seen:
            seen.add(key)
            rows.append(row)
    return rows, refused, len(found) - len(rows)


def pack(members: list[list[Any]], *, is_ascii: bool) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for number, member in enumerate(members):
            text = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=is_ascii) for one in member]
            info = tarfile.TarInfo(f"gardenwiki_namespace_0_{number}.ndjson")
            content = "\n".join(text).encode()
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(members=CASES, is_ascii=st.booleans(), threads=st.sampled_from([1, 2]))
def test_rows_are_those_of_the_twin(tmp_path: Path, members: list[list[Any]], is_ascii: bool, threads: int) -> None:
    path = tmp_path / "articles.tar.gz"
    path.write_bytes(
        pack([*members, [{"name": "z", "identifier": 99, "version": {"identifier": 1}}]], is_ascii=is_ascii)
    )
    superseded, summary = _core.find_superseded(path, wiki_id="gardenwiki")
    reader = _core.ArticleReader(path, wiki_id="gardenwiki", superseded=superseded, threads=threads, batch_bytes=100)
    names = ["wiki_id", "page_id", "revision_id", "page_title", "page_namespace_id", "revision_is_minor_edit"]
    names += ["revision_comment", "revision_size", "text"]
    rows = []
    while (batch := reader.next_batch()) is not None:
        rows += [tuple(row[name] for name in names) for row in pa.record_batch(batch).to_pylist()]
    wanted, refused, dropped = expected([*members, [{"name": "z", "identifier": 99, "version": {"identifier": 1}}]])
    assert rows == wanted
    assert (reader.summary()["quarantined"], reader.summary()["duplicates"]) == (refused, dropped)
    assert summary["revisions"] == len(wanted) + dropped
    assert reader.summary()["sha256"] == summary["sha256"]
