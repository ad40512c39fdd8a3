"""What `wikigrove sources` says: about files and folders, good, damaged and foreign ones."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from wikigrove.cli import main

Captured = pytest.CaptureFixture[str]


def run(capsys: Captured, *words: Any) -> tuple[int, Any]:
    code = main(["sources", *map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_file_is_told(runs: Any, capsys: Captured) -> None:
    dump, index = runs.multistream()
    code, (told, second) = run(capsys, "inspect", dump, index)
    assert code == 0
    want = {
        "kind": "xml",
        "compression": "bz2",
        "wiki": "testwiki",
        "wiki_said_by": "name",
        "date": "20260801",
        "job": "pages-articles-multistream",
        "schema_version": "0.11",
        "generator": "MediaWiki 1.46",
        "case": "first-letter",
        "namespaces": 1,
        "first_page": 1,
        "first_revision": 10,
        "size_bytes": dump.stat().st_size,
        "sums": "none published",
        "index": str(index),
        "build": "reads it",
        "problem": None,
    }
    assert {name: told[name] for name in want} == want
    assert (second["kind"], second["pages"], second["streams"], second["build"]) == ("index", 9, 3, "refuses it")
    assert "the dump that it belongs to" in second["next"]


def test_sums_are_found_and_with_verify_compared(runs: Any, flip_byte: Any, capsys: Captured) -> None:
    folder = runs.legacy()
    path = next(folder.glob("*articles1*"))
    code, (told,) = run(capsys, "inspect", path)
    assert (code, told["sums"].split(" in ")[0]) == (0, "md5 and sha1")
    assert run(capsys, "inspect", path, "--verify")[1][0]["sums"].startswith("match: md5 and sha1")
    code, (told,) = run(capsys, "inspect", folder, "--verify")
    assert (code, told["layout"], told["jobs"], told["sums"]) == (0, "legacy", ["pages-articles"], "match")
    assert (told["build"], len(told["files"])) == ("reads 2 files", 2)
    flip_byte(path, 0.97)
    code, (told, all_of_it) = run(capsys, "inspect", path, folder, "--verify")
    assert (code, told["error"], told["sums"]) == (1, "ChecksumMismatchError", "do not match")
    assert (all_of_it["error"], all_of_it["build"]) == ("ChecksumMismatchError", "refuses it")


@pytest.mark.parametrize(
    ("name", "content", "kind", "code"),
    [
        ("SHA256SUMS", "a" * 64 + "  a.xml\n", "sums", 0),
        ("status.txt", "done", "status", 0),
        ("testwiki-20260801-page.sql", "-- MySQL dump 10\n", "sql", 0),
        ("testwiki-20260801-all-titles", "page_namespace\tpage_title\n0\tMill\n", "titles", 0),
        ("testwiki-20260801-abstract.xml", "<feed><doc><title>x</title></doc></feed>", "abstracts", 0),
        ("testwiki_namespace_0.json", '{"identifier":"testwiki_namespace_0","version":"0"}', "metadata", 0),
        ("dewiki.json", '{"query": {"namespaces": {}}}', "siteinfo", 0),
        ("x.txt", "hello", "unknown", 1),
        ("x.xml", "<other/>", "otherxml", 1),
        ("testwiki-x.xml", "", "empty", 0),
        ("testwiki-x.xml.bz2", "BZh9 no bzip2 at all", "unknown", 1),
        ("testwiki-x.xml", '<!DOCTYPE x [<!ENTITY a "b">]><mediawiki/>', "xml", 1),
    ],
)
def test_what_holds_no_records_is_named(
    tmp_path: Path, capsys: Captured, name: str, content: str, kind: str, code: int
) -> None:
    (tmp_path / name).write_text(content)
    found, (told,) = run(capsys, "inspect", tmp_path / name)
    assert (told["kind"], told["build"], found) == (kind, "refuses it", code)


def test_folders_that_are_refused_say_why(runs: Any, capsys: Captured, tmp_path: Path) -> None:
    folder = runs.file_export()
    (folder / "_SUCCESS").unlink()
    code, (told,) = run(capsys, "inspect", folder)
    assert (code, told["error"], told["build"]) == (1, "DumpIncompleteError", "refuses it")
    code, (told,) = run(capsys, "inspect", runs.legacy(jobs=("pages-articles", "pages-meta-history")))
    assert (code, told["error"]) == (1, "ConfigError")
    assert "--job" in told["problem"]
    os.mkfifo(tmp_path / "pipe.xml")
    code, (told,) = run(capsys, "inspect", tmp_path / "pipe.xml")
    assert (code, told["error"]) == (1, "DumpFormatError")
    assert run(capsys, "inspect", tmp_path / "nowhere.xml")[1]["error"] == "FileNotFoundError"


def test_people_get_lines(runs: Any, capsys: Captured) -> None:
    assert main(["sources", "inspect", str(runs.adds_changes())]) == 0
    out = capsys.readouterr().out
    assert "layout: adds-changes" in out
    assert "maxrevid: 122" in out
    dump, _ = runs.multistream()
    assert main(["sources", "page", str(dump), "--id", "5"]) == 0
    out = capsys.readouterr().out
    assert "Talk: mill & river: 5 (testwiki, page 5)" in out
    assert "found by the index" in out
    assert main(["sources", "page", str(dump), "--id", "99"]) == 1
    assert "holds no such page" in capsys.readouterr().out
    code, page = run(capsys, "page", dump, "--id", "5")
    assert (code, page["by_index"], page["revisions"][0]["revision_id"]) == (0, True, 50)


def test_build_takes_folders_and_jobs(runs: Any, tmp_path: Path, capsys: Captured) -> None:
    folder = runs.legacy(jobs=("pages-articles", "pages-meta-history"))
    words = ["build", str(folder), "--into", str(tmp_path / "store"), "--keys", str(tmp_path / "keys"), "--json"]
    assert main(words) == 2
    assert "--job" in json.loads(capsys.readouterr().out)["message"]
    assert main([*words, "--job", "pages-meta-history"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["revisions"] == 9
