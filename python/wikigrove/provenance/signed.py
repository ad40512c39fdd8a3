"""Levels V1 and V2 of a verification: the signed note over a tree, and what is remembered of its origin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wikigrove.crypto.policy import Policy, Verified
from wikigrove.crypto.treehead import TreeHead
from wikigrove.errors import ConfigError, NoteFormatError, SignatureError
from wikigrove.provenance.checkpoint import parse_checkpoint, verify_checkpoint
from wikigrove.provenance.findings import Findings
from wikigrove.provenance.memory import Memory, RootAt


@dataclass(frozen=True, slots=True)
class Trust:
    """What the verifier brings along. None of it comes from the data that is verified.

    Args:
        policy: Whose signatures are needed; None means that nothing can be trusted.
        memory: Remembered checkpoints; without it V2 cannot run.
        now_s: The present in seconds since 1970, or None to look at no times.
        max_age_s: The oldest that signatures may be.
        remember: Whether a verified head may be remembered.
    """

    policy: Policy | None
    memory: Memory | None = None
    now_s: int | None = None
    max_age_s: int | None = None
    remember: bool = True

    @classmethod
    def of(
        cls,
        policy: Policy | str | Path | None,
        memory: Memory | str | Path | None,
        *,
        now_s: int | None = None,
        max_age_s: int | None = None,
        remember: bool = True,
    ) -> Trust:
        """Take a policy and a memory as values or as paths of their files."""
        policy = Policy.load(policy) if isinstance(policy, str | Path) else policy
        memory = Memory(Path(memory)) if isinstance(memory, str | Path) else memory
        return cls(policy, memory, now_s, max_age_s, remember)


def check_signature(
    note: bytes | None, expected: TreeHead | None, trust: Trust, findings: Findings, *, file: str
) -> Verified | None:
    """Run V0 and V1 for one note.

    Args:
        note: Its bytes, or None if it is missing.
        expected: What the manifest says of the tree.
        trust: The verifier's own things.
        findings: Where failures go.
        file: Name of the note in findings.

    Returns:
        The verified head, or None.
    """
    if note is None:
        findings.add("V1", "checkpoint is missing: the tree is not signed", file=file)
        return None
    findings.checked["V0"] += 1
    try:
        head = parse_checkpoint(note)
    except NoteFormatError as error:
        findings.add("V0", str(error), file=file)
        findings.skip("V1", "checkpoint does not parse")
        return None
    if expected is not None and head != expected:
        findings.add(
            "V1", f"checkpoint speaks of another tree ({head.size} leaves) than the manifest: {head.origin}", file=file
        )
    if trust.policy is None:
        findings.skip("V1", "no policy was given")
        return None
    findings.checked["V1"] += 1
    try:
        return verify_checkpoint(note, trust.policy, now_s=trust.now_s, max_age_s=trust.max_age_s)
    except SignatureError as error:
        findings.add("V1", str(error), file=file)
        return None


def check_memory(
    verified: Verified | None, trust: Trust, findings: Findings, *, file: str, root_at: RootAt | None
) -> None:
    """Run V2 for one verified head.

    Args:
        verified: From `check_signature`.
        trust: The verifier's own things.
        findings: Where failures go.
        file: Name of the note in findings.
        root_at: Gives the root of the tree at a smaller size, if all leaves are at hand.
    """
    if verified is None:
        findings.skip("V2", "no verified checkpoint")
        return
    if trust.memory is None:
        findings.skip("V2", "no remembered checkpoints were given")
        return
    head = verified.head
    try:
        known = trust.memory.heads().get(head.origin)
        relation = trust.memory.relation(head)
    except ConfigError as error:
        findings.skip("V2", str(error))
        return
    findings.checked["V2"] += 1
    if relation == "new":
        findings.remarks["V2"] = "origin was not known before"
    elif relation in ("rollback", "fork"):
        size = known.size if known is not None else 0
        findings.add(
            "V2", f"{relation}: another tree of {size} leaves is remembered of origin: {head.origin}", file=file
        )
    elif relation == "grown" and root_at is None:
        findings.skip("V2", f"tree has grown and the leaves for a consistency check are not here: {head.origin}")
    elif relation == "grown" and known is not None and root_at is not None and root_at(known.size) != known.root:
        findings.add(
            "V2", f"tree does not begin with the remembered one of {known.size} leaves: {head.origin}", file=file
        )


def remember(
    verified: list[Verified], trust: Trust, findings: Findings, *, root_at: RootAt | None, log: str | None = None
) -> None:
    """Remember the heads once nothing that was asked has failed.

    Args:
        verified: The verified heads.
        trust: The verifier's own things.
        findings: What failed.
        root_at: As for `check_memory`.
        log: Origin of the log that the trees stand in.
    """
    if trust.memory is None or not trust.remember or findings.failed or "V2" in findings.not_run:
        return
    for tree in verified:
        trust.memory.remember(tree.head, root_at=root_at, log=log)
