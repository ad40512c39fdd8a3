from __future__ import annotations

import contextlib
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wikigrove.errors import LeafFormatError
from wikigrove.provenance import hash_leaf
from wikigrove.provenance.entry import DESCRIPTOR, KINDS, SNAPSHOT_ROOT, Entry

GOLDEN = Entry(
    SNAPSHOT_ROOT,
    1_788_220_800 + 300,
    3,
    bytes.fromhex("baa68a125d4847f9b93aa57db9af5df3172dfdcb5a63786cbd85f659583f4057"),
    "example.com/wikigrove/s/enwiki/20260901/articles/open-v1",
    ((DESCRIPTOR, hashlib.sha256(b"wikigrove test descriptor").digest()),),
)

entries = st.builds(
    Entry,
    st.sampled_from(sorted(KINDS)),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.integers(0, (1 << 63) - 1),
    st.binary(min_size=32, max_size=32),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60),
    st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=40), max_size=4).map(lambda x: tuple(sorted(x.items()))),
)


def test_golden_snapshot_root() -> None:
    data = GOLDEN.to_bytes()
    assert len(data) == 152
    assert hash_leaf(data).hex() == "7280b84ab8580e0acde45437092bf48ea772782d04ea00a2e493c9d27e7288b7"


@given(entry=entries)
def test_entries_round_trip(entry: Entry) -> None:
    assert Entry.parse(entry.to_bytes()) == entry


@given(entry=entries, data=st.data())
def test_what_parses_is_canonical(entry: Entry, data: st.DataObject) -> None:
    changed = bytearray(entry.to_bytes())
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(LeafFormatError):
        assert Entry.parse(bytes(changed)).to_bytes() == changed


def test_every_prefix_and_one_byte_more_are_refused() -> None:
    whole = GOLDEN.to_bytes()
    for damaged in [*(whole[:end] for end in range(len(whole))), whole + b"\0"]:
        with pytest.raises(LeafFormatError):
            Entry.parse(damaged)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": 5},
        {"count": -1},
        {"digest": b"short"},
        {"name": ""},
        {"name": "n" * 256},
        {"extensions": ((2, b""), (1, b""))},
        {"extensions": ((1, b""), (1, b""))},
        {"extensions": ((1, bytes(40_000)), (2, bytes(40_000)))},
        {"extensions": ((1, bytes(65_500)),)},
    ],
)
def test_what_cannot_stand_in_an_entry(change: dict[str, object]) -> None:
    values = {name: getattr(GOLDEN, name) for name in ("kind", "time_s", "count", "digest", "name", "extensions")}
    with pytest.raises(LeafFormatError):
        Entry(**{**values, **change})


def test_only_the_time_may_differ_between_the_same() -> None:
    later = Entry(GOLDEN.kind, 0, GOLDEN.count, GOLDEN.digest, GOLDEN.name, GOLDEN.extensions)
    assert GOLDEN.says_the_same(later)
    assert not GOLDEN.says_the_same(Entry(GOLDEN.kind, 0, 4, GOLDEN.digest, GOLDEN.name, GOLDEN.extensions))
