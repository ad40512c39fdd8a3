"""Write numbers for people."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["by_count", "count", "plural", "seconds", "share", "short", "size"]


GAP = "\N{NO-BREAK SPACE}"


def count(value: float | None) -> str:
    """Write a count with thousands parted by commas."""
    return "–" if value is None else f"{value:,.0f}"


def plural(value: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun.

    >>> plural(1, "file"), plural(2, "file"), plural(0, "entry", "entries")
    ('1 file', '2 files', '0 entries')
    """
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def size(value: float | None) -> str:
    r"""Write a size in bytes with a decimal unit.

    >>> size(999), size(1_315_553)
    ('999\xa0B', '1.32\xa0MB')
    """
    if value is None:
        return "–"
    amount = float(value)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f}{GAP}B" if unit == "B" else f"{amount:.3g}{GAP}{unit}"
        amount /= 1000
    return f"{amount:,.3g}{GAP}TB"


def seconds(value: float) -> str:
    r"""Write a time.

    >>> seconds(0.0000042), seconds(0.0123), seconds(3.456), seconds(75.2)
    ('4.2\xa0µs', '12.3\xa0ms', '3.46\xa0s', '75\xa0s')
    """
    if value < 1e-3:
        return f"{value * 1e6:.3g}{GAP}µs"
    if value < 1:
        return f"{value * 1e3:.3g}{GAP}ms"
    return f"{value:.3g}{GAP}s" if value < 60 else f"{value:.0f}{GAP}s"


def share(part: float, whole: float) -> str:
    r"""Write a share in percent.

    >>> share(1, 3), share(1, 100_000), share(0, 0)
    ('33\xa0%', '<\xa00.1\xa0%', '0\xa0%')
    """
    percent = 100 * part / whole if whole else 0.0
    if 0 < percent < 0.1:
        return f"<{GAP}0.1{GAP}%"
    return f"{percent:.1f}{GAP}%" if 0 < percent < 10 else f"{percent:.0f}{GAP}%"


def short(value: float) -> str:
    """Write a measurement with four digits.

    >>> short(0.00123456), short(12), short(1234567.0)
    ('0.001235', '12', '1,234,567')
    """
    if value and abs(value) < 1e-3:
        return f"{value:.4g}"
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1e4 else f"{value:.4g}"


def by_count(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Order counts from the largest to the smallest, ties by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
