"""File names: what is recognised, what is not believed; and the order of files."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import pytest

from wikigrove.errors import ConfigError, DumpFormatError
from wikigrove.sources import SourceFile, inspect, order, parse_name


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2", ("enwiki", None, "pages-articles")),
        ("enwiki-20210701-pages-articles17.xml-p20570393p22070392.bz2", ("enwiki", "20210701", "pages-articles")),
        ("aawiki-20260101-pages-meta-current.xml.bz2", ("aawiki", "20260101", "pages-meta-current")),
        ("dewiktionary-20260101-pages-meta-history3.xml-p1p9.7z", ("dewiktionary", "20260101", "pages-meta-history")),
        ("frwiki-20260101-pages-articles-multistream.xml.bz2", ("frwiki", "20260101", "pages-articles-multistream")),
        ("frwiki-20260101-stub-meta-history12.xml.gz", ("frwiki", "20260101", "stub-meta-history")),
        ("frwiki-20260101-pages-meta-hist-incr.xml.bz2", ("frwiki", "20260101", "pages-meta-hist-incr")),
        ("be_x_oldwiki-2026-01-01-p1p400.xml.bz2", ("be_x_oldwiki", "20260101", "content-export")),
        ("enwiki-2025-08-01-p5r10r10-pages-meta-history.xml.bz2", ("enwiki", "20250801", "content-history")),
        ("mediawiki_content_current/x/enwiki-2026-01-01-p1p2.xml", ("enwiki", "20260101", "content-current")),
        ("commonswiki-2026-01-01-p1p2.xml.zst", ("commonswiki", "20260101", "content-export")),
        ("afwiki-mini.xml.bz2", ("afwiki", None, None)),
        ("wikimania2005wiki-x.xml", ("wikimania2005wiki", None, None)),
        ("nlwikimedia-20260101-pages-articles.xml", ("nlwikimedia", "20260101", "pages-articles")),
        ("sample__enwiki-10k.xml", (None, None, None)),
        ("EnWiki-20260101-pages-articles.xml", (None, None, None)),
        ("my-wiki.xml", (None, None, None)),
        ("dump.xml.bz2", (None, None, None)),
        ("a" * 30 + "wiki-x.xml", (None, None, None)),
    ],
)
def test_names(name: str, want: tuple[str | None, str | None, str | None]) -> None:
    found = parse_name(name)
    assert (found.wiki_id, found.dump_date, found.job) == want


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("aawiki-2026-01-01-p1p40.xml.bz2", {"kind": "xml", "compression": "bz2", "pages": (1, 40)}),
        ("aawiki-2026-01-01-p5r10r99.xml.zst", {"compression": "zst", "pages": (5, 5), "revisions": (10, 99)}),
        ("aawiki-2025-08-01-p5r1r1-pages-meta-history.xml", {"compression": "plain", "revisions": (1, 1)}),
        ("aawiki-20260101-pages-articles18.xml-p007p0099.bz2", {"part": 18, "pages": (7, 99), "kind": "xml"}),
        ("aawiki-20260101-pages-articles-multistream-index.txt.bz2", {"kind": "index", "part": None}),
        ("aawiki-20260101-pages-articles-multistream-index18.txt-p7p9.bz2", {"kind": "index", "pages": (7, 9)}),
        ("aawiki-20260101-pages-meta-history3.xml-p5p9.7z", {"kind": "xml", "compression": "7z", "part": 3}),
        ("aawiki-20260101-pages-logging27.xml.gz", {"job": "pages-logging", "part": 27, "kind": "xml"}),
        ("aawiki-20260101-abstract3.xml.gz", {"kind": "abstracts"}),
        ("aawiki-20260101-all-titles-in-ns0.gz", {"kind": "titles"}),
        ("aawiki-20260101-page_props.sql.gz", {"kind": "sql", "job": "page_props"}),
        ("aawiki-20260101-siteinfo-namespaces.json.gz", {"kind": "siteinfo"}),
        ("aawiki-20260101-sha1sums.txt", {"kind": "sums"}),
        ("md5sums-aawiki-20260101-page.sql.gz.txt", {"kind": "sums", "wiki_id": None}),
        ("SHA256SUMS", {"kind": "sums"}),
        ("_SUCCESS", {"kind": "status"}),
        ("dumpstatus.json", {"kind": "status"}),
        ("be_x_oldwiki_namespace_14.tar.gz", {"kind": "articles", "namespace": 14, "wiki_id": "be_x_oldwiki"}),
        ("dewiki_namespace_0_chunk_12.tar.gz", {"kind": "articles", "namespace": 0, "chunk": 12}),
        ("dewiki_namespace_0_7.ndjson", {"kind": "articles", "part": 7, "compression": "plain"}),
        ("chunk_3.ndjson", {"kind": "articles", "chunk": 3, "wiki_id": None}),
        ("dewiki_namespace_0.json", {"kind": "metadata"}),
        ("dewiki-NS6-20260101-ENTERPRISE-HTML.json.tar.gz", {"kind": "articles", "dump_date": "20260101"}),
        ("aawiki-20260101-pages-articles١.xml.bz2", {"job": None}),
        ("aawiki_namespace_x.tar.gz", {"wiki_id": None, "kind": None}),
    ],
)
def test_ranges_and_kinds(name: str, want: dict[str, object]) -> None:
    found = dataclasses.asdict(parse_name(name))
    assert {key: found[key] for key in want} == want


def dump(folder: Path, name: str, dbname: str | None, page: int | None = 1, revision: int = 1) -> Path:
    site = f"<siteinfo><dbname>{dbname}</dbname></siteinfo>" if dbname else ""
    record = f"<revision><id>{revision}</id><text>x</text></revision>"
    body = "" if page is None else f"<page><title>A</title><id>{page}</id>{record}</page>"
    path = folder / name
    path.write_text(f"<mediawiki>{site}{body}</mediawiki>")
    return path


def test_the_caller_goes_before_the_name_before_the_header(tmp_path: Path) -> None:
    named, unnamed = dump(tmp_path, "afwiki-mini.xml", "enwiki"), dump(tmp_path, "dump.xml", "enwiki")
    assert [
        (f.wiki_id, f.wiki_id_origin, len(f.warnings))
        for f in [
            inspect(named, wiki_id="dewiki"),
            inspect(named),
            inspect(unnamed),
            inspect(unnamed, wiki_id="enwiki"),
        ]
    ] == [("dewiki", "caller", 2), ("afwiki", "name", 1), ("enwiki", "siteinfo", 0), ("enwiki", "caller", 0)]
    file = inspect(named, dump_date="20260101")
    assert (file.dump_date, file.dump_date_origin) == ("20260101", "caller")
    assert (inspect(named).dump_date, inspect(named).dump_date_origin) == (None, None)


def test_a_dump_of_nobody_knows_what_is_refused(tmp_path: Path) -> None:
    for dbname in (None, "mw-test", "{{site_db}}"):
        with pytest.raises(ConfigError, match="hint"):
            inspect(dump(tmp_path, "dump.xml", dbname))
    for options in ({"wiki_id": "En-Wiki"}, {"wiki_id": ""}, {"dump_date": "2026-01-01"}):
        with pytest.raises(ConfigError):
            inspect(dump(tmp_path, "dump.xml", "enwiki"), **options)
    (tmp_path / "enwiki-x.xml").write_text("hello")
    with pytest.raises(DumpFormatError):
        inspect(tmp_path / "enwiki-x.xml")
    with pytest.raises(FileNotFoundError):
        inspect(tmp_path / "enwiki-absent.xml")


def test_order_is_by_content_and_drops_what_is_given_twice(tmp_path: Path) -> None:
    names = {
        "d": ("bwiki", 1, 1),
        "c": ("awiki", 10, 7),
        "b": ("awiki", 10, 5),
        "a": ("awiki", 9, 9),
        "e": ("awiki", None, 1),
    }
    files = [inspect(dump(tmp_path, f"{name}.xml", *place)) for name, place in names.items()]
    copy = dataclasses.replace(files[0], path=tmp_path / "z.xml", name="z.xml")
    for shuffled in itertools.permutations([*files, copy]):
        ordered, warnings = order(shuffled)
        assert [file.name for file in ordered] == ["a.xml", "b.xml", "c.xml", "d.xml", "e.xml"]
        assert warnings == [f"the same bytes as {files[0].path}, dropped: {copy.path}"]
    assert ordered[-1].first_page_id is None
    assert isinstance(ordered[0], SourceFile)
