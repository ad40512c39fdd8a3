"""The licence table: vectors by project and day, and a slow twin of the fast resolution."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import given

from wikigrove.governance.licence import RULES, Rule, licence_url, resolve, table, table_digest
from wikigrove.governance.wikis import lookup
from wikigrove.schema import TIMESTAMP

BY_SA_4, BY_SA_3, GFDL = "CC-BY-SA-4.0", "CC-BY-SA-3.0", "GFDL-1.3-or-later"


def rows(*records: tuple[str, int, datetime | None]) -> pa.RecordBatch:
    wikis, namespaces, times = zip(*records, strict=True)
    return pa.record_batch(
        {
            "wiki_id": pa.array(wikis, pa.string()),
            "page_namespace_id": pa.array(namespaces, pa.int32()),
            "revision_dt": pa.array(times, TIMESTAMP),
        }
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("wiki_id", "namespace", "time", "want"),
    [
        ("enwiki", 0, "2023-06-06T23:59:59", [BY_SA_3, GFDL]),
        ("enwiki", 0, "2023-06-07T00:00:00", [BY_SA_4, GFDL]),
        ("frwiktionary", 14, "2001-01-15T00:00:00", [BY_SA_3, GFDL]),
        ("dewikivoyage", 0, "2026-01-01T00:00:00", [BY_SA_4]),
        ("metawiki", 0, "2026-01-01T00:00:00", [BY_SA_4, GFDL]),
        ("wikidatawiki", 0, "2013-01-01T00:00:00", ["CC0-1.0"]),
        ("wikidatawiki", 120, "2026-01-01T00:00:00", ["CC0-1.0"]),
        ("wikidatawiki", 146, "2026-01-01T00:00:00", ["CC0-1.0"]),
        ("wikidatawiki", 640, "2026-01-01T00:00:00", ["CC0-1.0"]),
        ("wikidatawiki", 4, "2026-01-01T00:00:00", [BY_SA_4]),
        ("wikidatawiki", 1, "2020-01-01T00:00:00", [BY_SA_3]),
        ("commonswiki", 6, "2026-01-01T00:00:00", [BY_SA_4]),
        ("mediawikiwiki", 12, "2010-01-01T00:00:00", ["CC0-1.0"]),
        ("wikifunctionswiki", 0, "2026-01-01T00:00:00", []),
        ("wikifunctionswiki", 4, "2026-01-01T00:00:00", [BY_SA_4]),
        ("enwikinews", 0, "2005-09-24T23:59:59", ["LicenseRef-public-domain"]),
        ("eswikinews", 0, "2005-09-24T23:59:59", []),
        ("enwikinews", 0, "2005-09-25T00:00:00", ["CC-BY-2.5"]),
        ("enwikinews", 0, "2024-12-15T23:59:59", ["CC-BY-2.5"]),
        ("enwikinews", 0, "2024-12-16T00:00:00", ["CC-BY-4.0"]),
        ("eswikinews", 0, "2025-01-29T23:59:59", ["CC-BY-2.5"]),
        ("eswikinews", 0, "2025-01-30T00:00:00", ["CC-BY-4.0"]),
        ("dewikinews", 0, "2026-01-30T00:00:00", ["CC-BY-2.5"]),
        ("ruwikinews", 0, "2026-01-30T00:00:00", ["CC-BY-2.5"]),
        ("svwikinews", 0, "2025-01-29T00:00:00", ["CC-BY-2.5"]),
        ("svwikinews", 0, "2025-01-30T00:00:00", [BY_SA_4]),
        ("fawikinews", 0, "2025-01-30T00:00:00", [BY_SA_4]),
        ("arwikinews", 0, "2024-07-31T00:00:00", ["CC-BY-2.5"]),
        ("arwikinews", 0, "2024-08-10T00:00:00", []),
        ("arwikinews", 0, "2024-09-01T00:00:00", [BY_SA_4]),
        ("frwikinews", 0, "2020-01-01T00:00:00", ["CC-BY-2.5"]),
        ("frwikinews", 0, "2024-01-01T00:00:00", []),
        ("frwikinews", 0, "2025-01-30T00:00:00", [BY_SA_4]),
        ("gardenwiki", 0, "2026-01-01T00:00:00", []),
        ("officewiki", 0, "2026-01-01T00:00:00", []),
    ],
)
def test_vectors(wiki_id: str, namespace: int, time: str, want: list[str]) -> None:
    numbers, licences = resolve(rows((wiki_id, namespace, at(time))))
    assert licences.to_pylist() == [want]
    assert (numbers.to_pylist() == [0]) == (want == [])


def test_a_lost_time_fits_only_rules_without_time() -> None:
    _, licences = resolve(rows(("enwiki", 0, None), ("wikidatawiki", 0, None), ("dewikinews", 0, None)))
    assert licences.to_pylist() == [[], ["CC0-1.0"], []]


def test_slots_have_their_own_licence() -> None:
    _, licences = resolve(rows(("commonswiki", 6, at("2026-01-01")), ("enwiki", 0, at("2026-01-01"))), role="mediainfo")
    assert licences.to_pylist() == [["CC0-1.0"], []]


def naive(wiki_id: str, namespace: int, time: datetime | None) -> Rule | None:
    wiki = lookup(wiki_id)
    for rule in RULES:
        if (
            wiki is not None
            and rule.role == "main"
            and wiki.family in rule.families
            and (not rule.languages or wiki.language in rule.languages)
            and (not rule.namespaces or namespace in rule.namespaces)
            and (rule.since is None or (time is not None and time >= at(rule.since)))
            and (rule.until is None or (time is not None and time < at(rule.until)))
        ):
            return rule
    return None


EDGES = sorted({at(day) for rule in RULES for day in (rule.since, rule.until) if day})
MOMENTS = st.one_of(
    st.none(),
    st.datetimes(datetime(1969, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.builds(lambda edge, us: edge + timedelta(microseconds=us), st.sampled_from(EDGES), st.integers(-2, 2)),
)
WIKI_IDS = st.sampled_from(
    ["enwiki", "wikidatawiki", "commonswiki", "mediawikiwiki", "wikifunctionswiki", "enwikivoyage", "metawiki"]
    + [f"{language}wikinews" for language in ("en", "de", "ar", "fr", "sv", "es")]
    + ["gardenwiki"]
)


@given(
    st.lists(st.tuples(WIKI_IDS, st.sampled_from([0, 1, 4, 6, 12, 120, 146, 640]), MOMENTS), min_size=1, max_size=40)
)
def test_the_batch_agrees_with_one_rule_after_the_other(records: list[tuple[str, int, datetime | None]]) -> None:
    numbers, licences = resolve(rows(*records))
    for number, ids, record in zip(numbers.to_pylist(), licences.to_pylist(), records, strict=True):
        rule = naive(*record)
        assert tuple(ids) == (rule.licence_ids if rule else ())
        assert number == (rule.number if rule and rule.licence_ids else 0)


def test_dictionary_columns_and_tables_resolve_alike() -> None:
    batch = rows(("enwiki", 0, at("2026-01-01")), ("frwiki", 0, at("2020-01-01")), ("enwiki", 0, None))
    encoded = batch.set_column(0, "wiki_id", batch.column("wiki_id").dictionary_encode())
    chunked = pa.Table.from_batches([batch.slice(0, 1), batch.slice(1)])
    assert [column.to_pylist() for column in resolve(encoded)] == [column.to_pylist() for column in resolve(batch)]
    assert [column.to_pylist() for column in resolve(chunked)] == [column.to_pylist() for column in resolve(batch)]
    assert not resolve(batch)[1].type.value_field.nullable


def test_numbers_are_given_once_and_fit_the_leaf() -> None:
    numbers = [rule.number for rule in RULES]
    assert len(set(numbers)) == len(numbers)
    assert all(1 <= number <= 0xFFFF for number in numbers)


def test_the_table_is_frozen() -> None:
    """A change of the table is a new version: old leaves speak of the old one."""
    assert table()["version"] == "wikigrove.licences/1"
    assert table_digest() == "826da4b1efbafcc4c8e2d28295cb93e7a629f5bd2ee53a1a8d113842f311a6b8"


def test_every_licence_but_the_public_domain_has_a_text() -> None:
    ids = {licence for rule in RULES for licence in rule.licence_ids}
    assert {licence for licence in ids if licence_url(licence) is None} == {"LicenseRef-public-domain"}
