"""Damaged inputs: whatever happens to its bytes, a file is read, refused with a motive, or told line by line."""

import io
import random
import re
from pathlib import Path

import pytest

from orchestration.ingest.landing import FILE_CODES, HEAD_BYTES, message_of
from orchestration.ingest.outcome import Anomaly, Emitter, RejectedFile, Source
from orchestration.ingest.sources import SOURCES

INSERTIONS = (b"\x00", b"\x80", b"\xff\xfe", b";;", b'"', b"<", b"&x;", b"\r\n", b"1e400", b"-")


def mutate(raw: bytes, rng: random.Random) -> bytes:
    """One to four cuts, swaps, repetitions or insertions, as transfers and editors make them."""
    data = bytearray(raw)
    for _ in range(rng.randint(1, 4)):
        at, size = rng.randrange(len(data) + 1), rng.randint(1, 40)
        change = rng.randrange(5)
        if change == 0:
            del data[at:]
        elif change == 1:
            del data[at : at + size]
        elif change == 2:
            data[at:at] = data[at : at + size]
        elif change == 3:
            data[at:at] = rng.choice(
                [b"\x00", b"\x80", b"\xff\xfe", b";;", b'"', b"<", b"&x;", b"\r\n", b"1e400", b"-"]
            )
        elif data:
            data[at % len(data)] = rng.randrange(256)
    return bytes(data)


def outcome_is_told(source: Source, raw: bytes) -> None:
    """Parse as the landing does; anything but a record, an anomaly or a refusal is a bug and raises."""
    chosen = next((candidate for candidate in source.formats if candidate.recognise(raw[:HEAD_BYTES])), None)
    if chosen is None:
        return
    try:
        for outcome in chosen.parse(io.BytesIO(raw)):
            if isinstance(outcome, Anomaly):
                assert message_of(source, outcome.code, outcome.champ, outcome.valeur)
            elif isinstance(outcome, Emitter):
                assert re.fullmatch("[0-9]{9}", outcome.siren)
            else:
                assert type(outcome) in source.tables.values()
    except RejectedFile as refusal:
        assert refusal.code in source.codes or refusal.code in FILE_CODES


def damage(project: Path, source: Source, times: int) -> None:
    files = [p for p in sorted((project / "tests" / "fixtures" / source.name).iterdir()) if p.suffix != ".md"]
    originals = [raw for raw in (path.read_bytes() for path in files) if len(raw) < 1 << 20]
    assert originals
    rng = random.Random(2013)
    for _ in range(times):
        outcome_is_told(source, mutate(rng.choice(originals), rng))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_damaged_files_never_raise_a_bug(project: Path, source: Source) -> None:
    damage(project, source, 100)


@pytest.mark.long
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_a_thousand_damaged_files_never_raise_a_bug(project: Path, source: Source) -> None:
    damage(project, source, 1_000)


@pytest.mark.torture
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_ten_thousand_damaged_files_never_raise_a_bug(project: Path, source: Source) -> None:
    damage(project, source, 10_000)
