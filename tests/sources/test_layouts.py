"""Folders of dump runs: finished and whole or not, which files are read; nothing is committed of damaged ones."""

from __future__ import annotations

import bz2
import json
import lzma
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import wikigrove
from wikigrove.errors import (
    ChecksumMismatchError,
    ConfigError,
    DumpFormatError,
    DumpIncompleteError,
    UnsafeInputError,
)
from wikigrove.sources import gather, open_run, order

Runs = Any
Flip = Callable[..., None]


def names(folder: Path, **options: str) -> list[str]:
    return [part.path.name for part in open_run(folder, **options).parts]


def build(folder: Path, tmp_path: Path, **options: Any) -> Any:
    return wikigrove.build([folder], into=tmp_path / "store", keys=tmp_path / "keys", **options)


def test_file_export_is_built_in_order_of_time(runs: Runs, tmp_path: Path) -> None:
    folder = runs.file_export()
    run = open_run(folder)
    assert (run.layout, run.jobs, run.sums, run.warnings) == ("file-export", ("content-history",), ("SHA256SUMS",), ())
    files, _ = gather([folder])
    ordered, _ = order(files)
    stem = "testwiki-2026-08-01-"
    assert [file.name.removeprefix(stem).split(".")[0] for file in ordered] == ["p1p4", "p5r90r91", "p5r50r51", "p6p9"]
    assert all(file.published == {"sha256": file.sha256} and file.published_by == "SHA256SUMS" for file in files)
    built = build(folder, tmp_path)
    assert (built.counts["revisions"], built.counts["sha1_status"]) == (12, {"match": 12})
    rows = wikigrove.fetch_by_ids(built.store, list(range(12)), ["page_id", "revision_id"]).to_pylist()
    assert [row["revision_id"] for row in rows if row["page_id"] == 5] == [90, 91, 50, 51]
    above = folder.parents[1]  # .../2026-08-01, of which xml/bzip2 is the only content
    assert names(above) == names(folder)


@pytest.mark.parametrize("packing", ["", ".gz"])
def test_file_export_in_other_packings(runs: Runs, packing: str) -> None:
    assert len(names(runs.file_export(packing=packing))) == 4


@pytest.mark.parametrize("lost", ["_SUCCESS", "SHA256SUMS", "testwiki-2026-08-01-p5r50r51.xml.bz2"])
def test_file_export_that_is_not_finished_or_whole(runs: Runs, tmp_path: Path, lost: str) -> None:
    folder = runs.file_export()
    (folder / lost).unlink()
    with pytest.raises(DumpIncompleteError, match=lost):
        build(folder, tmp_path)
    assert not (tmp_path / "store" / "manifests").exists()


def test_file_export_with_a_file_too_many(runs: Runs) -> None:
    folder = runs.file_export()
    shutil.copy(folder / "testwiki-2026-08-01-p6p9.xml.bz2", folder / "testwiki-2026-08-01-p10p12.xml.bz2")
    run = open_run(folder)
    assert run.warnings == ("not in SHA256SUMS, left out: testwiki-2026-08-01-p10p12.xml.bz2",)
    assert len(run.parts) == 4


@pytest.mark.parametrize("at", [0.02, 0.5, 0.97])
def test_one_flipped_byte_commits_nothing(runs: Runs, flip_byte: Flip, tmp_path: Path, at: float) -> None:
    """At the start, in the midst and at the end; packed and plain, where the damage is no error for the reader."""
    plain, packed = runs.file_export("plain", packing=""), runs.file_export("packed")
    adds, legacy = runs.adds_changes(), runs.legacy()
    for folder, name in [
        (plain, "testwiki-2026-08-01-p6p9.xml"),
        (packed, "testwiki-2026-08-01-p6p9.xml.bz2"),
        (adds, "testwiki-20260801-pages-meta-hist-incr.xml.bz2"),
        (legacy, "testwiki-20260801-pages-articles2.xml-p5p9.bz2"),
    ]:
        flip_byte(folder / name, at)
        with pytest.raises(ChecksumMismatchError, match=r"expected .* found") as caught:
            build(folder, tmp_path)
        assert caught.value.source == str(folder / name)
        assert wikigrove.Store.create(tmp_path / "store").versions() == []
        with pytest.raises(ChecksumMismatchError):  # the single file too, by the list beside it
            build(folder / name, tmp_path)


def test_a_text_that_was_changed_is_found_by_the_sum_of_the_file_alone(runs: Runs, tmp_path: Path) -> None:
    folder = runs.legacy()
    path = folder / "testwiki-20260801-pages-articles1.xml-p1p4.bz2"
    data = path.read_bytes()
    other = bz2.compress(bz2.decompress(data).replace(b"a mill", b"a hill"))
    path.write_bytes(other)
    with pytest.raises(DumpIncompleteError if len(other) != len(data) else ChecksumMismatchError, match=r"bytes|sha1"):
        build(folder, tmp_path)
    (folder / "dumpstatus.json").unlink()  # with it goes the published size
    with pytest.raises(ChecksumMismatchError, match="sha1 expected"):
        build(folder, tmp_path)


