"""Archives `.tar.gz` read as a stream: nothing is written to disk, no member's name is ever used as a path.

Bounded from the first byte: number of members, bytes expanded (in all, per kept member, and for each byte received).
Links, devices, sparse files, absolute or climbing names and archives within the archive refuse the whole file: no
platform makes them. The tar is read by hand, block by block: the library's reader recurses on crafted headers and
holds extended headers whole.
"""

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from orchestration.ingest.outcome import RejectedFile

GZIP_MAGIC = b"\x1f\x8b\x08"
BLOCK_BYTES = 512
HEAD_BYTES = 1 << 16
MAX_MEMBERS = 2_000
MAX_EXPANDED_BYTES = 512 << 20
MAX_EXPANSION = 100
ALWAYS_ALLOWED_BYTES = 8 << 20
MAX_KEPT_BYTES = 1 << 20
MAX_KEPT_TOTAL_BYTES = 16 << 20
REGULAR, FOLDER, EXTENDED = b"\x0007", b"5", b"LKxg"
ARCHIVE_MAGICS = (
    GZIP_MAGIC, b"PK\x03\x04", b"BZh", b"\xfd7zXZ\0", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x28\xb5\x2f\xfd",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Codes:
    """The anomaly codes of the source that reads the archive."""

    illisible: str
    demesuree: str
    refusee: str


@dataclass(frozen=True, slots=True)
class Membre:
    """One regular file of an archive: its rank (1 for the first), last part of its name, size in bytes.

    `contenu` is None when the caller did not want it.
    """

    rang: int
    nom: str
    taille: int
    contenu: bytes | None


def is_tar_gz(head: bytes) -> bool:
    """Whether a file's first bytes are those of a gzipped tar."""
    if not head.startswith(GZIP_MAGIC):
        return False
    try:
        block = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, BLOCK_BYTES)
    except zlib.error:
        return False
    return _is_header(block)


def iter_tar_gz(stream: BinaryIO, codes: Codes, wanted: Callable[[str, bytes], bool]) -> Iterator[Membre]:
    """Stream the regular files of a `.tar.gz`; `wanted` is told the name and the first 64 KiB of each.

    Raises `RejectedFile` with one of `codes` when the archive is broken, passes a bound, or holds what it must not.
    """
    tar = _Expanded(stream, codes)
    headers, rang = 0, 0
    while (header := tar.read(BLOCK_BYTES, partial=True)).strip(b"\0"):
        headers += 1
        if headers > MAX_MEMBERS:
            raise RejectedFile(codes.demesuree, f"plus de {MAX_MEMBERS} fichiers")
        nom, taille, kind = _read_header(header, codes)
        if kind in REGULAR:
            rang += 1
            yield _read_member(tar, codes, (rang, nom, taille), wanted)
        elif kind in EXTENDED or kind == FOLDER:
            tar.skip(taille)
        else:
            raise RejectedFile(codes.refusee, "lien ou fichier spécial")
        tar.skip(-taille % BLOCK_BYTES)


def _read_member(
    tar: "_Expanded", codes: Codes, found: tuple[int, str, int], wanted: Callable[[str, bytes], bool]
) -> Membre:
    rang, nom, taille = found
    head = tar.read(min(taille, HEAD_BYTES))
    if head.startswith(ARCHIVE_MAGICS) or _is_header(head[:BLOCK_BYTES]):
        raise RejectedFile(codes.refusee, "archive dans l’archive")
    if not wanted(nom, head):
        tar.skip(taille - len(head))
        return Membre(rang, nom, taille, None)
    tar.kept += taille
    if taille > MAX_KEPT_BYTES or tar.kept > MAX_KEPT_TOTAL_BYTES:
        raise RejectedFile(codes.demesuree, f"messages de plus de {MAX_KEPT_BYTES >> 20} Mio")
    return Membre(rang, nom, taille, head + tar.read(taille - len(head)))


class _Expanded:
    """The tar inside the gzip, read forward only, with the bytes it may still give and those kept so far."""

    def __init__(self, stream: BinaryIO, codes: Codes) -> None:
        self.kept = 0
        compressed = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        self._gzip = gzip.GzipFile(fileobj=stream, mode="rb")
        self._left = min(MAX_EXPANDED_BYTES, max(ALWAYS_ALLOWED_BYTES, MAX_EXPANSION * compressed))
        self._codes = codes

    def read(self, size: int, partial: bool = False) -> bytes:
        """Exactly `size` bytes, or at the end of the file what is left when `partial`."""
        self._left -= size
        if self._left < 0:
            raise RejectedFile(self._codes.demesuree, "taille une fois décompressée")
        try:
            data = self._gzip.read(size)
        except (OSError, EOFError, zlib.error) as error:
            raise RejectedFile(self._codes.illisible, "compression abîmée") from error
        if len(data) < size and not (partial and not data):
            raise RejectedFile(self._codes.illisible, "fichier tronqué")
        return data

    def skip(self, size: int) -> None:
        """Pass over bytes without keeping them."""
        while size > 0:
            size -= len(self.read(min(size, HEAD_BYTES)))


def _is_header(block: bytes) -> bool:
    """Whether a 512-byte block carries the checksum of a tar header."""
    if len(block) < BLOCK_BYTES or not (declared := _octal(block[148:156])):
        return False
    return sum(block[:148]) + sum(block[156:]) + 8 * ord(" ") == declared


def _read_header(block: bytes, codes: Codes) -> tuple[str, int, bytes]:
    """(last part of the name, size, kind) of a member; kind is one byte."""
    if not _is_header(block):
        raise RejectedFile(codes.illisible, "en-tête de fichier abîmé")
    if block[124] & 0x80 or (taille := _octal(block[124:136])) is None:
        raise RejectedFile(codes.demesuree, "taille de fichier hors norme")
    # Only POSIX headers keep the start of a long name there; GNU ones write dates.
    prefix = _text(block[345:500]) if block[257:263] == b"ustar\0" else ""
    path = f"{prefix}/{_text(block[:100])}" if prefix else _text(block[:100])
    if path.startswith(("/", "\\")) or re.match("[A-Za-z]:", path) or ".." in re.split(r"[/\\]", path):
        raise RejectedFile(codes.refusee, "nom de fichier hors de l’archive")
    kind = block[156:157]
    return re.split(r"[/\\]", path)[-1], 0 if kind == FOLDER else taille, kind


def _octal(field: bytes) -> int | None:
    digits = field.strip(b" \0")
    return int(digits, 8) if re.fullmatch(b"[0-7]{1,12}", digits) else (0 if not digits else None)


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "replace")
