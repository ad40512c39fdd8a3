"""The verbs of `wikigrove keys`; each returns the exit code."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wikigrove.pipeline import keyring

if TYPE_CHECKING:
    from wikigrove.crypto import VerifierKey

ALGORITHMS = {1: "Ed25519", 6: "ML-DSA-44"}


def add_to(verbs: Any, common: argparse.ArgumentParser) -> None:
    """Add the verbs and their arguments to the parser."""
    folder = argparse.ArgumentParser(add_help=False)
    folder.add_argument("--keys", metavar="DIR", help="key folder (default: $WIKIGROVE_KEYS)")
    secret = argparse.ArgumentParser(add_help=False)
    source = secret.add_mutually_exclusive_group()
    source.add_argument("--passphrase-fd", type=int, metavar="N", help="read the passphrase from this open descriptor")
    source.add_argument("--ask-passphrase", action="store_true", help="ask for the passphrase at the terminal")

    keys = verbs.add_parser("keys", help="make, list and rotate the signing keys")
    of_keys = keys.add_subparsers(required=True, metavar="VERB")
    new = of_keys.add_parser("new", parents=[common, folder, secret], help="make an Ed25519 and an ML-DSA-44 key")
    new.add_argument("--name", help="a domain of yours, with a path if you like; every origin begins with it")
    new.set_defaults(run=make)
    listed = of_keys.add_parser(
        "list", parents=[common, folder], help="which keys sign, and whether they are encrypted"
    )
    listed.set_defaults(run=show)
    rotate = of_keys.add_parser(
        "rotate", parents=[common, folder, secret], help="announce new keys in the log; both sign until --end"
    )
    rotate.add_argument("--log", nargs="+", default=[], metavar="DIR", help="every log these keys sign, or its store")
    rotate.add_argument("--end", action="store_true", help="end the overlap: the new keys sign alone")
    rotate.set_defaults(run=replace)


def make(options: argparse.Namespace) -> int:
    """Make a key folder."""
    from wikigrove.crypto import KeyFolder

    folder = _folder(options)
    passphrase = keyring.read_passphrase(descriptor=options.passphrase_fd, ask=options.ask_passphrase, repeat=True)
    KeyFolder.create(folder, name=options.name, passphrase=passphrase)
    return show(options)


def show(options: argparse.Namespace) -> int:
    """List the keys of a folder."""
    from wikigrove.crypto.keys import published_keys
    from wikigrove.crypto.rotation import NEXT_FILE

    folder = _folder(options)
    states = ["signs", "signs until the rotation is ended"]
    rows = [
        _row(folder, key, state) for pair, state in zip(published_keys(folder), states, strict=False) for key in pair
    ]
    if (folder / NEXT_FILE).exists():
        prepared = published_keys(folder, file=NEXT_FILE)[0]
        rows += [_row(folder, key, "prepared, does not sign yet") for key in prepared]
    lines = [
        f"{row['algorithm']:9} {row['key']}  {'encrypted' if row['encrypted'] else 'not encrypted'}; {row['state']}"
        for row in rows
    ]
    value = {"folder": str(folder), "keys": rows}
    print(json.dumps(value) if options.json else "\n".join([f"keys in {folder}", *lines]))
    return 0


def replace(options: argparse.Namespace) -> int:
    """Begin or end a rotation."""
    from wikigrove.pipeline.rotation import rotate_keys

    passphrase = keyring.read_passphrase(descriptor=options.passphrase_fd, ask=options.ask_passphrase)
    done = rotate_keys(_folder(options), logs=options.log, end=options.end, passphrase=passphrase)
    print(json.dumps(done.to_json()) if options.json else done.describe())
    return 0


def _folder(options: argparse.Namespace) -> Path:
    return Path(options.keys) if options.keys is not None else keyring.keys_path()


def _row(folder: Path, key: VerifierKey, state: str) -> dict[str, Any]:
    from wikigrove.crypto import pem
    from wikigrove.crypto.keys import ED25519_FILE, MLDSA44_FILE, private_path
    from wikigrove.crypto.vkey import ED25519

    file = private_path(folder, ED25519_FILE if key.algorithm == ED25519 else MLDSA44_FILE, key)
    name = f"{key.name}+{key.key_id.hex()}"
    return {"key": name, "algorithm": ALGORITHMS[key.algorithm], "encrypted": pem.is_encrypted(file), "state": state}
