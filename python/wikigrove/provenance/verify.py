"""The verify ladder: V0 files, V1 signatures, V2 memory, V3 tree, V4 leaves from columns.

| exit code | meaning |
|---|---|
| 0 | every asked level passed |
| 2 | no policy was given, so nothing is trusted |
| 10 to 14 | the lowest level that failed: V0 to V4 |
| 20 | a level could not run, which is not success |

A verifier never checks "whatever signatures are there": it brings a policy and what it remembers. A failure does not
stop the levels behind it where they can still run, so that the damaged row is named as well as the damaged file.
"""

from __future__ import annotations

from pathlib import Path

from wikigrove.crypto.policy import Policy
from wikigrove.provenance.compare import Derive
from wikigrove.provenance.findings import Findings, VerifyReport
from wikigrove.provenance.memory import Memory
from wikigrove.provenance.signed import Trust
from wikigrove.provenance.verify_export import MANIFEST, ExportLadder
from wikigrove.provenance.verify_store import StoreLadder
from wikigrove.store import Store


def verify(
    target: Store | str | Path,
    *,
    policy: Policy | str | Path | None,
    memory: Memory | str | Path | None = None,
    up_to: str = "V4",
    now_s: int | None = None,
    max_age_s: int | None = None,
    version: int | None = None,
    remember: bool = True,
    derive: Derive | None = None,
    extract: Derive | None = None,
) -> VerifyReport:
    """Verify a store or an exported data set.

    Args:
        target: A store, the folder of a store, or the folder of an export (it has a `manifest.json`).
        policy: The signer's policy, or the path of its file. It must come from elsewhere than the target.
        memory: Remembered checkpoints, or the path of their file; without it V2 cannot run.
        up_to: The highest level, `V0` to `V4`.
        now_s: The present in seconds since 1970, to refuse signatures from the future; no clock is read.
        max_age_s: The oldest that signatures may be; needs `now_s`.
        version: The version of a store; the newest by default.
        remember: Whether checkpoints may be remembered when nothing has failed.
        derive: Computes the columns of a store's records that follow from others, to be compared with the stored ones
            at V4; without it they are not looked at.
        extract: Computes the plain text of records, to be compared with the texts of an export at V4.

    Returns:
        The report; its `exit_code` is meant for the shell.

    Raises:
        ConfigError: The policy cannot be read or would let one signature suffice, or there is no such level.
        StoreFormatError: The folder is neither an export nor a store.
    """
    trust = Trust.of(policy, memory, now_s=now_s, max_age_s=max_age_s, remember=remember)
    findings = Findings(up_to)
    if not isinstance(target, Store):
        folder = Path(target)
        if (folder / MANIFEST).is_file() or (folder / "proofs").is_dir():
            return ExportLadder(folder, trust, findings, derive, extract).run()
        target = Store.open(folder)
    return StoreLadder(target, version, trust, findings, derive).run()
