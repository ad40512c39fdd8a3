"""A progress bar for builds: compressed bytes, rate, time left, pages and revisions."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tqdm import tqdm

from wikigrove.ingest import UnitProgress


class ProgressBar:
    """Shows the progress of all files of a build on standard error, if that is a terminal.

    Args:
        paths: The files that will be read; their sizes are the bar's length.
        hidden: Show nothing at all.
    """

    def __init__(self, paths: Sequence[str | Path], *, hidden: bool = False) -> None:
        sizes = [Path(path).stat().st_size for path in paths if Path(path).is_file()]
        self._lock = threading.Lock()
        self._seen: dict[int, UnitProgress] = {}
        self._bar = tqdm(
            total=sum(sizes),
            unit="B",
            unit_scale=True,
            desc="reading",
            file=sys.stderr,
            disable=True if hidden else None,  # None: only on a terminal
            dynamic_ncols=True,
        )

    def update(self, progress: UnitProgress) -> None:
        """Take the news of one unit; may be called from any thread."""
        with self._lock:
            self._seen[progress.unit.ordinal] = progress
            self._bar.n = sum(news.bytes_read for news in self._seen.values())
            pages = sum(news.pages for news in self._seen.values())
            revisions = sum(news.revisions for news in self._seen.values())
            self._bar.set_postfix_str(f"{pages:,} pages, {revisions:,} revisions", refresh=False)
            self._bar.refresh()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.close()
