"""Signed notes, keys and trust policies. Nothing here knows of leaves or records."""

from wikigrove.crypto.keys import KeyFolder, Signer
from wikigrove.crypto.note import Note, NoteSignature, parse_note
from wikigrove.crypto.policy import Policy
from wikigrove.crypto.treehead import TreeHead
from wikigrove.crypto.vkey import VerifierKey

__all__ = ["KeyFolder", "Note", "NoteSignature", "Policy", "Signer", "TreeHead", "VerifierKey", "parse_note"]
