"""Wikitext to plain text: the table of cases, properties of any input, and real pages against their own HTML."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wikigrove import _core, schema

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests/data/wikitext/cases.json").read_text(encoding="utf-8"))
SHARED = ROOT.parent / "shared" / "data"

LOCAL_NAMES = [(0, ""), (6, "Datei"), (14, "Kategorie"), (-2, "Medium"), (10, "Vorlage")]


def read(texts: list[str | None], *, threads: int = 1, names: list[tuple[int, str]] | None = None) -> pa.RecordBatch:
    """Read a column of texts."""
    column = pa.array(texts, pa.large_string())
    return pa.record_batch(_core.plain_text(column, namespaces=names or [], threads=threads))


def read_one(text: str) -> tuple[str, dict[str, list[int]]]:
    """Read one text: what is kept, and {kind: [count, bytes]}."""
    batch = read([text])
    losses = batch["plain_text_losses"][0].as_py()
    return batch["plain_text"][0].as_py(), {loss["kind"]: [loss["count"], loss["bytes"]] for loss in losses}


# ---------------------------------------------------------------- the table of cases


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    assert read_one(case["wikitext"]) == (case["text"], case["losses"])


def test_namespaces_of_the_wiki_are_known() -> None:
    text = "[[Datei:a.jpg|[[b]]]]x [[kategorie:c]][[Medium:d.ogg]][[Vorlage:e|f]]"
    batch = read([text], names=LOCAL_NAMES)
    assert batch["plain_text"].to_pylist() == ["x f"]
    assert [loss["kind"] for loss in batch["plain_text_losses"][0].as_py()] == [
        "category",
        "file",
        "link_target",
        "media",
    ]
    unknown = "[[Ficheiru:a.jpg|b]]"
    assert read([unknown])["plain_text"].to_pylist() == ["b"]
    assert read([unknown], names=[(6, "Ficheiru")])["plain_text"].to_pylist() == [""]


# ---------------------------------------------------------------- the shape of the answer


def test_columns_are_those_of_the_contract() -> None:
    batch = read(["{{a}}b", None, ""])
    contract = {field.name: field for field in schema.EXTRACTION}
    assert batch.schema.field("plain_text") == contract["plain_text"]
    assert batch.schema.field("plain_text_losses") == contract["plain_text_losses"]
    assert batch["plain_text"].to_pylist() == ["b", None, ""]
    assert batch["plain_text_losses"].to_pylist() == [[{"kind": "template", "count": 1, "bytes": 5}], [], []]
    batch.validate(full=True)


def test_slices_and_empty_columns_are_read() -> None:
    column = pa.array(["a", "[[b]]", None, "''c''", "d"], pa.large_string())
    batch = pa.record_batch(_core.plain_text(column.slice(1, 3), namespaces=[], threads=2))
    assert batch["plain_text"].to_pylist() == ["b", None, "c"]
    assert read([], threads=4).num_rows == 0


def test_other_types_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected an array of large_string, got: Int64"):
        _core.plain_text(pa.array([1]), namespaces=[])


# ---------------------------------------------------------------- any input

TOKENS = [
    "{{",
    "}}",
    "{{{",
    "}}}",
    "[[",
    "]]",
    "[",
    "]",
    "|",
    "[[File:a|",
    "[[Category:",
    "\n==",
    "==\n",
    "\n{|",
    "\n|}",
    "\n|-",
    "<ref>",
    "</ref>",
    "<ref/>",
    "<!--",
    "-->",
    "<nowiki>",
    "</nowiki>",
    "<math>",
    "</math>",
    "<table>",
    "</table>",
    "<br>",
    "''",
    "'''",
    "'''''",
    "-{",
    "}-",
    "zh:",
    ";",
    "&amp;",
    "__TOC__",
    "[http://a",
    "*",
    "#",
    ":",
    "----",
    "(",
    ")",
    ",",
    "a",
    "bc",
    "é",
    "中",
    "（",
    "）",
    " ",
    "\n",
    "\n\n",
]
MARKUP = st.lists(st.sampled_from(TOKENS), max_size=60).map("".join)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(), MARKUP), max_size=8))
def test_any_texts_are_read_alike_by_any_number_of_threads(texts: list[str | None]) -> None:
    batch = read(texts)
    batch.validate(full=True)
    for threads in (0, 2, 4, 100):
        assert read(texts, threads=threads).equals(batch)
    for row, text in enumerate(texts):
        plain, losses = batch["plain_text"][row].as_py(), batch["plain_text_losses"][row].as_py()
        if text is None:
            assert (plain, losses) == (None, [])
            continue
        size = len(text.encode())
        assert len(plain.encode()) <= size
        assert sum(loss["bytes"] for loss in losses) <= size
        assert all(loss["count"] > 0 for loss in losses)
        assert [loss["kind"] for loss in losses] == sorted({loss["kind"] for loss in losses})
        assert read([text]).equals(batch.slice(row, 1))  # neighbours do not matter


# A twin that needs no parser: pages are built from elements whose text is known.

WORD = st.text("abcdeéжя中", min_size=1, max_size=6)
HIDDEN = st.recursive(
    st.one_of(
        WORD.map("{{{{{}}}}}".format),
        WORD.map("<!-- {} ]] }}}} -->".format),
        WORD.map("<ref name=x>{}</ref>".format),
        WORD.map("<math>{}}}_{{{{</math>".format),
        WORD.map("[[Category:{}|*]]".format),
        WORD.map("{{{{{{{}|}}}}}}".format),
        st.just("<references />"),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: "{{t|" + "|x=".join(parts) + "}}"),
        st.lists(inner, max_size=3).map(lambda parts: "{{t\n| a = " + "\n\n| b = ".join(parts) + "\n}}"),
        st.lists(inner, max_size=2).map(lambda parts: "[[File:a.jpg|thumb|" + " ".join(parts) + " [[b|c]]]]"),
    ),
    max_leaves=6,
).map(lambda wikitext: (wikitext, ""))
SHOWN = st.one_of(
    WORD.map(lambda word: (word, word)),
    WORD.map(lambda word: (f"'''{word}'''", word)),
    WORD.map(lambda word: (f"''{word}''", word)),
    WORD.map(lambda word: (f"[[{word}]]", word)),
    st.tuples(WORD, WORD).map(lambda pair: (f"[[{pair[0]}|''{pair[1]}'']]", pair[1])),
    WORD.map(lambda word: (f"[https://example.org/?a=b {word}]", word)),
    WORD.map(lambda word: (f"<span class='x'>{word}</span>", word)),
    WORD.map(lambda word: (f"<nowiki>{{{{{word}]]</nowiki>", f"{{{{{word}]]")),
    WORD.map(lambda word: (f"&lt;{word}&gt;", f"<{word}>")),
)
LINE = st.lists(st.one_of(SHOWN, HIDDEN), min_size=1, max_size=6).map(
    lambda parts: (" ".join(wikitext for wikitext, _ in parts), [text for _, text in parts if text])
)
OPENING = st.sampled_from(["", "* ", "# ", ":: ", "; ", "\n", "\n\n\n"])
TABLE = st.just(("{| class='x'\n|-\n| {{a\n|}}\n\n! b\n|}", []))
PAGE = st.lists(
    st.one_of(
        st.tuples(OPENING, LINE).map(lambda pair: (pair[0] + pair[1][0], pair[1][1])),
        LINE.map(lambda line: (f"== h {line[0]} ==", ["h", *line[1]])),
        TABLE,
    ),
    max_size=8,
)


@settings(max_examples=400, deadline=None)
@given(PAGE)
def test_pages_built_from_known_elements_read_as_built(lines: list[tuple[str, list[str]]]) -> None:
    plain, losses = read_one("\n".join(wikitext for wikitext, _ in lines))
    assert plain.split() == [word for _, words in lines for word in words]
    assert "unclosed" not in losses
    assert "\n\n\n" not in plain


# ---------------------------------------------------------------- real pages


def shared_wikitexts() -> dict[str, str]:
    """Return the wikitext samples by file name; skip where they are not laid out."""
    folder = SHARED / "wikitext"
    if not folder.is_dir():
        pytest.skip(f"no sample texts: {folder}")
    files = [path for path in sorted(folder.iterdir()) if path.suffix in {".txt", ".wiki"}]
    return {path.name: path.read_text(encoding="utf-8") for path in files}


def test_real_texts_leave_no_markup_behind() -> None:
    # Texts whose angle brackets were escaped by who saved them show tags as text, and rightly so.
    texts = [text for text in shared_wikitexts().values() if "&lt;ref" not in text]
    plain = read(list(texts), threads=2)["plain_text"].to_pylist()
    size, kept = sum(map(len, texts)), sum(map(len, plain))
    found = Counter(
        re.findall(r"\{\{|\}\}|\[\[|\]\]|</?ref\b|<!--|'{2,}|(?m:^\|)|\[https?:|__[A-Z]+__", "\n".join(plain))
    )
    print(f"{len(texts)} texts, {size} characters, {kept} kept, markup left: {dict(found)}")
    assert 0.2 < kept / size < 0.9
    assert found.total() <= MARKUP_LEFT


# What remains in 302 texts of 2.7 MB: pieces that are markup of nothing, such as a stray `]]`.
MARKUP_LEFT = 2


def test_prefixes_of_real_texts_are_read() -> None:
    prefixes: list[str] = []
    for text in shared_wikitexts().values():
        step = max(1, len(text) // 40)
        prefixes += [text[:end] for end in range(0, len(text), step)]
    batch = read(list(prefixes), threads=2)
    for prefix, losses in zip(prefixes, batch["plain_text_losses"].to_pylist(), strict=True):
        assert sum(loss["bytes"] for loss in losses) <= len(prefix.encode())


def html_words(markup: str) -> Counter[str]:
    """Count the words of paragraphs, list items and headings, without what templates, tables and files put there."""
    html = pytest.importorskip("lxml.html", reason="lxml reads the HTML that real pages are compared with")
    root = html.fromstring(markup.encode())
    for element in list(root.iter()):
        if not isinstance(element.tag, str) or element.getparent() is None:
            continue
        origin = element.get("typeof") or ""
        generated = (
            "mw:Transclusion" in origin or "mw:Extension" in origin or (element.get("about") or "").startswith("#mwt")
        )
        if generated or element.tag in {"style", "script", "table", "figure"}:
            element.drop_tree()
    blocks = {"p", "li", "dd", "dt", "h2", "h3", "h4", "blockquote"}
    outermost = [node for node in root.iter(*blocks) if not any(up.tag in blocks for up in node.iterancestors())]
    return words("\n".join(node.text_content() for node in outermost))


def words(text: str) -> Counter[str]:
    """Count the words of a text without case."""
    return Counter(re.findall(r"\w+", text.lower()))


def payloads() -> list[tuple[str, str, str]]:
    """Return (name, wikitext, HTML) of one revision each, from Wikimedia Enterprise payloads."""
    folder = SHARED / "enterprise"
    if not folder.is_dir():
        pytest.skip(f"no payloads with wikitext and HTML: {folder}")
    articles = []
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        for article in document if isinstance(document, list) else [document]:
            body = article.get("article_body") if isinstance(article, dict) else None
            if body and body.get("wikitext") and body.get("html"):
                articles.append((f"{path.stem}: {article['name']}", body["wikitext"], body["html"]))
    return articles


def test_real_pages_hold_the_words_of_their_html() -> None:
    pages = payloads()
    assert len(pages) >= 9
    expected_total = shared_total = kept_total = 0
    for name, wikitext, html in pages:
        expected, kept = html_words(html), words(read_one(wikitext)[0])
        shared = (expected & kept).total()
        print(f"{name}: recall {shared / expected.total():.4f}, precision {shared / kept.total():.4f}")
        assert shared / expected.total() >= 0.98, name
        expected_total, shared_total, kept_total = (
            expected_total + expected.total(),
            shared_total + shared,
            kept_total + kept.total(),
        )
    print(f"all: recall {shared_total / expected_total:.4f}, precision {shared_total / kept_total:.4f}")
    assert shared_total / expected_total >= 0.995
    assert shared_total / kept_total >= 0.95
