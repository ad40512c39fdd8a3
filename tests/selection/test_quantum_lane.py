"""The lane keeps its quotas, its threshold, its books and its word, on any seed."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from math import comb, sqrt

import numpy as np
import pytest
import xxhash
from numpy.typing import NDArray

from wikigrove.errors import DeadlineExceededError, EngineUnavailableError, VerificationError
from wikigrove.quantum.engines.analytic import AnalyticEngine
from wikigrove.quantum.ledger import Ledger
from wikigrove.quantum.sample import balanced_subset, rejection_twin
from wikigrove.quantum.space import SubsetSpace
from wikigrove.selection import cells, quantum
from wikigrove.selection.cells import deal, mean_similarities, population_of
from wikigrove.selection.chain import Chain
from wikigrove.selection.classical import shortlist
from wikigrove.selection.draw import draw_analytic, verify_draws
from wikigrove.selection.gates import GateReport, run_gates
from wikigrove.selection.problem import Problem
from wikigrove.selection.quantum import amplify, choose

pytest.importorskip("qiskit", reason="the quantum lane exercises gates in every run")
pytest.importorskip("qiskit_aer", reason="the quantum lane exercises gates in every run")

DEADLINE_S = 60.0


def problem_of(rows: int, budget: int, *, strata: int = 1, seed: int = 0, threads: int = 1) -> Problem:
    random = np.random.default_rng(seed)
    centres = random.normal(size=(6, 12))
    matrix = centres[random.integers(0, 6, rows)] + 0.5 * random.normal(size=(rows, 12))
    labels = [f"s{label}" for label in random.integers(0, strata, rows)]
    return Problem.build(matrix.astype(np.float32), budget=budget, strata=labels, seed=seed, threads=threads)


def herd(problem: Problem) -> tuple[NDArray[np.int64], ...]:
    return shortlist(problem, quantum.SHORTLIST_FACTOR)


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the gates in this process, for tests that are not about the worker."""
    monkeypatch.setattr(quantum, "run_isolated", lambda function, deadline_s, *args: function(*args))


def chain_of(problem: Problem) -> Chain:
    population, rows = population_of(problem, 0), np.arange(problem.size)
    means = mean_similarities(problem, population, rows)
    return Chain(problem, population, dict(zip(rows.tolist(), means.tolist(), strict=True)))


def mmd2(problem: Problem, rows: NDArray[np.int64], population: NDArray[np.int64]) -> float:
    return float(
        problem.similarity(rows, rows).mean()
        - 2 * problem.similarity(rows, population).mean()
        + problem.similarity(population, population).mean()
    )


@pytest.mark.parametrize(
    ("rows", "budget", "strata", "engine"),
    [
        (200, 20, 1, "analytic"),  # cells of 15: the gates only check
        (120, 8, 4, "aer"),  # quotas of two: cells of six
        (150, 14, 3, "aer+analytic"),
        (9, 9, 2, "none"),  # everything is taken
    ],
)
def test_quotas_threshold_and_books(rows: int, budget: int, strata: int, engine: str) -> None:
    problem = problem_of(rows, budget, strata=strata, seed=rows)
    result = amplify(problem, herd(problem), seed=5, deadline_s=DEADLINE_S)
    assert (result.engine, result.simulated) == (engine, True)
    assert len(set(result.rows.tolist())) == budget
    assert np.bincount(problem.strata[result.rows], minlength=strata).tolist() == problem.quotas.tolist()
    listed = result.details["cells_listed"]
    assert len(listed) + result.details["cells_without_choice"] == result.details["cells"]
    assert result.ledger["emulator_ops"] == sum(comb(cell["candidates"], cell["take"]) for cell in listed)
    assert result.ledger["oracle"] * 2 + result.ledger["shots"] == result.ledger["prep"]
    assert result.ledger["checks"] == result.ledger["rounds"] == result.ledger["shots"] >= len(listed)
    assert result.ledger["classical_equiv_queries"] == result.twin["draws"] >= len(listed)
    for cell in listed:
        assert cell["mmd2"] <= cell["threshold"]
        assert cell["accepted"] >= max(1, int(0.05 * cell["subsets"]))
    assert result.details["gates"]["instances"] >= 1
    assert result.details["gates"]["difference_at_most"] == 1e-12
    assert result.details["engine_difference_at_most"] == (1e-12 if listed else None)
    json.dumps([result.ledger, result.twin, result.details, result.manifest], allow_nan=False)
    words = json.dumps([result.twin, result.details, result.manifest]).lower().replace("-", "")
    assert "speedup" not in words
    assert f"{result.ledger['emulator_ops']} classical operations" in result.details["statement"]


