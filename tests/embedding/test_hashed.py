"""hash-v1 against a twin in plain Python, over every character of Unicode and over texts in many scripts."""

from __future__ import annotations

import hashlib
import json
import math
import os
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from wikigrove import _core
from wikigrove.embedding import Embedder, FittableEmbedder, HashEmbedder
from wikigrove.embedding.hashed import TABLE_SIZE
from wikigrove.errors import VectorError

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "embed" / "hash_v1.json").read_text("utf-8"))
MASK = (1 << 64) - 1
LETTER_LIKE = [(0x24B6, 0x24E9), (0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189)]
Table = npt.NDArray[np.uint16]


def naive_words(text: str) -> list[str]:
    folded = "".join(character.lower() for character in unicodedata.normalize("NFKC", text))
    words, word = [], ""
    for character in folded + " ":
        circled = any(low <= ord(character) <= high for low, high in LETTER_LIKE)
        if circled or unicodedata.category(character)[0] in "LMN":
            word += character
        elif word:
            words += [word[start : start + 40] for start in range(0, len(word), 40)]
            word = ""
    return words


def naive_features(text: str) -> Counter[int]:
    features: Counter[int] = Counter()
    for word in naive_words(text):
        padded = f" {word} "
        runs = [padded[start : start + n] for n in (3, 4, 5) for start in range(len(padded) - n + 1)]
        for feature in ["w" + word, *("c" + run for run in runs)]:
            features[xxhash.xxh3_64_intdigest(feature.encode())] += 1
    return features


def naive_vector(text: str, dimensions: int, table: Table | None = None) -> npt.NDArray[np.float32]:
    sums = [0] * dimensions
    for feature, count in naive_features(text).items():
        weight = round(1024 * (1 + math.log(count))) * (1024 if table is None else int(table[feature >> 44]))
        state = feature
        for _ in range(4):
            state = (state + 0x9E3779B97F4A7C15) & MASK
            z = state
            z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
            z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
            z ^= z >> 31
            sums[((z >> 32) * dimensions) >> 32] += weight if z & 1 else -weight
    length = math.sqrt(sum(value * value for value in sums))
    return np.array([value / length if length else 0.0 for value in sums], dtype=np.float32)


def striped_table() -> Table:
    return (1024 + np.arange(TABLE_SIZE) % 977).astype(np.uint16)


def assert_same_bits(left: npt.NDArray[np.float32], right: npt.NDArray[np.float32]) -> None:
    np.testing.assert_array_equal(left.view(np.uint32), right.view(np.uint32))


@pytest.mark.parametrize("vector", VECTORS["texts"], ids=lambda vector: vector["name"])
def test_agrees_with_the_published_vectors(vector: dict[str, object]) -> None:
    text, dimensions = str(vector["text"]), int(str(vector["dimensions"]))
    table = striped_table() if vector["table"] == "striped" else None
    found = HashEmbedder(dimensions, table).encode([text])[0]
    assert hashlib.sha256(found.astype("<f4").tobytes()).hexdigest() == vector["sha256"]
    assert np.count_nonzero(found) == vector["nonzero"]
    assert_same_bits(found, naive_vector(text, dimensions, table))
    assert naive_words(text) == vector["words"]
    assert naive_features(text).total() == vector["features"]


# Characters that Python's tables know: newer ones may differ between the two versions of Unicode.
KNOWN = st.characters(exclude_categories=("Cn", "Cs", "Co"))
LIVELY = st.sampled_from(
    "aAzZ09 .-éßİıſΣςσǅﬁⅣ①ⓐ🅐²½ａＡｶﾞがÅḍ̇\u0301\u0307\u0323\u0345\u200d\u00ad가각한글東京हिन्दीไทยعربي"
)
TEXTS = st.lists(st.one_of(KNOWN, LIVELY, st.text("ab cd", max_size=90)), max_size=60).map("".join)
EXAMPLES = settings(max_examples=int(os.environ.get("MAX_EXAMPLES", "150")), deadline=None)


