"""Choosing 100 of 5,000 vectors: herding, one random draw with its metrics, and both lanes of sampling."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from wikigrove.quantum import AnalyticEngine, DenseEngine, Ledger, SubsetSpace, balanced_subset, rejection_twin
from wikigrove.selection import Problem, herd, measure, random_baseline

ROWS, DIMENSIONS, BUDGET = 5_000, 256, 100
CANDIDATES, TAKE, SAMPLES = 16, 5, 100


@pytest.fixture(scope="module")
def problem() -> Problem:
    random = np.random.default_rng(3)
    centres = random.standard_normal((30, DIMENSIONS))
    matrix = centres[random.integers(30, size=ROWS)] + 0.5 * random.standard_normal((ROWS, DIMENSIONS))
    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    return Problem.build(unit.astype(np.float32), budget=BUDGET)


@pytest.fixture(scope="module")
def space() -> SubsetSpace:
    masks = np.array([mask for mask in range(1 << CANDIDATES) if mask.bit_count() == TAKE], dtype=np.uint64)
    costs = np.random.default_rng(4).random(len(masks))
    return SubsetSpace(CANDIDATES, TAKE, masks, costs, float(np.quantile(costs, 0.02)))


def generator() -> np.random.Generator:
    return np.random.Generator(np.random.Philox(5))


@pytest.mark.benchmark(group="selection: 100 of 5,000")
def bench_herding(benchmark: BenchmarkFixture, problem: Problem) -> None:
    rows: NDArray[np.int64] = benchmark.pedantic(herd, (problem,), rounds=3)
    chance = random_baseline(problem).summary(measure(problem, rows))["mmd2"]
    assert chance["beaten"] == 20


@pytest.mark.benchmark(group="selection: 100 of 5,000")
def bench_random_baseline(benchmark: BenchmarkFixture, problem: Problem) -> None:
    benchmark.pedantic(random_baseline, (problem,), rounds=3)


@pytest.mark.benchmark(group="sampling: 100 balanced subsets, 5 of 16 candidates, 2 % acceptable")
def bench_amplified_by_rotation_law(benchmark: BenchmarkFixture, space: SubsetSpace) -> None:
    ledger = Ledger()
    benchmark(balanced_subset, space, SAMPLES, AnalyticEngine(), generator(), ledger)
    benchmark.extra_info["oracle calls in all rounds"] = ledger.as_dict()["oracle"]


@pytest.mark.benchmark(group="sampling: 100 balanced subsets, 5 of 16 candidates, 2 % acceptable")
def bench_amplified_by_state_vector(benchmark: BenchmarkFixture, space: SubsetSpace) -> None:
    benchmark.pedantic(balanced_subset, (space, SAMPLES, DenseEngine(), generator(), Ledger()), rounds=2)


@pytest.mark.benchmark(group="sampling: 100 balanced subsets, 5 of 16 candidates, 2 % acceptable")
def bench_classical_twin(benchmark: BenchmarkFixture, space: SubsetSpace) -> None:
    ledger = Ledger()
    benchmark(rejection_twin, space, SAMPLES, generator(), ledger)
