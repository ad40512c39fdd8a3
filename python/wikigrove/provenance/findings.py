"""What a verification found: levels, the file and row of each failure, and the exit code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from wikigrove.crypto.policy import Verified
from wikigrove.errors import ConfigError

FORMAT: Final = "wikigrove.verify/1"
LEVELS: Final = ("V0", "V1", "V2", "V3", "V4")
MEANINGS: Final = {
    "V0": "every file is there, is the one that the manifest names, and parses",
    "V1": "the signatures that the policy demands hold",
    "V2": "the checkpoint continues the remembered one, and so does the log that holds it",
    "V3": "every leaf is in the signed tree",
    "V4": "every leaf follows from the stored record",
}
EXIT_CODES: Final = {"V0": 10, "V1": 11, "V2": 12, "V3": 13, "V4": 14}
EXIT_PASSED: Final = 0
EXIT_USAGE: Final = 2
EXIT_NOT_RUN: Final = 20
KEPT_FINDINGS: Final = 100
"""Findings of one level that are listed; all are counted."""

Status = Literal["passed", "failed", "not_run"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold.

    Args:
        level: `V0` to `V4`.
        message: What is wrong, lower case.
        file: Path relative to the store or export, or None.
        row: First row concerned (`leaf_index` in a store, row number in an export), or None.
        last_row: Last row concerned, if there are several.
    """

    level: str
    message: str
    file: str | None = None
    row: int | None = None
    last_row: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the finding as a JSON object."""
        return {
            "level": self.level,
            "message": self.message,
            "file": self.file,
            "row": self.row,
            "last_row": self.last_row,
        }

    def __str__(self) -> str:
        rows = "" if self.row is None else f", row {self.row}"
        if self.last_row is not None and self.last_row != self.row:
            rows = f", rows {self.row} to {self.last_row}"
        return f"{self.level} {self.file or '(no file)'}{rows}: {self.message}"


@dataclass(frozen=True, slots=True)
class LevelResult:
    """How one level went.

    Args:
        level: `V0` to `V4`.
        status: `passed`, `failed` or `not_run`.
        checked: Things checked: files for V0, signed trees for V1 and V2, rows for V3 and V4.
        failed: Number of findings.
        reason: Why the level did not run, or a remark.
    """

    level: str
    status: Status
    checked: int
    failed: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """The outcome of a verification.

    Args:
        target: The store or export.
        kind: `store` or `export`.
        levels: The asked levels, from V0 on.
        findings: What failed; at most `KEPT_FINDINGS` of each level.
        policy: SHA-256 of the policy file, or None without a policy.
        trees: The verified tree heads.
        counts: Rows and files by name.
    """

    target: str
    kind: str
    levels: tuple[LevelResult, ...]
    findings: tuple[Finding, ...]
    policy: str | None
    trees: tuple[Verified, ...]
    counts: dict[str, int]

    @property
    def exit_code(self) -> int:
        """0 passed; 2 no policy was given; 10 to 14 the lowest level that failed; 20 a level could not run."""
        if self.policy is None and len(self.levels) > 1:
            return EXIT_USAGE
        for level in self.levels:
            if level.status == "failed":
                return EXIT_CODES[level.level]
        return EXIT_NOT_RUN if any(level.status == "not_run" for level in self.levels) else EXIT_PASSED

    def to_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return {
            "format": FORMAT,
            "target": self.target,
            "kind": self.kind,
            "exit_code": self.exit_code,
            "policy_sha256": self.policy,
            "levels": [
                {
                    "level": level.level,
                    "meaning": MEANINGS[level.level],
                    "status": level.status,
                    "checked": level.checked,
                    "failed": level.failed,
                    "reason": level.reason,
                }
                for level in self.levels
            ],
            "findings": [finding.to_json() for finding in self.findings],
            "trees": [
                {
                    "origin": tree.head.origin,
                    "size": tree.head.size,
                    "root": tree.head.root.hex(),
                    "keys": list(tree.keys),
                    "time_s": tree.time_s,
                }
                for tree in self.trees
            ],
            "counts": dict(sorted(self.counts.items())),
        }

    def to_text(self) -> str:
        """Return the report for people, one line a level and one a finding."""
        lines = [f"{self.kind} {self.target}"]
        lines += [f"signed tree: {tree.head.origin}, {tree.head.size} leaves" for tree in self.trees]
        for level in self.levels:
            note = f"; {level.reason}" if level.reason else ""
            failed = f", {level.failed} failed" if level.failed else ""
            lines.append(
                f"{level.level} {level.status:8} {level.checked} checked{failed}: {MEANINGS[level.level]}{note}"
            )
        lines += [f"  {finding}" for finding in self.findings]
        if self.exit_code == EXIT_USAGE:
            lines.append("no policy was given, so nothing is trusted; hint: name the signer's trust.policy")
        return "\n".join([*lines, f"exit code: {self.exit_code}"])


@dataclass(slots=True)
class Findings:
    """Collects while a verification runs.

    Args:
        up_to: The highest level that is asked for.
    """

    up_to: str = "V4"
    kept: list[Finding] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    checked: Counter[str] = field(default_factory=Counter)
    not_run: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.up_to not in LEVELS:
            raise ConfigError(f"no such level: {self.up_to}; hint: one of {', '.join(LEVELS)}")

    def wants(self, level: str) -> bool:
        """Say whether a level was asked for."""
        return LEVELS.index(level) <= LEVELS.index(self.up_to)

    def add(
        self, level: str, message: str, *, file: str | None = None, row: int | None = None, last_row: int | None = None
    ) -> None:
        """Note a failure. Levels that were not asked for are left out."""
        if not self.wants(level):
            return
        self.failed[level] += 1
        if self.failed[level] <= KEPT_FINDINGS:
            self.kept.append(Finding(level, message, file, row, last_row))

    def skip(self, level: str, reason: str) -> None:
        """Note that a level could not run, or not to its end."""
        self.not_run.setdefault(level, reason)

    def levels(self) -> tuple[LevelResult, ...]:
        """Return the asked levels."""
        results = []
        for level in LEVELS[: LEVELS.index(self.up_to) + 1]:
            status: Status = "failed" if self.failed[level] else "not_run" if level in self.not_run else "passed"
            reason = self.not_run.get(level) or self.remarks.get(level)
            results.append(LevelResult(level, status, self.checked[level], self.failed[level], reason))
        return tuple(results)

    def report(
        self, *, target: str, kind: str, policy: str | None, trees: list[Verified], counts: dict[str, int]
    ) -> VerifyReport:
        """Close the collection."""
        findings = tuple(sorted(self.kept, key=lambda finding: finding.level))
        return VerifyReport(target, kind, self.levels(), findings, policy, tuple(trees), counts)
