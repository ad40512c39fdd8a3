"""Reverts and stable revisions: a twin that walks one revision at a time, real histories, pages in several files."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wikigrove
from wikigrove import history
from wikigrove.errors import ConfigError
from wikigrove.history import chains
from wikigrove.store import Store

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
START = datetime(2020, 1, 1, tzinfo=UTC)
HIDDEN, PRESENT = 2, 0


def table(rows: Sequence[tuple[str, int, int, int | None, str | None, int]]) -> pa.Table:
    """Build record columns from (wiki, page, revision, hours, sha1, text state)."""
    wikis, pages, revisions, hours, sha1s, states = map(list, zip(*rows, strict=True)) if rows else ([],) * 6
    return pa.table(
        {
            "leaf_index": pa.array(range(len(rows)), pa.int64()),
            "wiki_id": pa.array(wikis, pa.string()),
            "page_id": pa.array(pages, pa.int64()),
            "revision_id": pa.array(revisions, pa.int64()),
            "revision_dt": pa.array(
                [None if hour is None else START + timedelta(hours=hour) for hour in hours],
                pa.timestamp("us", tz="UTC"),
            ),
            "revision_sha1": pa.array(sha1s, pa.string()),
            "text_state": pa.array(states, pa.uint8()),
            "user_id": pa.array([None] * len(rows), pa.int64()),
        }
    )


def stand_in(patch: pytest.MonkeyPatch, rows: pa.Table, batch_rows: int, group_rows: int) -> Any:
    """Let the module read a table in batches of some size instead of a store."""

    def iterate(_store: object, _kind: str, columns: list[str], **_: object) -> Any:
        return iter(rows.select(columns).to_batches(max_chunksize=batch_rows))

    patch.setattr(chains, "iterate", iterate)
    patch.setattr(chains, "BATCH_ROWS", group_rows)
    patch.setattr(Store, "open", lambda store: store)
    return type("Stub", (), {"manifest": lambda self: None})()


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda rows, batch_rows=7, group_rows=10: stand_in(monkeypatch, rows, batch_rows, group_rows)


# ---------------------------------------------------------------- the twin


def twin_reverts(chain: Sequence[tuple[int, str | None]], radius: int) -> list[tuple[int, list[int], int]]:
    """Walk (revision, checksum) pairs as `mwreverts.Detector` does; None equals nothing."""
    found = []
    seen: deque[tuple[int, str | None]] = deque(maxlen=radius + 1)
    for revision, checksum in chain:
        between: list[int] = []
        for earlier, other in reversed(seen):
            if checksum is not None and other == checksum:
                if between:
                    found.append((revision, between, earlier))
                break
            between.append(earlier)
        seen.append((revision, checksum))
    return found


def twin_stable(
    chain: Sequence[tuple[int, int | None, str | None, int]], radius: int, least: int, end: int | None
) -> tuple[int, str]:
    """Choose from (revision, hours, checksum, text state); the reason in words."""
    shown = [(revision, None if state == HIDDEN else sha1) for revision, _, sha1, state in chain]
    undone = {one for _, reverted, _ in twin_reverts(shown, radius) for one in reverted}
    visible = [place for place, row in enumerate(chain) if row[3] != HIDDEN]
    for place in reversed(visible):
        revision, hours, _, _ = chain[place]
        later = len(chain) - 1 - place
        until = chain[place + 1][1] if later else end
        stood = hours is not None and until is not None and until - hours >= least
        aged = hours is not None and end is not None and end - hours >= least
        if revision not in undone and (stood or aged or later >= radius):
            return revision, "stood" if stood else "survived"
    return (chain[visible[-1]][0], "latest") if visible else (chain[-1][0], "hidden")


def ordered(rows: Sequence[tuple[str, int, int, int | None, str | None, int]]) -> dict[tuple[str, int], list[Any]]:
    """Group rows by page, each page's in order of (time, revision); no time goes first."""
    pages: dict[tuple[str, int], list[Any]] = {}
    for wiki, page, revision, hours, sha1, state in rows:
        pages.setdefault((wiki, page), []).append((revision, hours, sha1, state))
    for chain in pages.values():
        chain.sort(key=lambda row: (-1 if row[1] is None else row[1], row[0]))
    return pages


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["awiki", "bwiki"]),
        st.integers(1, 4),
        st.one_of(st.none(), st.integers(0, 60)),
        st.one_of(st.none(), st.sampled_from("abcd")),
        st.sampled_from([PRESENT, PRESENT, PRESENT, HIDDEN]),
    ),
    max_size=80,
).map(lambda rows: [(wiki, page, number, *rest) for number, (wiki, page, *rest) in enumerate(rows, 1)])


