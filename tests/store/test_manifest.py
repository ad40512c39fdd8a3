"""Canonical JSON and manifests: one byte form, strict reading, digests without time."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wikigrove.errors import StoreFormatError
from wikigrove.store import Content, Manifest, Segment, SourceFile, Tree, canonical

SHA = "ab" * 32
SEGMENT = Segment(
    "records", f"segments/records/wiki=enwiki/snapshot=20260801/part-00003-{SHA[:16]}.parquet", SHA, 10, 3, 7, 9, "u"
)
CONTENT = Content(
    schema="wikigrove.revision/1",
    parser="reader 1",
    sources=(SourceFile(0, "dump.xml.bz2", 99, SHA, "enwiki", "20260801", "pages-articles", {"url": "https://x"}),),
    segments=(SEGMENT,),
    trees=(Tree("example.org/s/enwiki", 10, SHA, "cd" * 32),),
    counts={"é": [1, 2.5, None, True]},
)
MANIFEST = Manifest(2, f"sha256:{SHA}", "2026-08-01T00:00:00Z", "test", CONTENT)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-(2.0**53) + 1, 2.0**53 - 1)
    | st.floats(1e21, 1e300)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_canonical_json_round_trips_and_has_one_form(value: object) -> None:
    data = canonical.encode(value)
    assert canonical.encode(canonical.decode(data, source="x")) == data
    assert json.loads(data) == value


@pytest.mark.parametrize("value", [2**53, 2.0**53, -1e20, float("nan"), "\ud800", {1: 2}, b"", {"a": object()}])
def test_what_could_not_be_read_again_is_not_written(value: object) -> None:
    with pytest.raises(StoreFormatError):
        canonical.encode(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1}\n',
        b"1.0",
        b"NaN",
        b"9007199254740993",
        b'"\\u00e9"',
        b'"\\ud800"',
        b'"\xff"',
        b"[" * 100_000,
    ],
)
def test_other_spellings_are_refused_with_the_file_named(data: bytes) -> None:
    with pytest.raises(StoreFormatError, match=r"v7\.json"):
        canonical.decode(data, source="v7.json")


def test_manifest_round_trips() -> None:
    assert Manifest.from_bytes(MANIFEST.to_bytes(), source="x") == MANIFEST


def test_the_digest_knows_nothing_of_time_and_writer() -> None:
    later = dataclasses.replace(MANIFEST, created_at="2027-01-01T00:00:00Z", created_by="other", version=3)
    assert later.content.digest == MANIFEST.content.digest
    more = dataclasses.replace(CONTENT, page_bytes=1)
    assert more.digest != CONTENT.digest


def damaged_manifests() -> dict[str, dict[str, object]]:
    """Manifests that are canonical JSON, and wrong."""
    good = json.loads(MANIFEST.to_bytes())

    def change(path: list[str | int], new: object) -> dict[str, object]:
        copy = json.loads(json.dumps(good))
        place = copy
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = new
        return copy

    segment: list[str | int] = ["content", "segments", 0]
    return {
        "other format": change(["format"], "wikigrove.manifest/2"),
        "version is text": change(["version"], "2"),
        "version is a truth value": change(["version"], True),
        "unknown member": change(["surprise"], 1),
        "segments are no list": change(["content", "segments"], {}),
        "segment is text": change(segment, "x"),
        "path leaves the store": change([*segment, "path"], "../../etc/passwd"),
        "path climbs": change([*segment, "path"], f"segments/records/wiki=../snapshot=undated/part-00000-{SHA[:16]}.x"),
        "path of another kind": change([*segment, "kind"], "leaves"),
        "path of another digest": change([*segment, "sha256"], "00" * 32),
        "malformed digest": change([*segment, "sha256"], SHA.upper()),
        "range is not the rows": change([*segment, "last"], 11),
        "negative size": change([*segment, "bytes"], -1),
        "offset is text": change([*segment, "extra"], {"offset": "1"}),
        "root is short": change(["content", "trees", 0, "root"], "ab"),
        "member missing": {key: value for key, value in good.items() if key != "parent"},
    }


@pytest.mark.parametrize("name", sorted(damaged_manifests()))
def test_wrong_manifests_are_refused_with_the_file_named(name: str) -> None:
    data = canonical.encode(damaged_manifests()[name])
    with pytest.raises(StoreFormatError, match=r"v2\.json"):
        Manifest.from_bytes(data, source="v2.json")


def test_placing_moves_the_range_once() -> None:
    placed = SEGMENT.placed(100)
    assert (placed.first, placed.last, placed.offset) == (107, 109, 100)
    assert placed.placed(100) == placed
    assert placed.placed(0).first == SEGMENT.first
