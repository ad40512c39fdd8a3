"""Name the project family, language and address behind a Wikimedia database name.

Database names follow one pattern: language code (with underscores) and the suffix of the project, `zh_yuewiki` or
`frwiktionary`. The few that do not are listed one by one. A name that is in neither list is a third party's wiki: it
has no family here, hence no licence of ours either.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Wiki", "canonical_urls", "history_urls", "index_url", "language_tag", "lookup"]

LANGUAGES: Final = frozenset(  # one literal, since a list would be four hundred lines
    """
    aa ab ace ady af ak als alt am ami an ang ann anp ar arc ary arz as ast atj av avk awa ay az azb
    ba ban bar bat_smg bbc bcl bdr be be_x_old bew bg bh bi bjn blk bm bn bo bol bpy br bs btm bug bxr
    ca cbk_zam cdo ce ceb ch cho chr chy ckb co cr crh cs csb cu cv cy da dag de dga din diq dsb dtp dty dv dz
    ee el eml en eo es et eu ext fa fat ff fi fiu_vro fj fo fon fr frp frr fur fy
    ga gag gan gcr gd gl glk gn gom gor got gpe gsw gu guc gur guw gv
    ha hak haw he hi hif ho hr hsb ht hu hy hyw hz ia iba id ie ig igl ii ik ilo inh io is isv it iu
    ja jam jbo jv ka kaa kab kaj kbd kbp kcg kg kge ki kj kk kl km kn knc ko koi kr krc ks ksh ku kus kv kw ky
    la lad lb lbe lez lfn lg li lij lld lmo ln lo lrc lt ltg lv
    mad mag mai map_bms mdf mg mh mhr mi min mk ml mn mni mnw mo mos mr mrj ms mt mus mwl my myv mzn
    na nah nap nds nds_nl ne new ng nia nl nn no nov nqo nr nrm nso nup nv ny
    oc olo om or os pa pag pam pap pcd pcm pdc pfl pi pih pl pms pnb pnt ppl ps pt pwn
    qu rki rm rmy rn ro roa_rup roa_tara rsk ru rue rw
    sa sah sat sc scn sco sd se sg sh shi shn shy si simple sk skr sl sm smn sn so sq sr srn ss st stq su sv sw syl
    szl szy ta tay tcy tdd te tet tg th ti tig tk tl tly tn to tok tpi tr trv ts tt tum tw ty tyv
    udm ug uk ur uz ve vec vep vi vls vo wa war wo wuu xal xh xmf yi yo yue
    za zea zgh zh zh_classical zh_min_nan zh_yue zu
    """.split()  # noqa: SIM905
)
"""Language codes in database names of the multilingual projects, https://meta.wikimedia.org/wiki/List_of_Wikipedias."""

SUFFIXES: Final = {
    "wiki": "wikipedia",
    "wiktionary": "wiktionary",
    "wikibooks": "wikibooks",
    "wikinews": "wikinews",
    "wikiquote": "wikiquote",
    "wikisource": "wikisource",
    "wikiversity": "wikiversity",
    "wikivoyage": "wikivoyage",
}

CHAPTERS: Final = frozenset(
    """
    ae am ar az bd be br ca cn co dk fi ge gr hi id mai mk mx ng nl no nyc nz pa_us pl pt punjabi romd rs ru se tr ua
    ve wb
    """.split()  # noqa: SIM905
)
"""`<code>wikimedia`: public wikis of chapters and user groups at `<code>.wikimedia.org`."""