@settings(max_examples=300, deadline=None)
@given(ROWS, st.integers(1, 6), st.integers(0, 30), st.integers(1, 9), st.integers(1, 12), st.booleans())
def test_any_history_reads_like_the_twin(
    rows: list[Any], radius: int, least: int, batch_rows: int, group_rows: int, grouped: bool
) -> None:
    if grouped:
        rows = sorted(rows, key=lambda row: (row[0], row[1]))
    pages = ordered(rows)
    with pytest.MonkeyPatch.context() as patch:
        store = stand_in(patch, table(rows), batch_rows, group_rows)
        found = history.reverts(store, radius=radius)
        stable = history.stable_revisions(store, radius=radius, stood_seconds=least * 3600)
    got = {
        (row["wiki_id"], row["page_id"], row["reverting_id"]): (row["reverted_ids"], row["reverted_to_id"])
        for row in found.to_pylist()
    }
    want = {
        (wiki, page, reverting): (undone, restored)
        for (wiki, page), chain in pages.items()
        for reverting, undone, restored in twin_reverts(
            [(revision, None if state == HIDDEN else sha1) for revision, _, sha1, state in chain], radius
        )
    }
    assert got == want
    assert found.num_rows == len(got)
    ends: dict[str, int | None] = {}
    for wiki, _, _, hours, _, _ in rows:
        ends[wiki] = max((hour for hour in (ends.get(wiki), hours) if hour is not None), default=None)
    chosen = {(row["wiki_id"], row["page_id"]): (row["revision_id"], row["reason"]) for row in stable.to_pylist()}
    assert chosen == {key: twin_stable(chain, radius, least, ends[key[0]]) for key, chain in pages.items()}
    assert stable.num_rows == len(pages)
    for row in stable.to_pylist():
        chain = [revision for revision, *_ in pages[row["wiki_id"], row["page_id"]]]
        assert row["newer"] == len(chain) - 1 - chain.index(row["revision_id"])
        assert 0 <= row["newer_reverted"] <= row["newer"]
        assert row["is_stable"] == (row["reason"] in {"stood", "survived"})
        assert rows[row["leaf_index"]][2] == row["revision_id"]


# ---------------------------------------------------------------- by example


def test_the_published_vector() -> None:
    checksums = np.array([ord(letter) for letter in "aabacdaefga"], dtype=np.int64)
    lags = history.revert_lags(np.zeros(11, np.int64), checksums, radius=2)
    assert [(place + 1, int(lags[place])) for place in np.flatnonzero(lags)] == [(4, 2), (7, 3)]
    assert history.reverted_after(lags, radius=2).tolist() == [0, 0, 1, 0, 2, 1, 0, 0, 0, 0, 0]


def test_a_revert_spans_the_radius_and_no_more() -> None:
    for between, found in ((15, True), (16, False)):
        contents = np.array([0, *range(1, between + 1), 0], dtype=np.int64)
        lags = history.revert_lags(np.zeros(len(contents), np.int64), contents)
        assert bool(lags.any()) is found


def test_an_empty_history_has_nothing(records: Any) -> None:
    store = records(table([]))
    assert history.reverts(store).schema == history.REVERT
    assert history.stable_revisions(store).schema == history.STABLE
    assert history.revert_lags(np.zeros(0, np.int64), np.zeros(0, np.int64)).tolist() == []


def test_parameters_are_checked(records: Any) -> None:
    store = records(table([]))
    with pytest.raises(ConfigError, match=r"radius of a revert must be at least 1, got: 0"):
        history.reverts(store, radius=0)
    with pytest.raises(ConfigError, match=r"seconds cannot be negative, got: -1"):
        history.stable_revisions(store, stood_seconds=-1)


