"""Forged exports: a forger may change every file and write a manifest to match, but cannot sign.

Both verifiers must refuse each of them at one and the same level, which is the expected one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wikigrove import _core
from wikigrove.crypto import KeyFolder
from wikigrove.provenance import make_checkpoint

TIME_S = 1_788_221_100
Forge = Callable[[Any], None]
Case = tuple[str, str, int, Forge]


def flip(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def edit(folder: str, column: str, change: Any, row: int = 2, shard: int = 0) -> Forge:
    return lambda export: export.edit(folder, column, row, change, shard=shard)


def manifest(*keys: str, value: Any) -> Forge:
    def forge(export: Any) -> None:
        whole = export.manifest
        inner = whole
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = value(inner.get(keys[-1])) if callable(value) else value
        export.write_manifest(whole)

    return forge


def raw_manifest(change: Callable[[bytes], bytes]) -> Forge:
    def forge(export: Any) -> None:
        path = export.path / "manifest.json"
        path.write_bytes(change(path.read_bytes()))

    return forge


def column_cases() -> Iterator[Case]:
    more: Any = lambda value: value + 1  # noqa: E731
    changes: list[tuple[str, str, str, int, list[Any]]] = [
        ("text", "data", "text", 14, [lambda t: t + " ", lambda t: t[:-1], lambda t: "", lambda t: t.upper() + "\0"]),
        ("title", "data", "title", 14, [lambda t: t + " ", lambda t: "Forged", lambda t: ""]),
        ("identity", "data", "id", 14, [lambda t: t + "0", lambda t: "enwiki:1:1", lambda t: t.replace(":", "-")]),
        ("identity", "data", "wiki_id", 14, [lambda t: "dewiki", lambda t: t + " ", lambda t: ""]),
        ("identity", "data", "page_id", 14, [more, lambda n: -n, lambda n: 0]),
        ("identity", "data", "revision_id", 14, [more, lambda n: -n, lambda n: 0]),
        ("identity", "data", "revision_dt", 14, [lambda t: None, lambda t: t + timedelta(seconds=1)]),
        ("identity", "data", "revision_dt", 14, [lambda t: t - timedelta(days=9)]),
        (
            "licence",
            "data",
            "licence_ids",
            14,
            [lambda v: [], lambda v: ["CC0-1.0"], lambda v: v[:1], lambda v: v[::-1]],
        ),
        ("link", "data", "url", 14, [lambda u: u + "0", lambda u: "", lambda u: u.replace("https", "http")]),
        ("link", "data", "url", 14, [lambda u: "https://example.org/" + u, lambda u: u.replace("//", "//x.")]),
        ("order", "data", "row", 10, [more, lambda n: 0, lambda n: -1]),
        ("order", "data", "source_leaf_index", 10, [more, lambda n: 0, lambda n: -1]),
        ("order", "proofs", "row", 10, [more, lambda n: 0]),
        ("wrong index", "proofs", "source_leaf_index", 10, [more, lambda n: 0, lambda n: 1 << 62]),
        ("order", "source", "leaf_index", 10, [more, lambda n: 0]),
        ("sibling", "proofs", "inclusion_path", 13, [lambda p: [flip(p[0], 31), *p[1:]]]),
        ("sibling", "proofs", "inclusion_path", 13, [lambda p: [*p[:-1], bytes(32)]]),
        ("sibling order", "proofs", "inclusion_path", 13, [lambda p: p[::-1], lambda p: [p[1], p[0], *p[2:]]]),
        ("truncated path", "proofs", "inclusion_path", 13, [lambda p: p[:-1], lambda p: p[1:], lambda p: []]),
        ("trailing hash", "proofs", "inclusion_path", 13, [lambda p: [*p, p[-1]], lambda p: [*p, *[bytes(32)] * 64]]),
        ("record", "source", "text", 14, [lambda t: t + "\n", lambda t: "", lambda t: None]),
        ("record", "source", "page_title", 14, [lambda t: t + "_"]),
        ("record", "source", "revision_is_minor_edit", 14, [lambda b: not b]),
        ("record", "source", "revision_parent_id", 14, [lambda n: 77, lambda n: -1]),
        ("record", "source", "content_model", 14, [lambda m: None, lambda m: "json", lambda m: "Own"]),
        ("record", "source", "slots", 14, [lambda s: [*s, slot("x", "y")], lambda s: [*s, slot("", "y")]]),
        ("record", "source", "slots", 14, [lambda s: [*s, slot("main", "y")], lambda s: [*s, slot("x", None)]]),
    ]
    numbers = ("page_id", "page_namespace_id", "revision_id", "source_id", "stream_offset", "element_offset")
    changes += [("record", "source", name, 14, [more, lambda n: n + (1 << 20)]) for name in numbers]
    changes += [("record", "source", name, 14, [lambda n: -1]) for name in (*numbers, "element_length", "licence_rule")]
    changes += [("licence", "source", "licence_rule", 14, [lambda n: 5, lambda n: 0])]
    seen = ("user_is_visible", "revision_comment_is_visible", "revision_content_is_visible")
    changes += [("record", "source", name, 14, [lambda b: not b]) for name in seen]
    states = ("text_state", "sha1_status", "size_status")
    changes += [("record", "source", name, 14, [lambda n: n ^ 3, lambda n: 255, lambda n: n | 8]) for name in states]
    numbered: Counter[str] = Counter()
    for kind, folder, column, code, values in changes:
        for change in values:
            numbered[column] += 1
            yield kind, f"{folder}.{column} {numbered[column]}", code, edit(folder, column, change)


def slot(role: str, body: str | None) -> dict[str, Any]:
    none = dict.fromkeys(("content_model", "content_format", "content_sha1", "content_size", "origin_rev_id"))
    return {**none, "role": role, "text_state": 0, "content_body": body}


def leaf_cases() -> Iterator[Case]:
    for place in (0, 6, 7, 8, 10, 204):  # magic, version, kind, reserved flag, length of the wiki
        yield "leaf form", f"leaf byte {place}", 10, edit("proofs", "leaf", lambda leaf, p=place: forged_form(leaf, p))
    for place in (11, 15, 23, 31, 39, 47, 51, 55, 63, 71, 73, 75, 76, 107, 108, 139):
        yield "leaf", f"leaf byte {place}", 13, edit("proofs", "leaf", lambda leaf, p=place: flip(leaf, p))
    for place in (140, 171, 172, 203):  # commitments that the profile forbids
        yield "leaf form", f"leaf byte {place}", 10, edit("proofs", "leaf", lambda leaf, p=place: flip(leaf, p))
    for name, change in {
        "cut": lambda leaf: leaf[:-1],
        "longer": lambda leaf: leaf + b"\0",
        "empty": lambda leaf: b"",
        "doubled": lambda leaf: leaf * 2,
    }.items():
        for column in ("leaf", "output_leaf"):
            yield "leaf form", f"{column} {name}", 10, edit("proofs", column, change)
    for place in (0, 7, 8, 12):
        change: Any = lambda leaf, p=place: leaf[:p] + bytes([leaf[p] ^ 0x80]) + leaf[p + 1 :]  # noqa: E731
        yield "leaf form", f"output leaf byte {place}", 10, edit("proofs", "output_leaf", change)
    for place in (9, 10, 11, 19, 20, 51, 52, 83, 84, 115):
        change = lambda leaf, p=place: flip(leaf, p)  # noqa: E731
        yield "output leaf", f"byte {place}", 13, edit("proofs", "output_leaf", change)
    yield "swapped leaves", "leaves of two rows", 13, lambda export: swap(export, "proofs", ["leaf"])
    yield "swapped leaves", "output leaves of two rows", 13, lambda export: swap(export, "proofs", ["output_leaf"])
    yield "swapped leaves", "paths of two rows", 13, lambda export: swap(export, "proofs", ["inclusion_path"])
    yield "swapped leaves", "texts of two rows", 14, lambda export: swap(export, "data", ["text"])
    yield "swapped leaves", "titles of two rows", 14, lambda export: swap(export, "data", ["title"])
    yield (
        "swapped leaves",
        "proofs but their numbers",
        13,
        lambda export: swap(export, "proofs", ["leaf", "output_leaf"]),
    )
    yield "forged whole", "text and output leaf", 13, lambda export: forge_text(export)
    yield "forged whole", "text, output leaf and root of the manifest", 11, lambda export: forge_text(export, root=True)
    for name in ("example.org/audit", "example.org/other"):
        yield "unknown key", f"forged whole, signed by {name}", 11, lambda export, n=name: forge_text(export, signer=n)


def forged_form(leaf: bytes, place: int) -> bytes:
    return leaf[:place] + bytes([leaf[place] ^ 0xFC]) + leaf[place + 1 :]


def swap(export: Any, folder: str, columns: list[str]) -> None:
    for column in columns:
        values = pq.read_table(export.shard(folder)).column(column).to_pylist()
        assert values[1] != values[3]
        export.edit(folder, column, 1, lambda _, v=values: v[3])
        export.edit(folder, column, 3, lambda _, v=values: v[1])


def forge_text(export: Any, *, root: bool = False, signer: str = "", keys: Any = None) -> None:
    """Forge a text with all that a forger can compute: output leaf, root in the manifest, foreign signatures."""
    export.edit("data", "text", 2, lambda _: "forged")
    proofs = pq.read_table(export.shard("proofs"))
    leaf = _core.decode_leaf(proofs.column("output_leaf")[2].as_py())
    index, text = pa.array([leaf["source_index"]], pa.int64()), pa.array(["forged"], pa.large_string())
    made = pa.record_batch(_core.encode_output_leaves(index, leaf["source_root"], leaf["transform"], text))
    export.edit("proofs", "output_leaf", 2, lambda _: made.column("leaf")[0].as_py())
    shards = sorted((export.path / "proofs").glob("*.parquet"))
    leaves = [leaf for shard in shards for leaf in pq.read_table(shard).column("output_leaf").to_pylist()]
    forged = _core.merkle_root(b"".join(pa.record_batch(_core.hash_leaves(pa.array(leaves))).column(0).to_pylist()))
    if root or signer or keys:
        manifest("dataset", "root", value=forged.hex())(export)
    if signer or keys:
        keys = keys or KeyFolder.create(export.path.parent / "keys", name=signer)
        origin = export.manifest["dataset"]["origin"].replace("example.org/audit", keys.name)
        manifest("dataset", "origin", value=origin)(export)
        note = make_checkpoint(keys, origin=origin, size=len(leaves), root=forged, time_s=TIME_S)
        (export.path / "proofs/dataset.checkpoint").write_bytes(note)


def rows_cases() -> Iterator[Case]:
    def in_every(change: Callable[[pa.Table], pa.Table], folders: tuple[str, ...]) -> Forge:
        def forge(export: Any) -> None:
            for folder in folders:
                export.rewrite(folder, change, shard=2)

        return forge

    every = ("data", "proofs", "source")
    drop: Any = lambda table: table.slice(0, table.num_rows - 1)  # noqa: E731
    again: Any = lambda table: pa.concat_tables([table, table.slice(table.num_rows - 1)])  # noqa: E731
    back: Any = lambda table: table.take(list(range(table.num_rows))[::-1])  # noqa: E731
    yield "row dropped", "last row everywhere", 13, in_every(drop, every)
    yield "row doubled", "last row everywhere, as it is", 10, in_every(again, every)
    yield "row doubled", "last row everywhere, renumbered", 13, double_last
    yield "order", "rows backwards everywhere", 10, in_every(back, every)
    for folder in every:
        yield "row dropped", f"last row in {folder}", 10, in_every(drop, (folder,))
        yield "row doubled", f"last row in {folder}", 10, in_every(again, (folder,))
        yield "order", f"rows backwards in {folder}", 10, in_every(back, (folder,))
        yield "row dropped", f"all rows in {folder}", 10, in_every(lambda table: table.slice(0, 0), (folder,))
        for column in {"data": ["text", "row"], "proofs": ["leaf", "row"], "source": ["text", "wiki_id"]}[folder]:
            gone: Any = lambda table, c=column: table.drop_columns([c])  # noqa: E731
            yield "columns", f"{folder} without {column}", 10, in_every(gone, (folder,))
        more: Any = lambda table: table.append_column("user_text", pa.array(["x"] * table.num_rows))  # noqa: E731
        yield "columns", f"{folder} with a user", 10, in_every(more, (folder,))


def double_last(export: Any) -> None:
    """Repeat the last leaf, which keeps the root of trees that pad their last level."""
    for folder, column in (("data", "row"), ("proofs", "row"), ("source", "")):
        export.rewrite(folder, lambda table: pa.concat_tables([table, table.slice(table.num_rows - 1)]), shard=2)
        if column:
            export.edit(folder, column, -1, lambda value: value + 1, shard=2)


def file_cases() -> Iterator[Case]:
    for folder in ("data", "proofs", "source"):
        for share in (0, 0.3, 0.7, 0.999):
            yield "file", f"{folder} byte at {share}", 10, lambda export, f=folder, s=share: flip_file(export, f, s)
        yield "file", f"{folder} cut, listed", 10, lambda export, f=folder: cut(export, f, 100)
        yield "file", f"{folder} emptied, listed", 10, lambda export, f=folder: cut(export, f, 10**9)
        yield "file", f"{folder} removed", 10, lambda export, f=folder: export.shard(f).unlink()
        yield "file", f"{folder} removed, not listed", 10, lambda e, f=folder: (e.shard(f).unlink(), e.relist())
        yield "file", f"{folder} swapped shards", 10, lambda export, f=folder: exchange(export, f)
        yield "file", f"{folder} with an own file", 10, lambda e, f=folder: (e.path / f / "x.parquet").write_bytes(b"x")
        yield "file", f"{folder} by a link", 10, lambda export, f=folder: link(export, f)
    for name in ("README.md", "ATTRIBUTION.csv", "selection.json"):
        yield (
            "file",
            f"{name} changed",
            10,
            lambda e, n=name: (e.path / n).write_bytes((e.path / n).read_bytes() + b" "),
        )
    yield "file", "own file at the top", 10, lambda export: (export.path / "notes.txt").write_text("x")


def flip_file(export: Any, folder: str, share: float) -> None:
    data = export.shard(folder).read_bytes()
    export.shard(folder).write_bytes(flip(data, int(len(data) * share)))


def cut(export: Any, folder: str, count: int) -> None:
    export.shard(folder).write_bytes(export.shard(folder).read_bytes()[:-count])
    export.relist()


def exchange(export: Any, folder: str) -> None:
    one, other = export.shard(folder, 0), export.shard(folder, 1)
    data = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(data)
    export.relist()


def link(export: Any, folder: str) -> None:
    path = export.shard(folder)
    path.rename(export.path.parent / "elsewhere")
    path.symlink_to(export.path.parent / "elsewhere")


def manifest_cases() -> Iterator[Case]:
    zero = "00" * 32
    yield "manifest", "format", 10, manifest("format", value="wikigrove.dataset/2")
    yield "manifest", "rows", 10, manifest("rows", value=lambda rows: rows + 1)
    for tree in ("source", "dataset"):
        yield (
            "wrong size",
            f"{tree} size + 1",
            11 if tree == "source" else 10,
            manifest(tree, "size", value=lambda n: n + 1),
        )
        yield "wrong size", f"{tree} size as text", 10, manifest(tree, "size", value=str)
        yield "manifest", f"{tree} root", 11, manifest(tree, "root", value=zero)
        yield "manifest", f"{tree} root cut", 10, manifest(tree, "root", value=lambda root: root[:-2])
        yield "manifest", f"{tree} origin", 11, manifest(tree, "origin", value=lambda origin: origin + "x")
        yield "manifest", f"{tree} gone", 10, manifest(tree, value=None)
    for key in ("buildType", "externalParameters", "internalParameters", "resolvedDependencies"):
        yield "statement", key, 13, manifest("transform", key, value={})
    outer, inner = ("transform", "externalParameters"), ("transform", "internalParameters")
    yield "statement", "text", 13, manifest(*outer, "text", value="wikitext")
    yield "statement", "budget", 13, manifest(*outer, "selection", "budget", value=21)
    yield "statement", "objective", 13, manifest(*outer, "selection", "objective", value="random")
    yield "statement", "licence override", 13, manifest(*outer, "licenceOverride", value="CC0-1.0")
    yield "statement", "extractor", 13, manifest(*inner, "extractor", value="another")
    yield "statement", "licence table", 13, manifest(*inner, "licenceTable", "sha256", value=zero)
    yield "statement", "base of a wiki", 13, manifest(*inner, "headers", "enwiki", "base", value="https://example.org/")
    yield "statement", "no object", 10, manifest("transform", value="x")
    for key, value in {"sha256": zero, "bytes": 1, "path": "../set/README.md"}.items():
        yield "manifest", f"file {key}", 10, lambda export, k=key, v=value: first_file(export, k, v)
    yield "manifest", "file listed twice", 10, manifest("files", value=lambda files: [*files, files[0]])
    yield "manifest", "file not listed", 10, manifest("files", value=lambda files: files[1:])
    yield "manifest", "no files", 10, manifest("files", value=[])
    for name, change in {
        "newline at its end": lambda data: data + b"\n",
        "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
        "UTF-16": lambda data: data.decode().encode("utf-16"),
        "spaces": lambda data: json.dumps(json.loads(data)).encode(),
        "key twice": lambda data: data[:1] + b'"dataset":{},' + data[1:],
        "cut": lambda data: data[:-1],
        "empty": lambda data: b"",
        "list": lambda data: b"[]",
        "null": lambda data: b"null",
        "NaN": lambda data: b'{"format":NaN}',
        "deep": lambda data: b"[" * 100_000,
        "no UTF-8": lambda data: data.replace(b"e", b"\xff", 1),
        "lone surrogate": lambda data: b'{"format":"\\ud800"}',
        "great number": lambda data: b'{"format":' + b"9" * 5000 + b"}",
    }.items():
        yield "manifest", name, 10, raw_manifest(change)


def first_file(export: Any, key: str, value: Any) -> None:
    files = export.manifest["files"]
    files[0][key] = value
    manifest("files", value=files)(export)


def note_cases() -> Iterator[Case]:
    for name in ("source", "dataset"):
        path = f"proofs/{name}.checkpoint"
        other = f"proofs/{'dataset' if name == 'source' else 'source'}.checkpoint"
        yield "stripped signature", f"{name} removed", 11, lambda export, p=path: (export.path / p).unlink()
        for number in (0, 1):
            drop: Any = lambda data, n=number: b"".join(line for i, line in enumerate(parts(data)) if i != 4 + n)  # noqa: E731
            yield "stripped signature", f"{name} without {number}", 11, note(path, drop)
        yield "swapped signature", f"{name}: the other tree's", 11, lambda e, p=path, o=other: graft(e, p, o)
        yield "swapped note", f"{name}: the other tree's", 11, lambda e, p=path, o=other: copy(e, o, p)
        yield "note", f"{name} cut", 10, note(path, lambda data: data[:-1])
        yield "note", f"{name} longer", 10, note(path, lambda data: data + b"\n")
        yield "note", f"{name} empty", 10, note(path, lambda data: b"")
        yield "note", f"{name} size", 11, note(path, lambda data: data.replace(b"\n", b"\n1", 1))


def parts(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def note(path: str, change: Callable[[bytes], bytes]) -> Forge:
    def forge(export: Any) -> None:
        data = change((export.path / path).read_bytes())
        (export.path / path).write_bytes(data)

    return forge


def graft(export: Any, path: str, other: str) -> None:
    mine, foreign = parts((export.path / path).read_bytes()), parts((export.path / other).read_bytes())
    (export.path / path).write_bytes(b"".join([*mine[:4], *foreign[4:]]))


def copy(export: Any, origin: str, target: str) -> None:
    (export.path / target).write_bytes((export.path / origin).read_bytes())


CASES = [*column_cases(), *leaf_cases(), *rows_cases(), *file_cases(), *manifest_cases(), *note_cases()]


def test_genuine_export_passes_both(export: Any) -> None:
    assert export.codes() == (0, 0)


@pytest.mark.parametrize(("expected", "forge"), [pytest.param(*case[2:], id=f"{case[0]}: {case[1]}") for case in CASES])
def test_both_refuse_it_at_the_same_level(export: Any, expected: int, forge: Forge) -> None:
    forge(export)
    assert export.codes() == (expected, expected)


def test_there_are_enough_of_each_class() -> None:
    counts = Counter(case[0] for case in CASES)
    print(dict(counts), len(CASES))
    assert len(CASES) >= 200
    assert len({case[:2] for case in CASES}) == len(CASES)
