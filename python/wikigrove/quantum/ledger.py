"""What a run has cost, counted where it is spent."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields


@dataclass(slots=True)
class Ledger:
    """Count the queries of a run. Engines, searches and samplers add; nobody resets.

    The units are never mixed. An emulator that evolves one state vector and draws many shots from it still books every
    shot at its full price, because a device would have to repeat the circuit.

    Attributes:
        oracle: Uses of the phase oracle, j per shot.
        prep: Uses of the state preparation and of its inverse, 2j + 1 per shot.
        shots: Measurements of the whole register.
        checks: Classical evaluations of the predicate on a measured item.
        rounds: Rounds of a search that does not know the number of good items.
        emulator_ops: Classical evaluations spent to build the oracle, one per enumerated item. A device would not be
            spared them if its oracle were a table.
        classical_equiv_queries: Evaluations of the predicate that the classical twin spent on the same instances.

    Example:
        >>> ledger = Ledger()
        >>> ledger.add(oracle=3, prep=7, shots=1)
        >>> ledger.add(oracle=1, prep=3, shots=1)
        >>> ledger.oracle, ledger.prep, ledger.shots
        (4, 10, 2)
    """

    oracle: int = 0
    prep: int = 0
    shots: int = 0
    checks: int = 0
    rounds: int = 0
    emulator_ops: int = 0
    classical_equiv_queries: int = 0

    def add(
        self,
        *,
        oracle: int = 0,
        prep: int = 0,
        shots: int = 0,
        checks: int = 0,
        rounds: int = 0,
        emulator_ops: int = 0,
        classical_equiv_queries: int = 0,
    ) -> None:
        """Book costs on top of what is there.

        Raises:
            ValueError: If a cost is negative; the counts only grow.
        """
        costs = Ledger(oracle, prep, shots, checks, rounds, emulator_ops, classical_equiv_queries)
        self.merge(costs)

    def merge(self, other: Ledger) -> None:
        """Add every count of another ledger to this one.

        Raises:
            ValueError: If a count of the other ledger is negative.
        """
        counts = other.as_dict()
        for name, count in counts.items():
            if count < 0:
                raise ValueError(f"a ledger only grows, {name}: {count}")
        for name, count in counts.items():
            setattr(self, name, getattr(self, name) + count)

    def as_dict(self) -> dict[str, int]:
        """Return the counts by name, in declaration order."""
        return asdict(self)

    @classmethod
    def from_dict(cls, counts: dict[str, int]) -> Ledger:
        """Rebuild a ledger from `as_dict`.

        Raises:
            ValueError: If a count is missing, unknown or negative.
        """
        if set(counts) != {field.name for field in fields(cls)}:
            raise ValueError(f"not the counts of a ledger: {sorted(counts)}")
        ledger = cls()
        ledger.merge(cls(**counts))
        return ledger
