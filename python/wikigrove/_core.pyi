"""The compiled core. Every function here is documented in the Python module that calls it."""

from typing import Any, Final

__version__: Final[str]
DEBUG_BUILD: Final[bool]

# ---------------------------------------------------------------- arrow

class Batch:
    @property
    def num_rows(self) -> int: ...
    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[Any, Any]: ...

# ---------------------------------------------------------------- dump
# (section: dump)

# ---------------------------------------------------------------- text
# (section: text)

# ---------------------------------------------------------------- leaf
# (section: leaf)

# ---------------------------------------------------------------- merkle
# (section: merkle)

# ---------------------------------------------------------------- embed
# (section: embed)

# ---------------------------------------------------------------- topk
# (section: topk)

# ---------------------------------------------------------------- herding
# (section: herding)
