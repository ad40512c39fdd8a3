"""The call: same ids whatever the order, both lanes, fallbacks, and a record that reads back."""

import dataclasses
import json
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import rfc8785

from wikigrove.errors import DeadlineExceededError, SelectionError
from wikigrove.selection import LaneResult, Selection, herd, measure, select_representative
from wikigrove.selection.baseline import random_baseline
from wikigrove.selection.problem import Problem


def corpus(count=240, seed=0):
    random = np.random.default_rng(seed)
    cluster = random.choice(5, size=count, p=[0.4, 0.25, 0.2, 0.1, 0.05])
    matrix = random.normal(size=(5, 10))[cluster] * 2 + random.normal(size=(count, 10))
    return matrix.astype(np.float32), [("de", "en", "eo", "yi", "zh")[code] for code in cluster]


@pytest.fixture
def quantum_lane(monkeypatch):
    """Put a function in the place of the quantum lane, which has tests of its own."""

    def install(choose):
        module = ModuleType("wikigrove.selection.quantum")
        module.choose = choose
        monkeypatch.setitem(sys.modules, "wikigrove.selection.quantum", module)
        monkeypatch.setattr(sys.modules["wikigrove.selection"], "quantum", module, raising=False)

    return install


def test_the_record_of_a_classical_selection():
    matrix, labels = corpus()
    ids = np.arange(1000, 1240)
    vectors = SimpleNamespace(ids=ids, matrix=matrix, fingerprint="abc123")
    selection = select_representative(vectors, budget=30, strata=labels, quotas="sqrt", seed=4)
    problem = Problem.build(matrix, budget=30, strata=labels, quotas="sqrt", seed=4)
    rows = herd(problem)
    assert selection.ids.tolist() == sorted(ids[rows].tolist())
    assert (selection.lane, selection.engine, selection.simulated) == ("classical", "herding", False)
    assert selection.metrics == measure(problem, rows)
    assert selection.baseline == random_baseline(problem, 20, 4).summary(selection.metrics)
    assert selection.quotas == selection.chosen == dict(zip(problem.strata_names, problem.quotas.tolist(), strict=True))
    assert selection.population == {name: labels.count(name) for name in ("de", "en", "eo", "yi", "zh")}
    assert selection.embedder == "abc123"
    assert selection.baseline["mmd2"]["z"] < -2
    assert (selection.ledger, selection.twin, selection.fallback, selection.weights) == (None, None, None, None)


def test_the_record_reads_back_and_replays():
    matrix, labels = corpus()
    for quotas in ("equal", {"de": 10, "zh": 2}):
        selection = select_representative(matrix, budget=12, strata=labels, quotas=quotas, seed=9)
        text = rfc8785.dumps(selection.to_json())
        back = Selection.from_json(json.loads(text))
        assert back == selection
        assert rfc8785.dumps(back.to_json()) == text
        assert back.ids.dtype == np.int64
        assert all(type(value) is float for value in back.metrics.values())
        replay = select_representative(matrix, strata=labels, **back.manifest["parameters"])
        assert replay == selection
        other = select_representative(matrix + np.float32(1e-3), strata=labels, **back.manifest["parameters"])
        assert other.manifest["input"]["sha256"] != selection.manifest["input"]["sha256"]
    weighted = dataclasses.replace(selection, weights=np.ones(12) / 12)
    assert Selection.from_json(json.loads(rfc8785.dumps(weighted.to_json()))) == weighted


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "wikigrove.selection/2"}, "its format is: 'wikigrove.selection/2'"),
        ({"extra": 1}, "missing or unknown fields: extra"),
        ({"ids": [3, 2, 1]}, "do not ascend"),
        ({"ids": [1, 2]}, "2 ids whose budget is: 3"),
        ({"ids": [1, 2, "3"]}, "cannot be read"),
        ({"ids": [1, 2, True]}, "cannot be read"),
        ({"ids": [1, 2, 2**70]}, "cannot be read"),
        ({"budget": True}, "budget is of another type: True"),
        ({"lane": None}, "lane is of another type: None"),
        ({"weights": [1.0]}, "3 ids whose weights are: 1"),
        ({"chosen": {"all": 2}}, "3 ids whose budget is: 3"),
        ({"metrics": {"mmd2": None}}, "cannot be read"),
    ],
)
def test_a_record_that_was_bent_is_refused(change, message):
    content = select_representative(corpus(30)[0], budget=3).to_json()
    with pytest.raises(SelectionError, match=message):
        Selection.from_json({**content, **change})
    del content["seed"]
    with pytest.raises(SelectionError, match="missing or unknown fields: seed"):
        Selection.from_json(content)


