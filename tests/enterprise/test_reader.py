from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from wikigrove import _core, schema
from wikigrove.errors import DumpFormatError, InputError, TruncatedInputError
from wikigrove.sources import enterprise

SHARED = Path(__file__).parents[3] / "shared" / "data" / "enterprise"


def article(page: int, revision: int, text: str | None = "moss", **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if text is not None:
        sha1 = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        head = f'<html about="https://x.example/wiki/Special:Redirect/revision/{revision}"><head>'
        meta = f'<meta property="mw:revisionSHA1" content="{sha1}"/></head><body>{text}</body></html>'
        body = {"article_body": {"html": head + meta, "wikitext": text}}
    return {
        "name": f"Page {page}",
        "identifier": page,
        "date_modified": "2026-01-02T03:04:05Z",
        "version": {"identifier": revision, "editor": {"identifier": 7, "name": "Example User 1"}},
        "namespace": {"identifier": 0},
        "is_part_of": {"identifier": "gardenwiki"},
        "license": [{"identifier": "CC-BY-SA-4.0"}],
        **body,
        **more,
    }


def lines(*articles: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in articles)


def packed(*members: tuple[str, bytes], format: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)


def read(path: Path, **options: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
    reader = _core.ArticleReader(path, wiki_id="gardenwiki", **options)
    batches = []
    while (batch := reader.next_batch()) is not None:
        batches.append(pa.record_batch(batch).cast(schema.DUMP_COLUMNS))
    rows = pa.Table.from_batches(batches, schema.DUMP_COLUMNS).to_pylist()
    quarantine = pa.record_batch(reader.quarantine()).cast(schema.QUARANTINE).to_pylist()
    return rows, quarantine, reader.summary()


def read_into(rows: list[dict[str, Any]], reader: _core.ArticleReader) -> None:
    while (batch := reader.next_batch()) is not None:
        rows += pa.record_batch(batch).to_pylist()


def keys(rows: Sequence[dict[str, Any]]) -> list[tuple[int, int]]:
    return [(row["page_id"], row["revision_id"]) for row in rows]


def test_a_snapshot_is_read_member_by_member(tmp_path: Path) -> None:
    path = tmp_path / "gardenwiki_namespace_0.tar.gz"
    long_name = "a" * 120 + "/gardenwiki_namespace_0_2.ndjson"
    content = packed(
        ("gardenwiki_namespace_0_0.ndjson", lines(article(1, 10), article(2, 20, text=None))),
        ("README", b"not read"),
        ("gardenwiki_namespace_0_1.ndjson", b""),
        (long_name, lines(article(3, 30, "ä" * 700))[:-1]),
    )
    path.write_bytes(content)
    rows, quarantine, summary = read(path, digests=["md5", "sha1"])
    assert keys(rows) == [(1, 10), (2, 20), (3, 30)]
    assert quarantine == []
    assert [schema.TEXT_STATES[row["text_state"]] for row in rows] == ["present", "missing", "present"]
    assert [schema.SHA1_STATUSES[row["sha1_status"]] for row in rows] == ["match", "text_missing", "match"]
    assert (summary["container"], summary["compression"]) == ("tar", "gz")
    assert (summary["members"], summary["skipped_members"]) == (4, 1)
    assert summary["wikis"] == {"gardenwiki": 3}
    assert summary["licences"] == {"CC-BY-SA-4.0": 3}
    assert summary["digests"] == {name: hashlib.new(name, content).hexdigest() for name in ("sha256", "md5", "sha1")}
    plain = gzip.decompress(content)
    for row in rows:
        start = row["element_offset"]
        line = plain[start : start + row["element_length"]]
        assert json.loads(line)["identifier"] == row["page_id"]
        assert enterprise.read_article(path, row) == row
    with pytest.raises(DumpFormatError, match="cannot be read"):
        enterprise.read_article(path, {**rows[0], "element_length": rows[0]["element_length"] - 1})


def test_empty_snapshots_have_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "gardenwiki_namespace_14.tar.gz"
    for members in ([], [("gardenwiki_namespace_14_0.ndjson", b"")]):
        path.write_bytes(packed(*members))
        rows, quarantine, summary = read(path)
        assert (rows, quarantine, summary["container"]) == ([], [], "tar")
    file = enterprise.inspect_articles(path)
    assert (file.wiki_id, file.wiki_id_origin, file.first_page_id) == ("gardenwiki", "name", None)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_one_set_of_articles_in_every_form(tmp_path: Path, ending: str) -> None:
    articles = [article(1, 10), article(2, 20, 'a"\\\n\t<b>ä😀')]
    plain = ending.join(json.dumps(one) for one in articles).encode()
    forms = {
        "lines.ndjson": plain + ending.encode(),
        "cut.ndjson": plain,
        "marked.ndjson": b"\xef\xbb\xbf" + plain,
        "blank.ndjson": ending.encode() + plain.replace(b"\n", b"\n\n"),
        "list.json": json.dumps(articles).encode(),
        "pretty.json": json.dumps(articles, indent=2, ensure_ascii=False).encode(),
        "objects.json": "\n".join(json.dumps(one, indent=1) for one in articles).encode(),
        "archive": packed(("chunk_0.ndjson", plain)),
        "packed": gzip.compress(plain[:9]) + gzip.compress(plain[9:]),
        "packed.bz2": bz2.compress(plain),
        "packed.xz": lzma.compress(plain),
    }
    place = ("element_offset", "element_length", "page_offset")
    seen = []
    for name, content in forms.items():
        path = tmp_path / name
        path.write_bytes(content)
        rows, quarantine, _ = read(path)
        assert quarantine == [], name
        assert [enterprise.read_article(path, row) for row in rows] == rows, name
        seen.append([{key: value for key, value in row.items() if key not in place} for row in rows])
    assert keys(seen[0]) == [(1, 10), (2, 20)]
    assert all(rows == seen[0] for rows in seen)


def test_bad_lines_go_to_quarantine_and_the_run_goes_on(tmp_path: Path) -> None:
    good = lines(article(1, 10))[:-1]
    bad = {
        b'{"name":"a",}': "bad_json",
        b'{"name":"a","name":"b"}': "bad_json",
        b"[" * 100: "bad_json",
        b'{"name":"\xff"}': "bad_utf8",
        b'{"name":"\\ud800"}': "bad_char",
        b'{"name":"\\u0001"}': "bad_char",
        b'{"identifier":1e400}': "bad_number",
        b'{"name":"A","identifier":4}': "missing_field",
        good.replace(b"2026-01-02T", b"2026-13-02T"): "bad_timestamp",
        good.replace(b"gardenwiki", b"../garden"): "bad_name",
        lines(article(5, 50, "x" * 5000))[:-1]: "line_too_long",
        lines(article(6, 60, event={"type": "delete"}))[:-1]: "delete_event",
    }
    path = tmp_path / "articles.ndjson"
    path.write_bytes(b"\n".join([good, *bad, lines(article(2, 20))]))
    rows, quarantine, summary = read(path, line_bytes=4000)
    assert keys(rows) == [(1, 10), (2, 20)]
    assert [row["reason"] for row in quarantine] == list(bad.values())
    assert [row["sha256"] for row in quarantine] == [hashlib.sha256(line).digest() for line in bad]
    whole = path.read_bytes()
    for row, line in zip(quarantine, bad, strict=True):
        assert whole[row["element_offset"] :][: row["element_length"]] == line
    assert summary["quarantined"] == len(bad)


def test_the_highest_revision_of_a_page_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "gardenwiki_namespace_0.tar.gz"
    members = [article(1, 10), article(2, 20), article(1, 12), article(1, 11), article(2, 20), article(3, 30)]
    path.write_bytes(packed(("a.ndjson", lines(*members[:2])), ("b.ndjson", lines(*members[2:]))))
    file = enterprise.inspect_articles(path)
    reader = enterprise.open_articles(file, source_id=0, duplicates="highest")
    rows = pa.record_batch(reader.next_batch()).to_pylist()
    assert keys(rows) == [(2, 20), (1, 12), (3, 30)]
    assert (reader.next_batch(), reader.summary()["duplicates"], reader.summary()["quarantined"]) == (None, 3, 0)
    rows, quarantine, summary = read(path)  # once only: what came before is all that is known
    assert keys(rows) == [(1, 10), (2, 20), (3, 30)]
    assert [(row["page_id"], row["revision_id"], row["reason"]) for row in quarantine] == [
        (1, 12, "duplicate_conflict"),
        (1, 11, "duplicate_conflict"),
    ]
    assert summary["duplicates"] == 1
    bad = lines(article(1, 13)).replace(b"2026-01-02T", b"2026-99-02T")  # the newest one cannot be read
    path.write_bytes(packed(("a.ndjson", lines(article(1, 12), article(1, 10)) + bad)))
    found, _ = _core.find_superseded(path, wiki_id="gardenwiki")
    rows, quarantine, _ = read(path, superseded=found)
    assert (keys(rows), [row["reason"] for row in quarantine]) == ([(1, 12)], ["bad_timestamp"])


def test_threads_and_batch_sizes_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "gardenwiki_namespace_0.tar.gz"
    articles = [article(page, page + 1, f"text {page} " * (page % 500)) for page in range(1, 900)]
    path.write_bytes(packed(("a.ndjson", lines(*articles[:450]) + b"{}\n"), ("b.ndjson", lines(*articles[450:]))))
    first = read(path)
    assert len(first[0]) == 899
    for options in ({"threads": 2}, {"batch_bytes": 1}, {"threads": 3, "batch_bytes": 50_000}):
        assert read(path, **options) == first, options
    assert _core.ArticleReader(path, wiki_id="gardenwiki", threads=2).next_batch() is not None  # left half read


def test_every_cut_gives_whole_records_and_one_error(tmp_path: Path) -> None:
    plain = gzip.decompress(packed(("a.ndjson", lines(article(1, 10), article(2, 20))), ("b.ndjson", b"{}\n")))
    whole = gzip.compress(plain, mtime=0)
    wanted = [(1, 10), (2, 20)]
    for name, content in {"archive.tar.gz": whole, "archive.tar": plain[:4096]}.items():
        path = tmp_path / name
        for cut in range(1, len(content)) if name.endswith("gz") else range(512, len(content), 61):
            path.write_bytes(content[:cut])
            reader = _core.ArticleReader(path, wiki_id="gardenwiki")
            rows: list[dict[str, Any]] = []
            with pytest.raises(InputError) as caught:
                read_into(rows, reader)
            assert keys(rows) == wanted[: len(rows)], cut
            assert caught.value.byte_offset is not None
            assert cut < 2 or isinstance(caught.value, TruncatedInputError), (cut, caught.value)
            with pytest.raises(InputError):
                reader.next_batch()
    plain_lines = lines(article(1, 10), article(2, 20))
    path = tmp_path / "articles.ndjson"
    for cut in range(plain_lines.index(b"\n") + 2, len(plain_lines) - 1, 7):
        path.write_bytes(plain_lines[:cut])
        reader = _core.ArticleReader(path, wiki_id="gardenwiki")
        assert keys(pa.record_batch(reader.next_batch()).to_pylist()) == [(1, 10)]
        with pytest.raises(TruncatedInputError, match="inside a record"):
            reader.next_batch()


def test_versions_are_the_md5_of_the_archive(tmp_path: Path) -> None:
    path = tmp_path / "gardenwiki_namespace_0.tar.gz"
    path.write_bytes(packed(("a.ndjson", lines(article(1, 10)))))
    version = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    answer = {"identifier": "gardenwiki_namespace_0", "version": version, "date_modified": "2026-01-02T00:00:00Z"}
    metadata = tmp_path / "metadata.json"
    metadata.write_text(json.dumps([answer, {**answer, "identifier": "gardenwiki_namespace_14"}]))
    found = enterprise.read_metadata(metadata, "gardenwiki_namespace_0")
    assert (found.version, found.dump_date) == (version, "20260102")
    assert enterprise.inspect_articles(path, expected_md5=version).job == "enterprise"
    with pytest.raises(InputError, match="not the one of its metadata"):
        enterprise.inspect_articles(path, expected_md5="0" * 32)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not here")
def test_real_files_are_read_or_refused_by_what_they_are(tmp_path: Path) -> None:
    statuses: list[str] = []
    refused = {}
    counted = {}
    for path in sorted(SHARED.iterdir()):
        try:
            rows, quarantine, _ = read(path)
        except InputError as error:
            refused[path.name] = str(error)
            continue
        counted[path.name] = (len(rows), [row["reason"] for row in quarantine])
        assert [enterprise.read_article(path, row) for row in rows] == rows
        if path.name.startswith("article__") or path.name == "sdk__articles.ndjson":
            statuses += [schema.SHA1_STATUSES[row["sha1_status"]] for row in rows]
    assert statuses == ["match"] * 7 + ["mismatch"]  # the last one is a shortened article
    events = [name for name in refused if ".v1." in name]
    assert events
    assert all("event messages" in refused[name] for name in events)
    assert {name: found for name, found in counted.items() if "article" in name} == {
        **{name: (1, []) for name in counted if name.startswith("article__")},
        "sdk__articles.json": (3, []),
        "sdk__articles.ndjson": (3, []),
    }
    assert counted["sdk__structured-contents.json"] == (3, [])
    assert all(counted[name] == (1, []) for name in counted if name.startswith("ondemand__"))
    assert len(counted) + len(refused) == len(list(SHARED.iterdir()))
    assert not any("no articles" in found or "not articles" in found for found in counted)
