"""HTML to plain text: rules by example, hostile input, and real pages against the wikitext of the same revision."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wikigrove import _core
from wikigrove.errors import ConfigError
from wikigrove.extraction import html as module
from wikigrove.extraction.html import TOO_LARGE, html_text

SHARED = Path(__file__).parents[3] / "shared" / "data"
selectolax = pytest.importorskip("selectolax", reason="the extra `html` is not installed")

CASES = [
    ("", "", {}),
    ("<p>One</p><p>Two</p>", "One\n\nTwo", {"html_tag": 2}),
    ("<h2 id='a'>A &amp; B</h2><p>x<br>y</p>", "A & B\n\nx\ny", {"html_tag": 2}),
    ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "a\nb\nc", {"html_tag": 5}),
    ("a<span typeof='mw:DisplaySpace'>&nbsp;</span>%", "a %", {"html_tag": 1}),
    ("<span typeof='mw:Entity'>–</span><span typeof='mw:Nowiki'>[[</span>", "–[[", {"html_tag": 2}),
    ("<pre>a\n   b\n\n\nc</pre>", "a\n   b\n\n\nc", {"html_tag": 1}),
    ("x<sup typeof='mw:Extension/ref' class='mw-ref'>[1]</sup>, y", "x, y", {"reference": 1}),
    ("Foo (<span typeof='mw:Transclusion' about='#mwt1'>x</span>) is", "Foo is", {"template": 1}),
    ("(<i typeof='mw:Transclusion' about='#mwt1'>x</i>; born 1 May)", "(born 1 May)", {"template": 1}),
    ("(Rome, <i typeof='mw:Transclusion' about='#mwt1'>x</i>)", "(Rome)", {"template": 1}),
    (
        "<p about='#mwt1' typeof='mw:Transclusion'>a</p><p about='#mwt1'>b</p><p about='#mwt2'>c</p>",
        "c",
        {"template": 1, "html_tag": 1},
    ),
    ("<figure typeof='mw:File/Thumb'><figcaption>a</figcaption></figure><p>b</p>", "b", {"file": 1, "html_tag": 1}),
    ("<table><tr><td>1</td></tr></table>b", "b", {"table": 1}),
    ("a<link rel='mw:PageProp/Category' href='./C'><!-- c -->", "a", {"category": 1, "comment": 1}),
    ("a<meta property='mw:PageProp/notoc'><style>b</style><script>c</script>", "a", {"magic_word": 1, "html_tag": 2}),
    ("<a class='external autonumber' href='x'></a><a href='y'>see</a>", "see", {"external_link_url": 1, "html_tag": 1}),
    ("<span typeof='mw:Extension/math'>x</span><math>y</math>.", ".", {"math": 2}),
    (
        """a<span data-mw-variant='{"twoway":[{"l":"zh-hans","t":"计<b>算</b>"}]}'></span>b""",
        "a计算b",
        {"language_variant": 1},
    ),
    ("a<span data-mw-variant='[1'></span>b", "ab", {"language_variant": 1}),
    ("<div class='mw-parser-output'><p>in</p></div><div id='footer'>out</div>", "in", {"html_tag": 1}),
    ("<div class='navbox'>n</div><div class='mw-editsection'>[e]</div>b", "b", {"template": 1, "html_tag": 1}),
]


@pytest.mark.parametrize(("html", "text", "losses"), CASES)
def test_case(html: str, text: str, losses: dict[str, int]) -> None:
    got, lost = html_text(html)
    assert got == text
    assert {kind: count for kind, count, _ in lost} == losses
    assert lost == sorted(lost)
    assert all(size > 0 for _, _, size in lost)


def test_templates_are_told_by_class_only_where_nothing_better_is_there() -> None:
    page = "<html><head><meta property='mw:htmlVersion' content='2.8.0'></head><p class='hatnote'>a</p></html>"
    assert html_text(page)[0] == "a"
    assert html_text(page.replace("mw:htmlVersion", "x"))[0] == ""


def test_the_extra_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "selectolax.lexbor", None)
    with pytest.raises(ConfigError, match=r"pip install 'wikigrove\[html\]'"):
        html_text("<p>")


def test_html_beyond_the_limit_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 10)
    assert html_text("<p>é</p>123") == ("", [(TOO_LARGE, 1, 12)])


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 300_000,
        "<ul><li>" * 200_000,
        "<table><tr><td>" * 100_000,
        "<p " + " ".join(f"a{number}=1" for number in range(100_000)) + ">",
        "<b>" * 9_000 + "x",
        "<p>" * 100_000,
        "a" + "<!--" * 300_000,
        "(," * 200_000 + "<sup class=reference></sup>",
        "<i about='#mwt1' typeof='mw:Transclusion'>x</i>" * 20_000,
        "&amp" * 300_000,
        "<svg>" * 100_000,
        "<a href='" * 100_000,
    ],
    ids=lambda html: html[:12],
)
@pytest.mark.timeout(30)
def test_hostile_html_is_read_or_refused_soon(html: str) -> None:
    text, losses = html_text(html)
    assert len(text) <= len(html)
    assert losses or text


TOKENS = [
    "<p>",
    "</p>",
    "<b>",
    "<table>",
    "<td>",
    "</table>",
    "<sup class=reference>",
    "</sup>",
    "<!--",
    "-->",
    "(",
    ")",
    ",",
    " ",
    "\n",
    "a",
    "é",
    "&nbsp;",
    "&#0;",
    "<br>",
    "<i typeof=mw:Transclusion about=#mwt1>",
    "</i>",
    "<pre>",
]


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(), st.lists(st.sampled_from(TOKENS), max_size=40).map("".join)))
def test_any_html_is_read_alike_twice(html: str) -> None:
    text, losses = html_text(html)
    assert (text, losses) == html_text(html)
    assert "\0" not in text
    assert "\n\n\n" not in text or "<pre>" in html
    assert text == text.strip("\n ")


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


def test_real_pages_say_what_their_wikitext_says() -> None:
    folder = SHARED / "enterprise"
    if not folder.is_dir():
        pytest.skip(f"no payloads with wikitext and HTML: {folder}")
    wikitexts, htmls = [], []
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        for article in document if isinstance(document, list) else [document]:
            body = article.get("article_body") if isinstance(article, dict) else None
            if body and body.get("wikitext") and body.get("html"):
                wikitexts.append(body["wikitext"])
                htmls.append(body["html"])
    assert len(htmls) >= 9
    column = pa.array(wikitexts, pa.large_string())
    plain = pa.record_batch(_core.plain_text(column, namespaces=[], threads=2))["plain_text"].to_pylist()
    shared_total = wikitext_total = html_total = 0
    for wikitext, html in zip(plain, htmls, strict=True):
        of_wikitext, of_html = words(wikitext), words(html_text(html)[0])
        shared_total += (of_wikitext & of_html).total()
        wikitext_total += of_wikitext.total()
        html_total += of_html.total()
    print(f"words: {wikitext_total} of wikitext, {html_total} of HTML, {shared_total} shared")
    assert shared_total / html_total >= 0.999
    assert shared_total / wikitext_total >= 0.97  # a template that wraps running text takes it along in HTML


def test_real_pages_leave_no_markup_behind() -> None:
    folder = SHARED / "html"
    if not folder.is_dir():
        pytest.skip(f"no sample pages: {folder}")
    pages = sorted(folder.glob("*.html"))
    assert len(pages) >= 17
    for path in pages:
        text, losses = html_text(path.read_text(encoding="utf-8"))
        assert len(text) > 3000, path.name
        assert not re.search(r"\[\d+\]|mw-parser-output|\.mw-|</?(?:div|span|p)\b", text), path.name
        assert {"reference", "template"} <= {kind for kind, _, _ in losses}, path.name
