"""Dumps, keys and one built store for the tests of the verbs. Nothing here touches the user's own keys or state."""

from __future__ import annotations

from pathlib import Path

import pytest

import wikigrove
from wikigrove.demo.dump import write_demo_dumps
from wikigrove.pipeline.build import Build


@pytest.fixture(autouse=True)
def own_places(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    base = tmp_path_factory.getbasetemp()
    monkeypatch.setenv("WIKIGROVE_KEYS", str(base / "keys"))
    monkeypatch.setenv("WIKIGROVE_STATE", str(tmp_path_factory.mktemp("state") / "checkpoints.json"))


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp() / "keys"


@pytest.fixture(scope="session")
def policy(keys: Path) -> Path:
    return keys / "trust.policy"


@pytest.fixture(scope="session")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_demo_dumps(tmp_path_factory.mktemp("dumps"))


@pytest.fixture(scope="session")
def built(dumps: list[Path], keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A store with vectors and a selection named `herding`. Tests that change files work on copies."""
    made = wikigrove.build(dumps, into=tmp_path_factory.mktemp("built") / "store", keys=keys)
    wikigrove.embed(made.store)
    wikigrove.select(made.store, budget=27, by=["language"], quotas="equal", name="herding")
    return made


@pytest.fixture(scope="session")
def exported(built: Build, keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("exported") / "dataset"
    wikigrove.export(built.store, "herding", to=target, keys=keys)
    return target