@EXAMPLES
@given(st.lists(TEXTS, max_size=4), st.integers(1, 300), st.booleans(), st.integers(1, 4))
def test_agrees_with_the_twin(texts: list[str], dimensions: int, fitted: bool, threads: int) -> None:
    table = striped_table() if fitted else None
    found = HashEmbedder(dimensions, table, threads=threads).encode(texts)
    assert found.shape == (len(texts), dimensions)
    assert found.dtype == np.float32
    for text, vector in zip(texts, found, strict=True):
        assert_same_bits(vector, naive_vector(text, dimensions, table))


def test_agrees_with_the_twin_on_every_character() -> None:
    known = [chr(point) for point in range(0x110000) if unicodedata.category(chr(point)) not in ("Cn", "Cs", "Co")]
    assert len(known) > 140_000
    texts = [" ".join(f"a{character}" for character in known[start : start + 64]) for start in range(0, len(known), 64)]
    found = HashEmbedder(64).encode(texts)
    for text, vector in zip(texts, found, strict=True):
        assert_same_bits(vector, naive_vector(text, 64))


def test_agrees_with_the_twin_on_a_long_text() -> None:
    generator = np.random.default_rng(11)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyzéßж漢"))
    text = " ".join("".join(word) for word in generator.choice(letters, (4000, 7)))
    assert len(naive_features(text)) > 40_000
    for table in (None, striped_table()):
        assert_same_bits(HashEmbedder(512, table).encode([text, text])[1], naive_vector(text, 512, table))


def test_texts_without_a_word_are_zero_and_others_have_length_one() -> None:
    vectors = HashEmbedder(256).encode(["", None, " \n—…!", "x", "two words"])
    np.testing.assert_allclose(np.linalg.norm(vectors.astype(np.float64), axis=1), [0, 0, 0, 1, 1], atol=1e-6)


def test_layouts_batches_and_threads_change_no_bit() -> None:
    texts = [None if number % 7 == 0 else f"text {number} über {'wort ' * (number % 5)}" for number in range(100)]
    want = HashEmbedder(128).encode(texts)
    layouts = [
        pa.array(texts, pa.string()),
        pa.array(texts, pa.large_string()),
        pa.array(["gone", *texts], pa.large_string())[1:],
        pa.array(texts).dictionary_encode(),
        pa.chunked_array([texts[:3], [], texts[3:]], pa.string()),
    ]
    for threads in (1, 2, 4, 200):
        for layout in layouts:
            assert_same_bits(HashEmbedder(128, threads=threads).encode(layout), want)
    assert HashEmbedder(8).encode(pa.nulls(3)).tolist() == [[0.0] * 8] * 3
    assert HashEmbedder(8).encode([]).shape == (0, 8)
    assert HashEmbedder(8).encode(pa.chunked_array([], pa.string())).shape == (0, 8)