def test_neither_the_order_of_rows_nor_threads_change_the_record():
    matrix, labels = corpus()
    expected = select_representative(matrix, budget=25, strata=labels, seed=2)
    for seed, threads in ((1, 1), (2, 3)):
        order = np.random.default_rng(seed).permutation(len(matrix))
        shuffled = [labels[row] for row in order]
        found = select_representative(matrix[order], ids=order, budget=25, strata=shuffled, seed=2, threads=threads)
        assert found == expected


def test_a_quantum_selection_stands_beside_the_classical_one(quantum_lane):
    matrix, labels = corpus()
    problem = Problem.build(matrix, budget=20, strata=labels, seed=1)
    rows = np.concatenate([np.flatnonzero(problem.strata == code)[:quota] for code, quota in enumerate(problem.quotas)])
    calls = []

    def choose(problem, *, seed, deadline_s, threads):
        calls.append((problem.budget, seed, deadline_s, threads))
        return LaneResult(
            rows=rows[::-1].copy(), engine="analytic", simulated=True, ledger={"oracle_calls": 7},
            twin={"draws": 9}, details={"cells": 2}, manifest={"cell_size": 16},
        )  # fmt: skip

    quantum_lane(choose)
    selection = select_representative(matrix, budget=20, strata=labels, lane="quantum", seed=1, deadline_s=5.0)
    assert calls == [(20, 1, 5.0, 1)]
    assert selection.ids.tolist() == sorted(rows.tolist())
    assert (selection.lane, selection.engine, selection.simulated) == ("quantum", "analytic", True)
    assert (selection.ledger, selection.details) == ({"oracle_calls": 7}, {"cells": 2})
    assert selection.manifest["lane"] == {"cell_size": 16}
    assert selection.metrics == measure(problem, rows)
    classical = select_representative(matrix, budget=20, strata=labels, seed=1)
    assert selection.twin == {
        "sampler": {"draws": 9},
        "herding": {
            "engine": "herding",
            "metrics": classical.metrics,
            "shared_rows": len(np.intersect1d(rows, classical.ids)),
        },
    }
    assert Selection.from_json(json.loads(rfc8785.dumps(selection.to_json()))) == selection


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        (None, "DeadlineExceededError"),
        ([0, 1, 1], "VerificationError"),
        ([0, 1, 240], "VerificationError"),
        ([-1, 0, 1], "VerificationError"),
        ([0, 1], "VerificationError"),
    ],
)
def test_a_lane_that_cannot_deliver_is_replaced_with_its_reason(quantum_lane, rows, error):
    def choose(problem, *, seed, deadline_s, threads):
        if rows is None:
            raise DeadlineExceededError("the worker was stopped after 0.1 s")
        return LaneResult(rows=np.array(rows, dtype=np.int64), engine="dense", simulated=True)

    quantum_lane(choose)
    matrix, _ = corpus()
    selection = select_representative(matrix, budget=3, lane="quantum")
    classical = select_representative(matrix, budget=3)
    assert selection.fallback is not None
    assert selection.fallback["error"] == error
    assert selection.fallback["reason"]
    assert (selection.lane, selection.engine, selection.simulated) == ("classical", "herding", False)
    assert selection.ids.tolist() == classical.ids.tolist()
    assert selection.ledger is None
    assert Selection.from_json(json.loads(rfc8785.dumps(selection.to_json()))) == selection


def test_a_defect_in_a_lane_is_no_fallback(quantum_lane):
    def choose(problem, *, seed, deadline_s, threads):
        raise TypeError("a defect")

    quantum_lane(choose)
    with pytest.raises(TypeError, match="a defect"):
        select_representative(corpus()[0], budget=3, lane="quantum")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objective": "cover"}, "unknown objective: 'cover'; hint: supported is represent"),
        ({"lane": "analog"}, "unknown lane: 'analog'; hint: classical or quantum"),
        ({"baseline_draws": 19}, "at least 20 draws: 19"),
        ({"deadline_s": 0.0}, "positive number of seconds: 0.0"),
        ({"deadline_s": float("nan")}, "positive number of seconds: nan"),
        ({"budget": 241}, "budget 241 exceeds the eligible rows: 240"),
    ],
)
def test_what_is_not_offered_is_refused(options, message):
    with pytest.raises(SelectionError, match=message):
        select_representative(corpus()[0], **{"budget": 3, **options})
