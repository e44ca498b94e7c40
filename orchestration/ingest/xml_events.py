"""XML files too large for a tree: the few elements a parser asks for, one event at a time.

lxml keeps the text of the element being read, so a base64 attachment of tens of megabytes would be held whole. Here
nothing is kept but the text of the elements asked for, cut to `MAX_VALUE_CHARS`; the rest, personal data included,
never leaves the reader. Same protections as `readers.iter_xml`: no document type declaration (hence no entity), no
network, bounded size, depth, number of names and length of one markup token.
"""

from collections.abc import Collection, Iterator
from typing import BinaryIO, NamedTuple
from xml.parsers import expat

from orchestration.ingest.outcome import RejectedFile
from orchestration.ingest.readers import MAX_XML_BYTES, MAX_XML_DEPTH

CHUNK_BYTES = 1 << 16
MAX_TOKEN_BYTES = 16 << 20
MAX_NAMES = 10_000
MAX_VALUE_CHARS = 512


class XmlEvent(NamedTuple):
    """The start or the end of an element: local names, depth (1 for the root), line and attributes of its start tag.

    `namespace` is the element's own, "" for none. `text`, known at the end, is the stripped text of an element
    without children.
    """

    is_start: bool
    parent: str
    name: str
    namespace: str
    depth: int
    ligne: int
    attributes: dict[str, str]
    text: str


def xml_events(stream: BinaryIO, broken_code: str, wanted: Collection[tuple[str, str]]) -> Iterator[XmlEvent]:
    """Stream the events of the root, of its children, and of the elements whose (parent, name) is in `wanted`.

    Raises `RejectedFile(broken_code, …)` on malformed XML, unknown encoding, DOCTYPE, or a bound passed.
    """
    reader = _Reader(broken_code, frozenset(wanted))
    size = 0
    while chunk := stream.read(CHUNK_BYTES):
        size += len(chunk)
        if size > MAX_XML_BYTES:
            raise RejectedFile(broken_code, f"plus de {MAX_XML_BYTES >> 20} Mio")
        yield from reader.feed(chunk, size)
    yield from reader.feed(b"", size, is_last=True)


class _Reader:
    """The state that expat's callbacks share: the open elements' names, and the events of the current chunk."""

    def __init__(self, code: str, wanted: frozenset[tuple[str, str]]) -> None:
        self._code = code
        self._wanted = wanted
        self._names = [""]
        self._open: list[XmlEvent] = []
        self._text = ""
        self._events: list[XmlEvent] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def feed(self, chunk: bytes, fed: int, is_last: bool = False) -> list[XmlEvent]:
        """The events of one more chunk; `fed` counts the bytes given so far, this chunk included."""
        self._events = []
        try:
            self._parser.Parse(chunk, is_last)
        except expat.ExpatError as error:
            raise RejectedFile(self._code, f"ligne {error.lineno}") from error
        except (LookupError, ValueError) as error:
            raise RejectedFile(self._code, "encodage déclaré inconnu") from error
        if fed - self._parser.CurrentByteIndex > MAX_TOKEN_BYTES:
            raise RejectedFile(self._code, f"une seule balise de plus de {MAX_TOKEN_BYTES >> 20} Mio")
        if len(self._parser.intern) > MAX_NAMES:
            raise RejectedFile(self._code, f"plus de {MAX_NAMES} noms de balises différents")
        return self._events

    def _refuse_doctype(self, *declaration: object) -> None:
        raise RejectedFile(self._code, "déclaration DOCTYPE, dangereuse, refusée")

    def _start(self, qualified: str, attributes: dict[str, str]) -> None:
        namespace, _, name = qualified.rpartition(" ")
        parent = self._names[-1]
        self._names.append(name)
        depth = len(self._names) - 1
        if depth > MAX_XML_DEPTH:
            raise RejectedFile(self._code, f"plus de {MAX_XML_DEPTH} niveaux imbriqués")
        self._parser.CharacterDataHandler = None
        if depth > 2 and (parent, name) not in self._wanted:
            return
        values = {key: value[:MAX_VALUE_CHARS] for key, value in attributes.items()}
        event = XmlEvent(True, parent, name, namespace, depth, self._parser.CurrentLineNumber, values, "")
        self._open.append(event)
        self._events.append(event)
        self._text = ""
        self._parser.CharacterDataHandler = self._characters

    def _characters(self, text: str) -> None:
        self._text = (self._text + text)[:MAX_VALUE_CHARS]

    def _end(self, qualified: str) -> None:
        depth = len(self._names) - 1
        self._names.pop()
        self._parser.CharacterDataHandler = None
        if self._open and self._open[-1].depth == depth:
            event = self._open.pop()
            self._events.append(event._replace(is_start=False, text=self._text.strip()))
            self._text = ""