def test_legacy_run_is_built_and_checked(runs: Runs, tmp_path: Path) -> None:
    folder = runs.legacy()
    run = open_run(folder)
    assert (run.layout, run.jobs, run.warnings) == ("legacy", ("pages-articles",), ())
    assert all(set(part.published.sums) == {"md5", "sha1"} for part in run.parts)
    assert all(part.published.size_bytes == part.path.stat().st_size for part in run.parts)
    built = build(folder, tmp_path)
    assert built.counts["revisions"] == 9
    assert build(folder, tmp_path).manifest.version == built.manifest.version


def test_legacy_jobs_are_chosen_or_listed(runs: Runs) -> None:
    folder = runs.legacy(jobs=("pages-articles", "pages-meta-history", "stub-articles"))
    with pytest.raises(ConfigError, match="--job one of: pages-articles, pages-meta-history"):
        open_run(folder)
    assert open_run(folder, job="pages-meta-history").jobs == ("pages-meta-history",)
    assert open_run(folder, job="stub-articles").jobs == ("stub-articles",)
    with pytest.raises(ConfigError, match="pages-logging"):
        open_run(folder, job="pages-logging")
    stubs = runs.legacy("stubs", jobs=("pages-articles", "stub-articles"))
    assert open_run(stubs).jobs == ("pages-articles",)  # the only one with text
    assert open_run(stubs).warnings == ("another job, left out: stub-articles",)


def test_legacy_jobs_that_are_not_done_are_not_used(runs: Runs) -> None:
    with pytest.raises(DumpIncompleteError, match="articlesdump is not done but in-progress"):
        open_run(runs.legacy(status="in-progress"))
    folder = runs.legacy("two", jobs=("pages-articles", "pages-meta-current"))
    state = json.loads((folder / "dumpstatus.json").read_text())
    state["jobs"]["metacurrentdump"] = {"status": "waiting"}  # a waiting job may lack its files
    (folder / "dumpstatus.json").write_text(json.dumps(state))
    assert open_run(folder).jobs == ("pages-articles",)
    with pytest.raises(DumpIncompleteError, match="metacurrentdump is not done but waiting"):
        open_run(folder, job="pages-meta-current")


@pytest.mark.parametrize("content", ["[]", "{", '{"jobs": []}', '{"jobs": {"a": {}}}', "[" * 100_000])
def test_a_malformed_state_is_a_typed_error(runs: Runs, content: str) -> None:
    folder = runs.legacy()
    (folder / "dumpstatus.json").write_text(content)
    with pytest.raises(DumpFormatError):
        open_run(folder)


def test_copies_of_one_content_are_read_once(runs: Runs) -> None:
    folder = runs.legacy()
    part = folder / "testwiki-20260801-pages-articles1.xml-p1p4.bz2"
    text = bz2.decompress(part.read_bytes())
    (folder / "testwiki-20260801-pages-articles.xml.bz2").write_bytes(part.read_bytes())
    for number, pages in (("1", "p1p4"), ("2", "p5p9")):
        (folder / f"testwiki-20260801-pages-articles{number}.xml-{pages}.xz").write_bytes(lzma.compress(text))
    run = open_run(folder)
    assert [part.path.name for part in run.parts] == [
        "testwiki-20260801-pages-articles1.xml-p1p4.bz2",
        "testwiki-20260801-pages-articles2.xml-p5p9.bz2",
    ]
    twice = [text for text in run.warnings if text.startswith("the same content is there twice")]
    assert len(twice) == 2
    assert all("read: pages-articles (2 parts, bz2)" in text for text in twice)
    part.unlink()  # the preferred copy is no longer whole: another one is read, and it is said
    run = open_run(folder)
    assert [part.path.name.rpartition(".")[2] for part in run.parts] == ["xz", "xz"]
    assert any("of which files are missing" in text for text in run.warnings)
    for path in folder.glob("*.xz"):
        path.unlink()
    assert names(folder) == ["testwiki-20260801-pages-articles.xml.bz2"]
    (folder / "testwiki-20260801-pages-articles.xml.bz2").unlink()
    with pytest.raises(DumpIncompleteError, match=r"1 of 2 published files are missing.*articles1\.xml-p1p4"):
        open_run(folder)


def test_multistream_goes_before_its_plain_twin(runs: Runs) -> None:
    dump, _ = runs.multistream()
    shutil.copy(dump, dump.with_name("testwiki-20260801-pages-articles.xml.bz2"))
    run = open_run(dump.parent)
    assert [part.path for part in run.parts] == [dump]
    assert len(run.warnings) == 1
    assert names(dump.parent, job="pages-articles") == ["testwiki-20260801-pages-articles.xml.bz2"]