def test_each_stratum_is_as_balanced_as_its_last_threshold_promises(inline: None) -> None:
    problem = problem_of(300, 30, strata=3, seed=2)
    result = choose(problem, seed=1, deadline_s=DEADLINE_S)
    assert result.details["cells_without_choice"] == 0
    for stratum, name in enumerate(problem.strata_names):
        members = np.flatnonzero(problem.strata == stratum)
        own = result.rows[problem.strata[result.rows] == stratum]
        cells_of_it = [cell for cell in result.details["cells_listed"] if cell["cell"].startswith(f"{name}/")]
        assert len(cells_of_it) > 1
        assert sum(cell["take"] for cell in cells_of_it) == len(own)
        assert mmd2(problem, own, members) == pytest.approx(cells_of_it[-1]["mmd2"], abs=1e-11)
        assert cells_of_it[-1]["mmd2"] <= cells_of_it[-1]["threshold"]


def test_same_seed_same_result_whatever_the_threads_and_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    results = []
    for threads in (1, 2):
        problem = problem_of(120, 8, strata=4, threads=threads)
        results.append(amplify(problem, herd(problem), seed=11, deadline_s=DEADLINE_S))
        monkeypatch.setattr(quantum, "run_isolated", lambda function, deadline_s, *args: function(*args))
    first, second = ((r.rows.tolist(), r.engine, r.ledger, r.twin, r.details, r.manifest) for r in results)
    assert first == second
    large = problem_of(200, 20)
    seeds = [amplify(large, herd(large), seed=seed, deadline_s=DEADLINE_S).rows.tolist() for seed in (11, 11, 12)]
    assert seeds[0] == seeds[1] != seeds[2]


def test_streams_are_the_recorded_ones(inline: None) -> None:
    """Both lanes again, cell by cell, on streams that are spelt out: seed, task 4, lane, XXH3-64 of the cell."""
    problem = problem_of(200, 20)
    result = choose(problem, seed=6, deadline_s=DEADLINE_S)
    drawn = {}
    for lane in (1, 2):
        chain = chain_of(problem)
        for cell in deal(problem, shortlist(problem, 3)):
            space = chain.space(cell)
            key = xxhash.xxh3_64_intdigest(cell.name.encode())
            random = np.random.Generator(np.random.Philox(np.random.SeedSequence([6, 4, lane, key])))
            if lane == 1:
                index = rejection_twin(space, 1, random, Ledger())[0]
            else:
                index = balanced_subset(space, 1, AnalyticEngine(), random, Ledger())[0]
            mask = int(space.masks[index])
            chain.add(cell.rows[[position for position in range(len(cell.rows)) if mask >> position & 1]])
        drawn[lane] = np.sort(chain.rows)
    assert drawn[2].tolist() == result.rows.tolist() != drawn[1].tolist()
    assert problem.objective(drawn[1]) == result.twin["objective"]


def test_a_cell_does_not_depend_on_the_other_strata(inline: None) -> None:
    """Streams are keyed by stratum and cell, so dropping a stratum changes nothing in the others."""
    problem = problem_of(150, 12, strata=3)
    shortlists = herd(problem)
    whole = amplify(problem, shortlists, seed=3, deadline_s=DEADLINE_S)
    quotas = problem.quotas.copy()
    quotas[0] = 0
    rest = amplify(replace(problem, quotas=quotas), shortlists, seed=3, deadline_s=DEADLINE_S)
    assert rest.rows.tolist() == whole.rows[problem.strata[whole.rows] != 0].tolist()