SINGLE: Final = {
    "betawikiversity": ("wikiversity", "beta.wikiversity.org"),
    "commonswiki": ("commons", "commons.wikimedia.org"),
    "etwikimedia": ("wikimedia", "ee.wikimedia.org"),  # the database keeps the language, the site the country
    "foundationwiki": ("wikimedia", "foundation.wikimedia.org"),
    "incubatorwiki": ("wikimedia", "incubator.wikimedia.org"),
    "labswiki": ("wikimedia", "wikitech.wikimedia.org"),
    "mediawikiwiki": ("mediawiki", "www.mediawiki.org"),
    "metawiki": ("wikimedia", "meta.wikimedia.org"),
    "nostalgiawiki": ("wikipedia", "nostalgia.wikipedia.org"),
    "outreachwiki": ("wikimedia", "outreach.wikimedia.org"),
    "qualitywiki": ("wikimedia", "quality.wikimedia.org"),
    "sourceswiki": ("wikisource", "wikisource.org"),
    "specieswiki": ("wikimedia", "species.wikimedia.org"),
    "strategywiki": ("wikimedia", "strategy.wikimedia.org"),
    "tenwiki": ("wikimedia", "ten.wikipedia.org"),
    "test2wiki": ("wikimedia", "test2.wikipedia.org"),
    "testcommonswiki": ("commons", "test-commons.wikimedia.org"),
    "testwiki": ("wikimedia", "test.wikipedia.org"),
    "testwikidatawiki": ("wikidata", "test.wikidata.org"),
    "usabilitywiki": ("wikimedia", "usability.wikimedia.org"),
    "wikidatawiki": ("wikidata", "www.wikidata.org"),
    "wikifunctionswiki": ("wikifunctions", "www.wikifunctions.org"),
    "wikimaniawiki": ("wikimedia", "wikimania.wikimedia.org"),
    **{f"wikimania{year}wiki": ("wikimedia", f"wikimania{year}.wikimedia.org") for year in range(2005, 2019)},
}

SUBDOMAINS: Final = {"be_x_old": "be-tarask"}
"""Languages whose site was renamed while the database was not."""

TAGS: Final = {
    "als": "gsw",
    "bat_smg": "sgs",
    "be_x_old": "be-tarask",
    "bh": "bho",
    "cbk_zam": "cbk",
    "eml": "egl",
    "fiu_vro": "vro",
    "map_bms": "jv",
    "mo": "ro",
    "nds_nl": "nds-NL",
    "no": "nb",
    "nrm": "nrf",
    "roa_rup": "rup",
    "roa_tara": "nap",
    "simple": "en",
    "zh_classical": "lzh",
    "zh_min_nan": "nan",
    "zh_yue": "yue",
}
"""BCP 47 tags of codes that are no tags, or are the tag of another language, RFC 5646."""


@dataclass(frozen=True, slots=True)
class Wiki:
    """A wiki of the Wikimedia Foundation.

    Attributes:
        wiki_id: Database name, for instance `zh_yuewiki`.
        family: Project family, for instance `wikipedia`; single wikis without own rules are `wikimedia`.
        language: Language code as in the database name, or None where the wiki is multilingual.
        domain: Host of the site.
    """

    wiki_id: str
    family: str
    language: str | None
    domain: str


@functools.cache
def lookup(wiki_id: str) -> Wiki | None:
    """Find the Wikimedia wiki behind a database name.

    Args:
        wiki_id: Database name.

    Returns:
        The wiki, or None if Wikimedia has no public wiki of that name.

    >>> lookup("be_x_oldwiki")
    Wiki(wiki_id='be_x_oldwiki', family='wikipedia', language='be_x_old', domain='be-tarask.wikipedia.org')
    >>> lookup("my_private_wiki") is None
    True
    """
    if wiki_id in SINGLE:
        family, domain = SINGLE[wiki_id]
        return Wiki(wiki_id, family, None, domain)
    if wiki_id.removesuffix("wikimedia") in CHAPTERS and wiki_id.endswith("wikimedia"):
        return Wiki(wiki_id, "wikimedia", None, f"{wiki_id.removesuffix('wikimedia').replace('_', '-')}.wikimedia.org")
    for suffix, family in SUFFIXES.items():
        code = wiki_id.removesuffix(suffix)
        if code != wiki_id and code in LANGUAGES:
            subdomain = SUBDOMAINS.get(code, code.replace("_", "-"))
            return Wiki(wiki_id, family, code, f"{subdomain}.{family}.org")
    return None