def test_page_ranges_of_parts_tell_gaps_and_overlaps(runs: Runs, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    runs.write(folder, {f"testwiki-20260801-pages-articles{n}.xml-p{a}p{b}.bz2": b"" for n, a, b in
                        [(1, "000001", 4), (2, 7, 9), (3, 9, 12), (10, 13, 20)]})  # fmt: skip
    assert open_run(folder).warnings == (
        "no file holds pages 5 to 6, by the names of the parts",
        "two files hold the same pages, by their names, from page: 9",
    )


def test_two_dates_of_a_wiki_are_no_run(runs: Runs, tmp_path: Path) -> None:
    runs.write(tmp_path / "two", {f"testwiki-2026080{n}-pages-articles.xml.bz2": b"" for n in (1, 2)})
    with pytest.raises(ConfigError, match="several dates"):
        open_run(tmp_path / "two")


def test_adds_changes(runs: Runs, tmp_path: Path) -> None:
    folder = runs.adds_changes()
    run = open_run(folder)
    assert (run.layout, run.jobs, run.facts) == ("adds-changes", ("pages-meta-hist-incr",), {"maxrevid": 122})
    assert open_run(folder, job="stubs-meta-hist-incr").parts[0].path.name.endswith("stubs-meta-hist-incr.xml.gz")
    assert build(folder, tmp_path).counts["revisions"] == 3
    (folder / "testwiki-20260801-pages-meta-hist-incr.xml.bz2").unlink()
    with pytest.raises(DumpIncompleteError, match="pages-meta-hist-incr"):
        open_run(folder)


def test_adds_changes_that_are_not_done(runs: Runs) -> None:
    with pytest.raises(DumpIncompleteError, match="not done"):
        open_run(runs.adds_changes(status="done:stubs"))
    folder = runs.adds_changes("other")
    (folder / "status.txt").unlink()
    with pytest.raises(DumpIncompleteError, match=r"status\.txt"):
        open_run(folder)
    folder = runs.adds_changes("third")
    (folder / "maxrevid.txt").write_text("many")
    with pytest.raises(DumpFormatError, match="maxrevid"):
        open_run(folder)


def test_enterprise_archives_with_their_descriptions(runs: Runs) -> None:
    folder = runs.enterprise()
    run = open_run(folder)
    assert (run.layout, len(run.parts)) == ("enterprise", 4)
    assert all(set(part.published.sums) == {"md5"} for part in run.parts)
    assert run.warnings == ("chunks of testwiki, namespace 14 are missing: 1",)
    shutil.copy(folder / "testwiki_namespace_0.tar.gz", folder / "testwiki_namespace_0_chunk_0.tar.gz")
    run = open_run(folder)
    assert "testwiki_namespace_0_chunk_0.tar.gz" not in [part.path.name for part in run.parts]
    assert any("there twice" in text for text in run.warnings)


def test_loose_folders_are_read_by_content(runs: Runs, tmp_path: Path) -> None:
    folder = tmp_path / "loose"
    (export,) = [path for path in runs.file_export(packing="").iterdir() if "p1p4" in path.name]
    text = export.read_bytes()
    runs.write(folder, {"b.xml": text, "b.xml.bz2": bz2.compress(text), "note.txt": b"hello", "a.dump": text})
    run = open_run(folder)
    assert run.layout == "loose"
    assert [part.path.name for part in run.parts] == ["a.dump", "b.xml"]
    assert len(run.warnings) == 2
    with pytest.raises(ConfigError):
        open_run(folder, job="pages-articles")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DumpFormatError, match="holds no dump"):
        open_run(tmp_path / "empty")
    for name in ("aawiki", "bbwiki"):
        (tmp_path / "wikis" / name).mkdir(parents=True)
    with pytest.raises(ConfigError, match="aawiki/, bbwiki/"):
        open_run(tmp_path / "wikis")


def test_links_and_pipes_of_a_folder_are_not_opened(runs: Runs, tmp_path: Path) -> None:
    folder = runs.file_export()
    lost = folder / "testwiki-2026-08-01-p6p9.xml.bz2"
    lost.rename(tmp_path / "elsewhere.xml.bz2")
    lost.symlink_to(tmp_path / "elsewhere.xml.bz2")
    with pytest.raises(DumpIncompleteError, match="p6p9"):
        open_run(folder)
    lost.unlink()
    os.mkfifo(lost)
    with pytest.raises(DumpIncompleteError, match="p6p9"):
        open_run(folder)
    with pytest.raises(DumpFormatError, match="regular file"):
        gather([lost])


def test_a_path_that_the_caller_names_may_be_a_link(runs: Runs, tmp_path: Path) -> None:
    path = next(runs.file_export().glob("*p1p4*"))
    link = tmp_path / "testwiki-link.xml.bz2"
    link.symlink_to(path)
    (file,), _ = gather([link])
    assert file.size_bytes == path.stat().st_size


def test_a_job_without_a_folder_is_a_mistake(runs: Runs) -> None:
    dump, _ = runs.multistream()
    with pytest.raises(ConfigError, match="no folder"):
        gather([dump], job="pages-articles")


@pytest.mark.parametrize("name", ["../outside.xml.bz2", "/etc/passwd", "a/b.xml", "..", "a\\b.xml", "a\x07.xml"])
def test_names_that_lead_out_are_refused(runs: Runs, name: str) -> None:
    folder = runs.file_export()
    with (folder / "SHA256SUMS").open("a") as file:
        file.write(f"{'0' * 64}  {name}\n")
    with pytest.raises(UnsafeInputError, match="line 5"):
        open_run(folder)