@pytest.mark.parametrize("budget", [15, 60, 200])
def test_the_lane_beats_every_random_draw_equals_its_twin_and_loses_to_herding(inline: None, budget: int) -> None:
    """Large budgets, too: cells that were balanced one by one would share a lean and lose to a random draw."""
    problem = problem_of(600, budget, seed=4)
    runs = [choose(problem, seed=seed, deadline_s=DEADLINE_S) for seed in range(4)]
    lane = np.array([problem.objective(run.rows) for run in runs])
    twin = np.array([run.twin["objective"] for run in runs])
    random = [problem.objective(np.random.default_rng(seed).choice(600, budget, replace=False)) for seed in range(40)]
    assert max(lane.max(), twin.max()) < min(random)
    assert abs(lane.mean() - twin.mean()) < 4 * sqrt((lane.var(ddof=1) + twin.var(ddof=1)) / 4)
    assert all(run.details["reduction"]["herding_objective"] < lane.min() for run in runs)


def test_gates_take_a_fixed_number_of_cells_and_the_law_takes_the_others(inline: None) -> None:
    problem = problem_of(400, 40, strata=20)
    result = choose(problem, seed=0, deadline_s=DEADLINE_S)
    assert result.engine == "aer+analytic"
    assert result.details["cells_by_engine"]["aer"] == quantum.GATE_CELLS
    assert sum(result.details["cells_by_engine"].values()) == result.details["cells"] == 20
    assert [cell["engine"] for cell in result.details["cells_listed"][: quantum.GATE_CELLS]] == ["aer"] * 16


def test_a_large_stratum_is_measured_on_a_recorded_sample(inline: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "POPULATION_LIMIT", 50)
    problem = problem_of(160, 8, strata=2)
    result = choose(problem, seed=0, deadline_s=DEADLINE_S)
    assert result.details["strata_measured_on_a_sample"] == ["s0", "s1"]
    population = population_of(problem, 1)
    assert (len(population.rows), population.is_sample) == (50, True)
    assert set(problem.strata[population.rows].tolist()) == {1}


def test_an_instance_above_the_exact_limit_is_measured_on_its_reference(inline: None) -> None:
    problem = Problem.build(np.random.default_rng(0).normal(size=(90, 6)).astype(np.float32), budget=9, exact_limit=60)
    assert not problem.is_exact
    result = choose(problem, seed=0, deadline_s=DEADLINE_S)
    assert result.details["strata_measured_on_a_sample"] == ["all"]
    cell = deal(problem, herd(problem))[0]
    means = mean_similarities(problem, population_of(problem, 0), cell.rows)
    assert means == pytest.approx(problem.similarity(cell.rows, problem.reference).mean(axis=1), abs=1e-12)


def test_a_deadline_in_the_gates_and_one_before_them() -> None:
    problem = problem_of(60, 4, strata=2)
    shortlists = herd(problem)
    with pytest.raises(DeadlineExceededError, match="stopped at its deadline"):
        amplify(problem, shortlists, seed=0, deadline_s=0.2)  # a child needs longer to import qiskit
    with pytest.raises(DeadlineExceededError, match="ran out of time"):
        amplify(problem, shortlists, seed=0, deadline_s=0.0)


