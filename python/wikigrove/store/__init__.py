"""The store on disk: segments, manifests and the commit that makes a version visible."""

from wikigrove.store.commit import commit_manifest, fsync_folder, put_new
from wikigrove.store.fetch import fetch_by_ids, iterate, iterate_segment
from wikigrove.store.journal import unit_key
from wikigrove.store.layout import Partition, Store
from wikigrove.store.manifest import DENSE_KINDS, Content, Manifest, Segment, SourceFile, Tree
from wikigrove.store.records import RecordWriter
from wikigrove.store.staging import Staging, collect_staging
from wikigrove.store.vector_writer import VectorWriter
from wikigrove.store.vectors import EmbedderFacts, Vectors

__all__ = [
    "DENSE_KINDS",
    "Content",
    "EmbedderFacts",
    "Manifest",
    "Partition",
    "RecordWriter",
    "Segment",
    "SourceFile",
    "Staging",
    "Store",
    "Tree",
    "VectorWriter",
    "Vectors",
    "collect_staging",
    "commit_manifest",
    "fetch_by_ids",
    "fsync_folder",
    "iterate",
    "iterate_segment",
    "put_new",
    "unit_key",
]
