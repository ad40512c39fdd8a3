"""Exact top-k against plain sorting, and its score bits against exact arithmetic."""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wikigrove import _core
from wikigrove.errors import FingerprintError, VectorError
from wikigrove.index import Hits, VectorIndex

Matrix = npt.NDArray[np.float32]
EXAMPLES = settings(max_examples=int(os.environ.get("MAX_EXAMPLES", "150")), deadline=None)
MADE = "a fingerprint"


@dataclass(frozen=True)
class Whole:
    ids: npt.NDArray[np.int64]
    matrix: Matrix
    fingerprint: str = MADE


class Chunked:
    """A source like the store's: asking for the whole matrix would copy."""

    def __init__(self, ids: npt.NDArray[np.int64], matrix: Matrix, cuts: list[int]) -> None:
        self.ids, self.fingerprint = ids, MADE
        self.chunks = tuple(np.split(matrix, cuts))

    @property
    def matrix(self) -> Matrix:
        raise AssertionError("the chunks suffice")


def round_to_float32(value: Fraction) -> Fraction:
    """Round to nearest, ties to even, by integer arithmetic: 24 bits, or multiples of 2^-149 for small values."""
    if value == 0:
        return value
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    while abs(value) >= Fraction(2) ** exponent:
        exponent += 1
    unit = Fraction(2) ** max(exponent - 24, -149)
    return round(value / unit) * unit


def exact_score(row: Matrix, query: Matrix) -> float:
    """The score rule, each operation exact and then rounded once; signs of zero need no care, as +0 is canonical."""
    lanes = [Fraction(0)] * 16
    for place, (left, right) in enumerate(zip(row.tolist(), query.tolist(), strict=True)):
        lanes[place % 16] = round_to_float32(Fraction(left) * Fraction(right) + lanes[place % 16])
    for half in (8, 4, 2, 1):
        lanes = [round_to_float32(lanes[lane] + lanes[lane + half]) for lane in range(half)]
    return float(lanes[0])


def bits(scores: npt.NDArray[np.float32]) -> list[int]:
    found: list[int] = scores.view(np.uint32).tolist()
    return found


def assert_equal(left: Hits, right: Hits) -> None:
    np.testing.assert_array_equal(left.ids, right.ids)
    assert bits(left.scores) == bits(right.scores)


@given(st.fractions(-(2**130), 2**130, max_denominator=2**160) | st.floats(-1e38, 1e38).map(Fraction))
def test_rounding_by_integers_is_rounding(value: Fraction) -> None:
    # Only values that float64 holds are compared: NumPy would round others twice.
    exact = Fraction(float(value))
    if abs(exact) < Fraction(2) ** 127:
        assert float(round_to_float32(exact)) == float(np.float32(float(exact)))


COMPONENTS = st.one_of(
    st.floats(-2, 2, width=32),
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-30, -1e-30, 1e-23, 3e18, -3e18, 1 / 3]),
).map(np.float32)


@EXAMPLES
@given(
    st.integers(1, 40).flatmap(lambda d: st.lists(st.lists(COMPONENTS, min_size=d, max_size=d), min_size=2, max_size=4))
)
def test_score_bits_are_those_of_exact_arithmetic(vectors: list[list[np.float32]]) -> None:
    matrix = np.array(vectors, dtype=np.float32)
    rows, scores = _core.top_k(matrix[1:], matrix[:1], len(matrix))
    for row, score in zip(rows[0], scores[0], strict=True):
        want = exact_score(matrix[1 + row], matrix[0])
        assert float(score) == want
        assert math.copysign(1, score) > 0 or score != 0


@st.composite
def searches(draw: st.DrawFn) -> tuple[Matrix, Matrix, int, int]:
    """Few distinct components, so that exact ties are common and float64 holds every score exactly."""
    n, d, b = draw(st.integers(0, 400)), draw(st.integers(1, 50)), draw(st.integers(0, 20))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    levels = draw(st.integers(1, 4))
    rows = generator.integers(-levels, levels + 1, (n, d)).astype(np.float32)
    queries = generator.integers(-levels, levels + 1, (b, d)).astype(np.float32)
    return rows, queries, draw(st.integers(1, 450)), draw(st.sampled_from([1, 2, 4]))