@settings(EXAMPLES, max_examples=EXAMPLES.max_examples // 5)  # a table is a million logarithms
@given(st.lists(st.one_of(st.none(), TEXTS), min_size=1, max_size=12), st.data())
def test_fitting_counts_documents_in_any_order(texts: list[str | None], data: st.DataObject) -> None:
    documents = [text for text in texts if text is not None]
    if not documents:
        with pytest.raises(VectorError, match="at least 1"):
            HashEmbedder().fit([texts])
        return
    counts: Counter[int] = Counter()
    for text in documents:
        counts.update({feature >> 44 for feature in naive_features(text)})
    want = np.full(TABLE_SIZE, round(1024 * (math.log(len(documents) + 1) + 1)), dtype=np.uint16)
    for place, count in counts.items():
        want[place] = round(1024 * (math.log((len(documents) + 1) / (count + 1)) + 1))
    shuffled = data.draw(st.permutations(texts))
    cut = data.draw(st.integers(0, len(texts)))
    embedder = HashEmbedder(threads=data.draw(st.integers(1, 4))).fit(
        [shuffled[:cut], pa.array(shuffled[cut:], pa.string())]
    )
    assert embedder.table is not None
    np.testing.assert_array_equal(embedder.table, want)


def test_saved_tables_come_back_and_damage_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "table.arrow"
    fitted = HashEmbedder(96).fit([["oak and elm", "oak and ash", "a fern"]])
    fitted.save(path)
    loaded = HashEmbedder.load(path)
    assert loaded.fingerprint == fitted.fingerprint
    assert_same_bits(loaded.encode(["oak and elm"]), fitted.encode(["oak and elm"]))
    first = path.read_bytes()
    loaded.save(path)
    assert path.read_bytes() == first

    damaged = bytearray(first)
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(VectorError, match="digest"):
        HashEmbedder.load(path)
    for wrong in (b"", b"no Arrow file", first[:-100]):
        path.write_bytes(wrong)
        with pytest.raises(VectorError, match="no table of hash-v1"):
            HashEmbedder.load(path)
    with pytest.raises(VectorError, match="call fit first"):
        HashEmbedder().save(path)


def test_fingerprints_name_everything_a_vector_depends_on() -> None:
    table = striped_table()
    other = table.copy()
    other[5] += 1
    embedders = [HashEmbedder(), HashEmbedder(512), HashEmbedder(1024, table), HashEmbedder(1024, other)]
    assert len({embedder.fingerprint for embedder in embedders}) == len(embedders)
    assert HashEmbedder(threads=4).fingerprint == HashEmbedder().fingerprint
    table[5] += 1  # the embedder has its own copy
    assert embedders[2].fingerprint == HashEmbedder(1024, striped_table()).fingerprint
    assert isinstance(embedders[0], Embedder)
    assert isinstance(embedders[0], FittableEmbedder)


def test_another_process_makes_the_same_bytes() -> None:
    script = (
        "import sys, hashlib; from wikigrove.embedding import HashEmbedder\n"
        "fitted = HashEmbedder(threads=2).fit([['ein Wald', 'ein Baum']])\n"
        "print(fitted.fingerprint, hashlib.sha256(fitted.encode(['Wälder und Bäume'] * 3).tobytes()).hexdigest())"
    )
    fitted = HashEmbedder().fit([["ein Baum"], ["ein Wald"]])
    here = hashlib.sha256(fitted.encode(["Wälder und Bäume"] * 3).tobytes()).hexdigest()
    there = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert there.split() == [fitted.fingerprint, here]


@pytest.mark.parametrize(
    "texts", ["one text", [1, 2], [b"\xff"], ["\ud800"], pa.array([1, 2]), pa.array([b"x"])], ids=repr
)
def test_refuses_what_is_no_text(texts: object) -> None:
    with pytest.raises(VectorError, match="expected"):
        HashEmbedder().encode(texts)  # type: ignore[arg-type]


def test_refuses_impossible_configurations() -> None:
    for dimensions in (0, -1, 65_537):
        with pytest.raises(VectorError, match=f"not: {dimensions}"):
            HashEmbedder(dimensions)
    with pytest.raises(VectorError, match="threads"):
        HashEmbedder(threads=0)
    for table in (np.zeros(7, np.uint16), np.zeros(TABLE_SIZE, np.int64), [1, 2]):
        with pytest.raises(VectorError, match="uint16"):
            HashEmbedder(8, table)  # type: ignore[arg-type]


def test_the_core_refuses_by_itself() -> None:
    texts = pa.array(["x"], pa.large_string())
    with pytest.raises(VectorError, match="dimensions"):
        _core.hash_embed(texts, dimensions=0)
    with pytest.raises(VectorError, match="1048576 entries, not: 3"):
        _core.hash_embed(texts, inverse_document_frequencies=np.zeros(3, np.uint16))
    with pytest.raises(VectorError, match="large_string or string"):
        _core.hash_embed(pa.array([1]))
    for table in (np.zeros(TABLE_SIZE, np.int16), np.zeros(2 * TABLE_SIZE, np.uint16)[::2], [1]):
        with pytest.raises(VectorError, match="type: u16"):
            _core.hash_embed(texts, inverse_document_frequencies=table)  # type: ignore[arg-type]
    with pytest.raises(VectorError, match="type: u32"):
        _core.fit_table(np.zeros(TABLE_SIZE), 1)
    with pytest.raises(VectorError, match="at row 1"):
        _core.hash_embed(pa.array(["x", "y" * (64 * 2**20 + 1)], pa.large_string()))