@pytest.mark.parametrize(("rows", "budget", "strata"), [(60, 4, 2), (200, 20, 1)], ids=["draws", "check only"])
def test_disagreeing_gates_are_refused(monkeypatch: pytest.MonkeyPatch, rows: int, budget: int, strata: int) -> None:
    problem = problem_of(rows, budget, strata=strata)
    shortlists = herd(problem)

    def tampered(change):
        def run(function, deadline_s, jobs, seed):
            return [change(report, space) for report, (_, space) in zip(function(jobs, seed), jobs, strict=True)]

        return run

    def shifted(report: GateReport, space) -> GateReport:
        return replace(report, probabilities={j: found + 1e-8 for j, found in report.probabilities.items()})

    def worst(report: GateReport, space) -> GateReport:
        return replace(report, index=int(np.argmax(space.costs)))

    def outside(report: GateReport, space) -> GateReport:
        return replace(report, index=space.size)

    def broken(report: GateReport, space) -> GateReport:
        return replace(report, probabilities={j: found * np.nan for j, found in report.probabilities.items()})

    for change, message in [
        (shifted, "two engines disagree"),
        (broken, "two engines disagree"),
        (worst, "less balanced than the threshold"),
        (outside, "does not exist"),
    ]:
        monkeypatch.setattr(quantum, "run_isolated", tampered(change))
        with pytest.raises(VerificationError, match=message):
            amplify(problem, shortlists, seed=0, deadline_s=DEADLINE_S)


def test_a_wrong_law_is_caught_by_the_other_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = problem_of(200, 20)
    honest = AnalyticEngine.probabilities
    monkeypatch.setattr(AnalyticEngine, "probabilities", lambda self, space, j: honest(self, space, j + 1))
    with pytest.raises(VerificationError, match="two engines disagree"):
        amplify(problem, herd(problem), seed=0, deadline_s=DEADLINE_S)


def test_every_way_a_draw_can_be_wrong_is_noticed() -> None:
    problem = problem_of(60, 11)
    population, chain = population_of(problem, 0), chain_of(problem)
    draws = []
    for cell in deal(problem, shortlist(problem, 3)):
        draws.append(draw_analytic(cell, chain.space(cell), 0))
        chain.add(draws[-1].rows)
    assert len(draws) == 3
    nothing = np.empty(0, dtype=np.int64)
    verify_draws(problem, population, nothing, draws)
    last = draws[-1]
    outsider = np.setdiff1d(np.arange(60), last.cell.rows)[:1]
    for rows in (last.rows[:-1], np.append(last.rows[:-1], last.rows[0]), np.append(last.rows[:-1], outsider)):
        with pytest.raises(VerificationError, match="no subset of the asked size"):
            verify_draws(problem, population, nothing, [*draws[:-1], replace(last, rows=rows)])
    for position in range(3):
        cheaper = [replace(d, threshold=d.cost - 1e-9) if i == position else d for i, d in enumerate(draws)]
        with pytest.raises(VerificationError, match="less balanced"):
            verify_draws(problem, population, nothing, cheaper)


def test_without_qiskit_the_lane_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    (tmp_path / "qiskit_aer.py").write_text("raise ImportError('no such wheel')")
    monkeypatch.syspath_prepend(str(tmp_path))
    problem = problem_of(60, 4)
    with pytest.raises(EngineUnavailableError, match="hint: pip install"):
        amplify(problem, herd(problem), seed=0, deadline_s=DEADLINE_S)


def test_the_parent_never_loads_qiskit() -> None:
    script = f"""
import sys
sys.path[:0] = {sys.path!r}
import numpy as np
from wikigrove.selection.problem import Problem
from wikigrove.selection.quantum import amplify, choose
problem = Problem.build(np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32), budget=3)
result = amplify(problem, [np.arange(9)], seed=0, deadline_s=60.0)
print(result.engine, len(result.rows), [name for name in sys.modules if name.startswith("qiskit")])
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["aer", "3", "[]"]


def test_the_worker_draws_uniformly_from_the_acceptable_subsets() -> None:
    """Through the very function that the worker runs, over many keys."""
    costs = np.random.default_rng(0).random(10)
    space = SubsetSpace.at_fraction(5, 2, costs, fraction=0.4)
    reports = run_gates([(f"key {number}", space) for number in range(100)], 7)
    counts = np.bincount([report.index for report in reports], minlength=space.size)[space.marked]
    assert counts.size == 4
    assert counts.sum() == 100
    assert float(((counts - 25) ** 2 / 25).sum()) < 21.11  # upper 1e-4 point of χ² with 3 degrees of freedom
