"""The command line: arguments in, text or JSON out, exit codes (`wikigrove --help` lists them)."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

from wikigrove.cli.arguments import parser
from wikigrove.cli.exit_codes import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE
from wikigrove.errors import ConfigError, WikigroveError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Words after the program's name; those of the process by default.

    Returns:
        The exit code.
    """
    options = parser().parse_args(arguments)
    try:
        code = int(options.run(options))
        sys.stdout.flush()  # here, so that a reader that went away is noticed inside the try
        return code
    except ConfigError as error:
        return _fail(error, EXIT_USAGE, as_json=options.json)
    except BrokenPipeError:  # the reader of our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (WikigroveError, OSError) as error:
        return _fail(error, EXIT_FAILED, as_json=options.json)
    except KeyboardInterrupt:
        message = "interrupted; what was committed before is unchanged, the same command continues"
        return _fail(WikigroveError(message), EXIT_INTERRUPTED, as_json=options.json)


def _fail(error: Exception, code: int, *, as_json: bool) -> int:
    if as_json:
        fields = {name: getattr(error, name) for name in ("source", "byte_offset", "page_id") if hasattr(error, name)}
        print(json.dumps({"error": type(error).__name__, "message": str(error), **fields}))
    else:
        print(f"wikigrove: {type(error).__name__}: {error}", file=sys.stderr)
    return code