def language_tag(wiki_id: str) -> str | None:
    """Give the BCP 47 tag of a wiki's language.

    Args:
        wiki_id: Database name.

    Returns:
        The tag, or None for multilingual and unknown wikis.

    >>> language_tag("zh_yuewiki"), language_tag("simplewiki"), language_tag("commonswiki")
    ('yue', 'en', None)
    """
    wiki = lookup(wiki_id)
    if wiki is None or wiki.language is None:
        return None
    return TAGS.get(wiki.language, wiki.language)


def index_url(wiki_id: str, base: str | None = None) -> str | None:
    """Give the address that shows a revision once `oldid=` and its number are added.

    MediaWiki ignores the title of a request that has an `oldid`, so that any page of the wiki serves.

    Args:
        wiki_id: Database name. Where it is one of Wikimedia's it alone decides: headers of dumps are copied about.
        base: Address of the main page as the dump's `<base>` states it, for wikis of others.

    Returns:
        An address that ends in `?` or `&`, or None if none can be given.

    >>> index_url("enwiki")
    'https://en.wikipedia.org/w/index.php?'
    >>> index_url("gardenwiki", "https://wiki.example.org/index.php?title=Main_Page")
    'https://wiki.example.org/index.php?title=Main_Page&'
    """
    wiki = lookup(wiki_id)
    if wiki is not None:
        return f"https://{wiki.domain}/w/index.php?"
    if not base or not base.isprintable() or any(character in base for character in " \"'<>\\`"):
        return None
    try:
        parts = urlsplit(base)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    address = parts._replace(fragment="").geturl()
    return address + ("&" if parts.query else "?")


def canonical_urls(
    wiki_ids: pa.Array[Any], revision_ids: pa.Array[Any], *, bases: dict[str, str] | None = None
) -> pa.StringArray:
    """Give the permanent address of every revision, the one that a reader can be sent to.

    Args:
        wiki_ids: Database names, n strings.
        revision_ids: n int64.
        bases: `<base>` of the dump by database name, for wikis that are not Wikimedia's.

    Returns:
        n strings; empty where no address can be given.

    >>> canonical_urls(pa.array(["enwiki", "gardenwiki"]), pa.array([7, 8])).to_pylist()
    ['https://en.wikipedia.org/w/index.php?oldid=7', '']
    """
    return _urls(wiki_ids, revision_ids, bases or {}, "oldid=", "")


def history_urls(
    wiki_ids: pa.Array[Any], page_ids: pa.Array[Any], *, bases: dict[str, str] | None = None
) -> pa.StringArray:
    """Give the address of every page's history, which names all who wrote it.

    Args:
        wiki_ids: Database names, n strings.
        page_ids: n int64.
        bases: `<base>` of the dump by database name, for wikis that are not Wikimedia's.

    Returns:
        n strings; empty where no address can be given.

    >>> history_urls(pa.array(["elwiki"]), pa.array([7])).to_pylist()
    ['https://el.wikipedia.org/w/index.php?curid=7&action=history']
    """
    return _urls(wiki_ids, page_ids, bases or {}, "curid=", "&action=history")


def _urls(
    wiki_ids: pa.Array[Any], numbers: pa.Array[Any], bases: dict[str, str], key: str, tail: str
) -> pa.StringArray:
    encoded: Any = wiki_ids if pa.types.is_dictionary(wiki_ids.type) else wiki_ids.dictionary_encode()
    prefixes = [index_url(wiki_id, bases.get(wiki_id)) for wiki_id in encoded.dictionary.to_pylist()]
    starts: Any = pa.array([None if prefix is None else prefix + key for prefix in prefixes], pa.string())
    digits: Any = numbers.cast(pa.string())
    urls: Any = pc.binary_join_element_wise(starts.take(encoded.indices), digits, tail, "")
    result: pa.StringArray = urls.fill_null("")
    return result
