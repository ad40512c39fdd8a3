from __future__ import annotations

import pytest

from wikigrove.quantum.ledger import Ledger


def test_counts_add_up_and_survive_a_round_trip() -> None:
    ledger = Ledger()
    ledger.add(oracle=3, prep=7, shots=1, checks=1, rounds=1)
    ledger.add(emulator_ops=56, classical_equiv_queries=20)
    ledger.merge(Ledger(oracle=1, prep=3, shots=1))
    assert ledger.as_dict() == {
        "oracle": 4,
        "prep": 10,
        "shots": 2,
        "checks": 1,
        "rounds": 1,
        "emulator_ops": 56,
        "classical_equiv_queries": 20,
    }
    assert Ledger.from_dict(ledger.as_dict()) == ledger


def test_a_ledger_only_grows() -> None:
    ledger = Ledger(oracle=5)
    with pytest.raises(ValueError, match="only grows, oracle: -1"):
        ledger.add(oracle=-1, prep=4)
    assert ledger == Ledger(oracle=5)


@pytest.mark.parametrize("counts", [{}, {"oracle": 1}, {**Ledger().as_dict(), "speed": 1}])
def test_counts_that_are_no_ledger_are_refused(counts: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="not the counts of a ledger"):
        Ledger.from_dict(counts)