@EXAMPLES
@given(searches())
def test_agrees_with_sorting_in_float64(search: tuple[Matrix, Matrix, int, int]) -> None:
    rows, queries, k, threads = search
    found, scores = _core.top_k(rows, queries, k, threads=threads)
    exact = queries.astype(np.float64) @ rows.astype(np.float64).T
    order = np.argsort(-exact, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(found, order)
    np.testing.assert_array_equal(scores, np.take_along_axis(exact, order, axis=1))
    assert found.dtype == np.int64
    assert scores.dtype == np.float32
    assert found.shape == (len(queries), min(k, len(rows)))


@pytest.mark.parametrize("d", [1, 15, 16, 17, 384])
def test_real_numbers_batches_threads_and_chunks(d: int) -> None:
    generator = np.random.default_rng(d)
    rows = generator.standard_normal((1500, d)).astype(np.float32)
    rows[700:720] = rows[3]  # exact ties far apart
    queries = np.concatenate([generator.standard_normal((30, d)).astype(np.float32), rows[[3, 710]]])
    exact = queries.astype(np.float64) @ rows.astype(np.float64).T
    ids = np.cumsum(generator.integers(1, 9, len(rows)))
    want = VectorIndex(Whole(ids, rows)).search(queries, 40, fingerprint=MADE)

    places = np.searchsorted(ids, want.ids)
    np.testing.assert_allclose(want.scores, np.take_along_axis(exact, places, axis=1), rtol=1e-5, atol=1e-4)
    own = np.stack([_core.top_k(rows, queries, len(rows))[1][:, rank] for rank in range(40)], axis=1)
    assert bits(own) == bits(want.scores)
    for query in range(len(queries)):  # the order is that of the scores as they are, then of ids
        keys = list(zip((-want.scores[query]).tolist(), want.ids[query].tolist(), strict=True))
        assert keys == sorted(keys)
        left_out = np.setdiff1d(np.arange(len(rows)), places[query])
        assert exact[query, left_out].max() <= want.scores[query].min() + 1e-4
    if d == 384:  # there a vector is its own nearest, so all its copies come first
        assert want.ids[31, :21].tolist() == [ids[3], *ids[700:720]]

    for threads in (1, 2, 4, 50):
        for source in (Whole(ids, rows), Chunked(ids, rows, [1, 130, 130, 720]), Chunked(ids, rows, [])):
            index = VectorIndex(source, threads=threads)
            assert len(index) == 1500
            assert_equal(index.search(queries, 40, fingerprint=MADE), want)
            for start in range(0, len(queries), 7):
                part = index.search(queries[start : start + 7], 40, fingerprint=MADE)
                assert_equal(part, Hits(want.ids[start : start + 7], want.scores[start : start + 7]))
    alone = VectorIndex(Whole(ids, rows)).search(queries[31], 40, fingerprint=MADE)
    assert_equal(alone, Hits(want.ids[31], want.scores[31]))


@EXAMPLES
@given(st.data(), st.integers(1, 60), st.integers(1, 70))
def test_ties_go_to_the_smaller_id_whatever_the_row_order(data: st.DataObject, n: int, k: int) -> None:
    matrix = np.array(data.draw(st.lists(st.sampled_from([[0, 1], [1, 0]]), min_size=n, max_size=n)), np.float32)
    ids = np.array(data.draw(st.permutations(range(5, 5 + n))), np.int64)
    cuts = sorted(data.draw(st.lists(st.integers(0, n), max_size=3)))
    want = sorted(range(n), key=lambda row: (-matrix[row, 0], ids[row]))[:k]
    for source in (Whole(ids, matrix), Chunked(ids, matrix, cuts)):
        hits = VectorIndex(source).search(np.array([1, 0.5], np.float32), k, fingerprint=MADE)
        assert hits.ids.tolist() == ids[want].tolist()


def test_memory_in_any_layout_gives_the_same_bits() -> None:
    generator = np.random.default_rng(7)
    rows = generator.standard_normal((300, 37)).astype(np.float32)
    ids = np.arange(300)
    want = VectorIndex(Whole(ids, rows)).search(rows[:5], 9, fingerprint=MADE)
    wide = np.zeros((300, 74), np.float32)
    wide[:, ::2] = rows
    shifted = np.zeros(rows.size + 3, np.float32)[3:].reshape(rows.shape)
    shifted[:] = rows
    odd = np.frombuffer(b"x" + rows.tobytes(), np.uint8)[1:].view(np.float32).reshape(rows.shape)
    assert not odd.flags.aligned
    for layout in (np.asfortranarray(rows), wide[:, ::2], shifted, odd, rows[::-1][::-1]):
        assert_equal(VectorIndex(Whole(ids, layout)).search(rows[:5], 9, fingerprint=MADE), want)
        assert_equal(VectorIndex(Whole(ids, rows)).search(layout[:5], 9, fingerprint=MADE), want)
    for refused in (np.asfortranarray(rows), wide[:, ::2], odd, rows.astype(np.float64), rows[0], rows.tolist(), None):
        arguments: list[tuple[Any, Any]] = [(refused, rows), (rows, refused)]
        for pair in arguments:
            with pytest.raises(VectorError, match="float32 matrix, C-contiguous and aligned, got"):
                _core.top_k(*pair, 3)


def test_bad_rows_and_queries_are_named() -> None:
    good = np.ones((500, 20), np.float32)
    ids = np.arange(500)
    for value, message in ((np.nan, "NaN or infinity"), (-np.inf, "NaN or infinity"), (2e19, "too long for float32")):
        bad = good.copy()
        bad[321, 7] = bad[400, 1] = value
        for source in (Whole(ids, bad), Whole(ids[::-1].copy(), bad), Chunked(ids, bad, [100, 300])):
            with pytest.raises(VectorError, match=f"row .*{message}: 321"):
                VectorIndex(source)
        with pytest.raises(VectorError, match=f"query .*{message}: 321"):
            VectorIndex(Whole(ids, good)).search(bad, 3, fingerprint=MADE)
        if not np.isfinite(value):
            with pytest.raises(VectorError, match=f"row .*{message}: 321"):
                _core.top_k(bad, good[:1], 3, threads=2)


def test_refuses_what_does_not_fit() -> None:
    rows, ids = np.ones((3, 4), np.float32), np.arange(3)
    index = VectorIndex(Whole(ids, rows))
    with pytest.raises(FingerprintError, match="a fingerprint, queries are of: another"):
        index.search(rows, 1, fingerprint="another")
    with pytest.raises(VectorError, match="k must be at least 1, not: 0"):
        index.search(rows, 0, fingerprint=MADE)
    wrong_queries: list[Any] = [rows.astype(np.float64), rows[None], [1.0], np.float32(1)]
    for queries in wrong_queries:
        with pytest.raises(VectorError, match="queries must be float32"):
            index.search(queries, 1, fingerprint=MADE)
    with pytest.raises(VectorError, match="dimensions of the rows, 4, not: 2"):
        index.search(rows[:, :2], 1, fingerprint=MADE)
    wrong_sources: list[tuple[Any, str]] = [
        (Whole(np.array([1, 5, 1]), rows), "more than once: 1"),
        (Whole(ids[:2], rows), "as many as ids, 2, not: 3"),
        (Whole(ids.astype(np.int32), rows), "int64"),
        (Whole(ids, rows.astype(np.float64)), "float32"),
        (Whole(ids, np.zeros((3, 0), np.float32)), "at least one component"),
    ]
    for source, message in wrong_sources:
        with pytest.raises(VectorError, match=message):
            VectorIndex(source)
    with pytest.raises(VectorError, match="threads"):
        VectorIndex(Whole(ids, rows), threads=0)
    mixed = Chunked(ids, rows, [1])
    mixed.chunks = (rows[:1], rows[1:, :2].copy())
    with pytest.raises(VectorError, match="same dimensions, 4, not: 2"):
        VectorIndex(mixed)


def test_an_empty_index_finds_nothing() -> None:
    index = VectorIndex(Whole(np.zeros(0, np.int64), np.zeros((0, 4), np.float32)))
    hits = index.search(np.ones((2, 4), np.float32), 5, fingerprint=MADE)
    assert hits.ids.shape == hits.scores.shape == (2, 0)
    assert len(index) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted under /proc")
def test_many_callers_share_an_index_and_no_thread_stays() -> None:
    generator = np.random.default_rng(3)
    rows = generator.standard_normal((4000, 64)).astype(np.float32)
    index = VectorIndex(Whole(np.arange(4000), rows), threads=3)
    want = index.search(rows[:20], 10, fingerprint=MADE)
    before = len(os.listdir("/proc/self/task"))
    found: list[Hits] = []

    def call() -> None:
        found.extend(index.search(rows[:20], 10, fingerprint=MADE) for _ in range(10))

    callers = [threading.Thread(target=call) for _ in range(6)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(60)
    assert len(found) == 60
    for hits in found:
        assert_equal(hits, want)
    deadline = time.monotonic() + 30
    while len(os.listdir("/proc/self/task")) > before and time.monotonic() < deadline:
        time.sleep(0.01)  # Python's own threads may end a moment after join
    assert len(os.listdir("/proc/self/task")) <= before
