"""The proof beside each row: its source leaf with the path to the source's root, and its leaf in the data set's tree.

The source leaf ties the row to the dump (RFC 6962 inclusion in the signed snapshot tree). The output leaf ties the
published text to that source leaf and to the transform; the data-set tree over all output leaves is signed as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wikigrove.errors import ProofError
from wikigrove.schema import PROOF

__all__ = ["PROOF", "Prover", "proof_rows"]

HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Prover:
    """What provenance does for an export.

    Attributes:
        inclusion: From ascending leaf indices (int64[n]) to n pairs of encoded leaf and path (hashes of 32 bytes, from
            the leaf to the root) in the source tree.
        encode_output_leaves: From source indices (Arrow int64[n]), source root (32 bytes), transform digest (32 bytes)
            and texts (Arrow large_string[n]) to a batch with the columns `leaf` and `leaf_hash`.
        merkle_root: From n x 32 bytes of leaf hashes to the root of their RFC 6962 tree.
        seal: From origin, size and root to a signed note, a C2SP checkpoint.
    """

    inclusion: Callable[[npt.NDArray[np.int64]], Sequence[tuple[bytes, Sequence[bytes]]]]
    encode_output_leaves: Callable[[Any, bytes, bytes, Any], Any]
    merkle_root: Callable[[bytes], bytes]
    seal: Callable[[str, int, bytes], bytes]


def proof_rows(data: pa.Table, *, prover: Prover, source_root: bytes, transform: bytes) -> tuple[pa.Table, bytes]:
    """Make the proofs of a shard.

    Args:
        data: Rows of `rows.DATA`.
        prover: What computes leaves and paths.
        source_root: Root of the source tree, 32 bytes.
        transform: SHA-256 of the transform's canonical JSON, 32 bytes.

    Returns:
        Rows of `PROOF`, and the hashes of the output leaves, 32 bytes each.

    Raises:
        ProofError: If the prover does not answer for every row.
    """
    indices = data.column("source_leaf_index").combine_chunks()
    answers = prover.inclusion(indices.to_numpy())
    if len(answers) != data.num_rows:
        raise ProofError(f"proofs of {data.num_rows} rows were asked for, given: {len(answers)}")
    texts = data.column("text").combine_chunks()
    outputs = pa.record_batch(prover.encode_output_leaves(indices, source_root, transform, texts))
    hashes = b"".join(value or b"" for value in outputs.column("leaf_hash").to_pylist())
    if outputs.num_rows != data.num_rows or len(hashes) != HASH_BYTES * data.num_rows:
        raise ProofError(f"output leaves of {data.num_rows} rows were asked for, given: {outputs.num_rows}")
    values = {
        "row": data.column("row"),
        "source_leaf_index": data.column("source_leaf_index"),
        "leaf": pa.array([leaf for leaf, _ in answers], pa.binary()),
        "inclusion_path": pa.array([list(path) for _, path in answers], PROOF.field("inclusion_path").type),
        "output_leaf": outputs.column("leaf").cast(pa.binary()),
    }
    return pa.table(values, schema=PROOF), hashes