def test_vandalism_is_passed_over(records: Any) -> None:
    rows = [
        ("awiki", 1, 10, 0, "good", PRESENT),
        ("awiki", 1, 11, 100, "bad", PRESENT),
        ("awiki", 1, 12, 101, "good", PRESENT),  # restored an hour ago
        ("awiki", 2, 20, 0, "fresh page", PRESENT),
        ("awiki", 3, 30, 90, "new", PRESENT),
        ("awiki", 4, 40, 0, "old", PRESENT),
        ("awiki", 4, 41, 90, None, HIDDEN),
        ("awiki", 5, 50, 0, None, HIDDEN),
    ]
    stable = history.stable_revisions(records(table(rows))).to_pylist()
    columns = ("page_id", "revision_id", "reason", "is_stable", "newer", "newer_reverted")
    assert [tuple(row[name] for name in columns) for row in stable] == [
        (1, 10, "stood", True, 2, 1),
        (2, 20, "stood", True, 0, 0),
        (3, 30, "latest", False, 0, 0),
        (4, 40, "stood", True, 1, 0),
        (5, 50, "hidden", False, 0, 0),
    ]


def test_a_page_larger_than_any_batch_is_read_whole(records: Any) -> None:
    rows = [("awiki", 1 + (number >= 5000), number, number, f"{number % 3}", PRESENT) for number in range(6000)]
    store = records(table(rows), batch_rows=64, group_rows=128)
    assert history.reverts(store).num_rows == (5000 - 3) + (1000 - 3)
    assert history.stable_revisions(store).num_rows == 2


# ---------------------------------------------------------------- real histories


def built(folder: Path, sources: list[Path], wiki: str) -> Any:
    wikigrove.build(
        [str(source) for source in sources], into=str(folder / "store"), wiki=wiki, keys=str(folder / "keys")
    )
    return wikigrove.Store.open(folder / "store")


def test_reverts_of_a_real_history(tmp_path: Path) -> None:
    source = SHARED / "xml-parts" / "stub-history-sample.xml.gz"
    if not source.is_file():
        pytest.skip(f"no real history: {source}")
    store = built(tmp_path, [source], "simplewiki")
    found = history.reverts(store)
    rows = {
        (row["page_id"], row["reverting_id"]): (row["reverted_ids"], row["reverted_to_id"]) for row in found.to_pylist()
    }
    assert len(rows) == 17
    assert rows[60, 12478] == ([12476], 10884)
    assert rows[60, 17010] == ([16544, 16543, 16542, 16541, 14514, 12509], 12478)
    assert rows[60, 19509] == ([19489, 19488], 17018)


PAGE = """<page><title>P</title><ns>0</ns><id>7</id>{}</page>"""
REVISION = """<revision><id>{0}</id><timestamp>2020-01-01T00:00:{0:02}Z</timestamp><contributor><username>U</username>
<id>1</id></contributor><model>wikitext</model><format>text/x-wiki</format><text xml:space="preserve">{1}</text>
</revision>"""
DUMP = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en"><siteinfo>
<sitename>T</sitename><dbname>testwiki</dbname></siteinfo>{}</mediawiki>"""


def test_a_page_is_joined_across_files(tmp_path: Path) -> None:
    def sha1(text: str) -> str:
        number, digits = int.from_bytes(hashlib.sha1(text.encode(), usedforsecurity=False).digest()), ""
        while number:
            number, digit = divmod(number, 36)
            digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
        return digits.rjust(31, "0")

    sources = []
    for name, revisions in (("a", [(1, "x"), (2, "y")]), ("b", [(3, "x"), (4, "z")])):
        body = "".join(
            REVISION.format(number, text).replace("</revision>", f"<sha1>{sha1(text)}</sha1></revision>")
            for number, text in revisions
        )
        sources.append(tmp_path / f"testwiki-20260101-pages-meta-history-{name}.xml")
        sources[-1].write_text(DUMP.format(PAGE.format(body)), encoding="utf-8")
    store = built(tmp_path, sources, "testwiki")
    found = wikigrove.reverts(store).to_pylist()
    assert [(row["reverting_id"], row["reverted_ids"], row["reverted_to_id"]) for row in found] == [(3, [2], 1)]
    stable = wikigrove.stable_revisions(store, stood_seconds=1).to_pylist()
    assert [(row["revision_id"], row["reason"], row["newer"]) for row in stable] == [(3, "stood", 1)]
