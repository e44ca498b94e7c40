"""The event reader's bounds: what a hostile XML file cannot make it keep."""

import io

import pytest

from orchestration.ingest import xml_events as reader
from orchestration.ingest.outcome import RejectedFile
from orchestration.ingest.xml_events import xml_events


def _events(raw: bytes, wanted=()) -> list[tuple[bool, str, str, int]]:
    return [(e.is_start, e.name, e.text, e.ligne) for e in xml_events(io.BytesIO(raw), "illisible", wanted)]


def _refusal(raw: bytes) -> str:
    with pytest.raises(RejectedFile) as refusal:
        _events(raw)
    assert refusal.value.code == "illisible"
    return refusal.value.valeur


def test_only_what_is_asked_for_is_kept():
    raw = b"<r>\n<a>1<b>2</b><c>3</c></a>\n</r>"
    assert _events(raw, {("a", "c")}) == [
        (True, "r", "", 1),
        (True, "a", "", 2),
        (True, "c", "", 2),
        (False, "c", "3", 2),
        (False, "a", "", 2),
        (False, "r", "", 1),
    ]


def test_long_values_are_cut():
    events = list(xml_events(io.BytesIO(b"<r><a V='" + b"x" * 9999 + b"'/><b>" + b"y" * 9999 + b"</b></r>"), "i", ()))
    assert len(events[1].attributes["V"]) == reader.MAX_VALUE_CHARS
    assert len(events[4].text) == reader.MAX_VALUE_CHARS


def test_namespaces_are_told_apart_from_names():
    (root, _) = xml_events(io.BytesIO(b'<n:r xmlns:n="urn:x"/>'), "illisible", ())
    assert (root.namespace, root.name) == ("urn:x", "r")


def test_an_endless_tag_is_refused(monkeypatch):
    monkeypatch.setattr(reader, "MAX_TOKEN_BYTES", 1 << 17)
    assert _refusal(b"<r><a V='" + b"x" * (1 << 19)) == "une seule balise de plus de 0 Mio"


def test_too_many_names_are_refused(monkeypatch):
    monkeypatch.setattr(reader, "MAX_NAMES", 100)
    assert _refusal(b"<r>" + b"".join(b"<a%d/>" % i for i in range(200)) + b"</r>").startswith("plus de 100 noms")


def test_too_many_bytes_are_refused(monkeypatch):
    monkeypatch.setattr(reader, "MAX_XML_BYTES", 1 << 20)
    assert _refusal(b"<r>" + b" " * (1 << 21) + b"</r>") == "plus de 1 Mio"


@pytest.mark.parametrize("encoding", [b"mac-klingon", b"zlib_codec", b"utf-7", b"idna"])
def test_an_unknown_encoding_is_refused(encoding):
    assert _refusal(b"<?xml version='1.0' encoding='" + encoding + b"'?><r/>") == "encodage déclaré inconnu"


@pytest.mark.parametrize("raw", [b"", b"<r>", b"<r>&nbsp;</r>", b"<x:r/>", b"<r></s>"])
def test_malformed_xml_is_refused_with_its_line(raw):
    assert _refusal(raw) == "ligne 1"
