"""A Metalink (RFC 5854): for each file its size, its digests, and all the places that have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

from weights.bundle import PIECE, File
from weights.source import Source

_NAMESPACE = "urn:ietf:params:xml:ns:metalink"


def dump(files: Mapping[str, File], sources: Sequence[Source]) -> str:
    """Write a Metalink that has each of ``files`` downloaded to the path that is its key.

    Every one of ``sources`` has it; none is better than another.
    """
    root = ElementTree.Element("metalink", xmlns=_NAMESPACE)
    for target, file in files.items():
        entry = ElementTree.SubElement(root, "file", name=target)
        if file.size is not None:
            ElementTree.SubElement(entry, "size").text = str(file.size)
        # not both: all of a file would be read a second time when its pieces are right
        if not file.pieces:
            ElementTree.SubElement(entry, "hash", type="sha-256").text = file.sha256
        else:
            pieces = ElementTree.SubElement(entry, "pieces", length=str(PIECE), type="sha-256")
            for digest in file.pieces:
                ElementTree.SubElement(pieces, "hash").text = digest
        for source in sources:
            ElementTree.SubElement(entry, "url", priority="1").text = source.at(file.path)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)
