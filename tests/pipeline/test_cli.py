"""The command line: JSON for scripts, text for people, exit codes for both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wikigrove.cli import main
from wikigrove.pipeline.build import Build

Captured = pytest.CaptureFixture[str]


def run(capsys: Captured, *words: str) -> tuple[int, Any]:
    code = main([*words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_the_verbs_speak_json(built: Build, policy: Path, dumps: list[Path], tmp_path: Path, capsys: Captured) -> None:
    keys, store, target = str(policy.parent), str(tmp_path / "store"), str(tmp_path / "dataset")
    code, made = run(capsys, "build", *map(str, dumps), "--into", store, "--keys", keys)
    assert (code, made["quarantined"], made["root"]) == (4, 2, built.tree.root)
    assert run(capsys, "embed", store)[1]["vectors"] > 500
    code, hits = run(capsys, "search", store, "river and mill", "-k", "3")
    assert code == 0
    assert [hit["wiki_id"] for hit in hits] == ["enwiki"] * 3
    code, chosen = run(capsys, "select", store, "--budget", "18", "--by", "language", "year", "--name", "some")
    assert (code, len(chosen["ids"])) == (0, 18)
    assert run(capsys, "export", store, "some", "--to", target, "--keys", keys)[0] == 0
    for place in (store, target):
        code, report = run(capsys, "verify", place, "--policy", str(policy))
        assert (code, report["exit_code"]) == (0, 0)
    code, traced = run(capsys, "trace", store, "3", "--policy", str(policy))
    assert (code, traced["ok"]) == (0, True)


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["build", "nowhere.xml", "--into", "{tmp}/store"], 1, "FileNotFoundError"),
        (["search", "{tmp}", "word"], 1, "StoreFormatError"),
        (["select", "{store}", "--budget", "100000"], 1, "SelectionError"),
        (["select", "{store}", "--budget", "3", "--by", "no_such_column"], 1, "SchemaError"),
        (["select", "{store}", "--budget", "3", "--name", "../escape"], 2, "ConfigError"),
        (["export", "{store}", "no-such-selection", "--to", "{tmp}/dataset"], 2, "ConfigError"),
        (["trace", "{store}", "999999"], 1, "RecordNotFoundError"),
        (["verify", "{store}", "--policy", "{tmp}/no-policy"], 2, "ConfigError"),
    ],
)
def test_errors_are_typed_and_have_codes(
    built: Build, tmp_path: Path, capsys: Captured, words: list[str], code: int, error: str
) -> None:
    placed = [word.format(tmp=tmp_path, store=built.store.path) for word in words]
    found, answer = run(capsys, *placed)
    assert (found, answer["error"]) == (code, error), answer


@pytest.mark.parametrize(
    "words", [["select", "x", "--budget", "0"], ["select", "x", "--budget", "1", "--namespace", "a"]]
)
def test_wrong_words_are_usage_errors(words: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_help_lists_the_exit_codes(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "quarantined" in capsys.readouterr().out
