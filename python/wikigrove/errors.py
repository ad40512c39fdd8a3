"""Every exception that wikigrove raises on purpose.

WikigroveError
├── ConfigError                     an option, key file or policy that is missing or makes no sense
├── InputError (ValueError)         bytes from outside; knows source, byte offset and page
│   ├── DumpFormatError             not a dump, or not well-formed where that cannot be repaired
│   ├── TruncatedInputError         the file ends inside an element or a compressed stream
│   ├── UnsafeInputError            DOCTYPE and other constructs that are never needed
│   ├── LimitExceededError          a limit on sizes, depth or expansion was hit
│   ├── SourceChangedError          the file is not the one that was inspected
│   ├── ChecksumMismatchError       the file is not the one whose sum was published
│   ├── DumpIncompleteError         a dump run is not finished, or a file of it is missing
│   ├── DuplicateRevisionError      two sources hold the same revision
│   └── QuarantineBudgetError       more records were unreadable than the budget allows
├── SchemaError (ValueError)        columns that do not follow the contract
├── StoreError                      the store on disk
│   ├── StoreFormatError            not a store, or of another version
│   ├── SegmentDamagedError         a file of the store is missing or not the one its digest names
│   ├── CommitConflictError         another writer committed something else first
│   └── RecordNotFoundError (KeyError)   an id that the store does not hold
├── ProofError (ValueError)         a leaf, tree, note or signature that does not hold
│   ├── LeafFormatError             bytes that are no canonical leaf
│   ├── InclusionError              a path that does not lead to the root
│   ├── NoteFormatError             bytes that are no canonical signed note
│   └── SignatureError              a required signature is missing or wrong
├── VectorError (ValueError)        shapes, types or values that vectors may not have
│   └── FingerprintError            vectors made by another embedder
├── SelectionError (ValueError)     a selection that cannot be made as asked
└── QuantumLaneError                the quantum lane could not deliver; the classical lane can
    ├── EngineUnavailableError      qiskit or qiskit-aer is not installed, or refuses the circuit
    ├── DeadlineExceededError       the worker was stopped at its deadline
    ├── WorkerCrashedError          the worker process died
    └── VerificationError           what the lane returned failed its classical check
"""

from __future__ import annotations


class WikigroveError(Exception):
    """Base of every exception that wikigrove raises on purpose."""


class ConfigError(WikigroveError):
    """An option, key file or policy is missing or makes no sense."""


class InputError(WikigroveError, ValueError):
    """Bytes from outside cannot be used.

    Args:
        message: What is wrong, lower case, without the position.
        byte_offset: Where, in the decompressed source, or None where no place can be named.
        page_id: The page that was open there, or None.
        source: The file, or None while only the reader knows it.
    """

    def __init__(
        self, message: str, byte_offset: int | None = None, page_id: int | None = None, source: str | None = None
    ) -> None:
        super().__init__(message, byte_offset, page_id, source)
        self.message = message
        self.byte_offset = byte_offset
        self.page_id = page_id
        self.source = source

    def __str__(self) -> str:
        places = [("byte offset", self.byte_offset), ("page", self.page_id), ("source", self.source)]
        return "; ".join([self.message, *(f"{name}: {value}" for name, value in places if value is not None)])


class DumpFormatError(InputError):
    """The bytes are no dump, or not well-formed where that cannot be repaired."""


class TruncatedInputError(InputError):
    """The file ends inside an element or inside a compressed stream."""


class UnsafeInputError(InputError):
    """The file holds a construct that dumps never need and attacks do, for instance a DOCTYPE."""


class LimitExceededError(InputError):
    """A limit on sizes, depth or expansion was hit."""


class SourceChangedError(InputError):
    """The file is not the one that was inspected before."""


class ChecksumMismatchError(InputError):
    """The file is not the one whose sum was published."""


class DumpIncompleteError(InputError):
    """A dump run is not finished, or a file that belongs to it is missing or cut."""


class DuplicateRevisionError(InputError):
    """Two sources hold the same revision of one wiki."""


class QuarantineBudgetError(InputError):
    """More records were unreadable than the budget allows."""


class SchemaError(WikigroveError, ValueError):
    """Columns do not follow the contract."""


class StoreError(WikigroveError):
    """The store on disk cannot be used as asked."""


class StoreFormatError(StoreError):
    """The folder is no store, or a store of another version."""


class SegmentDamagedError(StoreError):
    """A file of the store is missing, or its bytes are not the ones its digest names."""


class CommitConflictError(StoreError):
    """Another writer committed something else first."""


class RecordNotFoundError(StoreError, KeyError):
    """The store does not hold the asked id."""

    __str__ = Exception.__str__  # KeyError would print the repr


class ProofError(WikigroveError, ValueError):
    """A leaf, tree, note or signature does not hold."""


class LeafFormatError(ProofError):
    """The bytes are no canonical leaf."""


class InclusionError(ProofError):
    """The path does not lead from the leaf to the root."""


class NoteFormatError(ProofError):
    """The bytes are no canonical signed note."""


class SignatureError(ProofError):
    """A signature that the policy requires is missing or wrong."""


class VectorError(WikigroveError, ValueError):
    """Vectors have a shape, type or value that they may not have."""


class FingerprintError(VectorError):
    """The vectors were made by another embedder than the query."""


class SelectionError(WikigroveError, ValueError):
    """The selection cannot be made as asked."""


class QuantumLaneError(WikigroveError):
    """The quantum lane could not deliver; the classical lane can."""


class EngineUnavailableError(QuantumLaneError):
    """An engine's library is not installed, or the engine refuses the circuit."""


class DeadlineExceededError(QuantumLaneError):
    """The worker was stopped at its deadline."""


class WorkerCrashedError(QuantumLaneError):
    """The worker process died."""


class VerificationError(QuantumLaneError):
    """What the lane returned failed its classical check."""
