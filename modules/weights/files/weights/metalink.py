"""A Metalink (RFC 5854): for each file its size, its digests, and all the places that have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

from weights.bundle import PIECE, File

_NAMESPACE = "urn:ietf:params:xml:ns:metalink"


def dump(files: Mapping[str, File], bases: Sequence[str]) -> str:
    """Write a Metalink that has each of ``files`` downloaded to the path that is its key.

    Each is at its own path below every one of ``bases``, which end in no slash; none is better than another.
    """
    root = ElementTree.Element("metalink", xmlns=_NAMESPACE)
    for target, file in files.items():
        entry = ElementTree.SubElement(root, "file", name=target)
        ElementTree.SubElement(entry, "size").text = str(file.size)
        ElementTree.SubElement(entry, "hash", type="sha-256").text = file.sha256
        if file.pieces:
            pieces = ElementTree.SubElement(entry, "pieces", length=str(PIECE), type="sha-256")
            for digest in file.pieces:
                ElementTree.SubElement(pieces, "hash").text = digest
        for base in bases:
            ElementTree.SubElement(entry, "url", priority="1").text = f"{base}/{file.path}"
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)
