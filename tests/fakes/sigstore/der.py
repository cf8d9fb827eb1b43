"""Write the little ASN.1 (X.690, DER) that our certificates and timestamps need and no library builds."""

from __future__ import annotations

from cryptography import x509


def encode(tag: int, *parts: bytes) -> bytes:
    """Return one element: its tag, the length of its content, and the content."""
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + length.to_bytes(size) + content


def integer(value: int) -> bytes:
    """Return a non-negative INTEGER."""
    return encode(0x02, value.to_bytes(value.bit_length() // 8 + 1))


def octets(content: bytes) -> bytes:
    """Return an OCTET STRING."""
    return encode(0x04, content)


def text(content: str) -> bytes:
    """Return a UTF8String."""
    return encode(0x0C, content.encode())


def sequence(*parts: bytes) -> bytes:
    """Return a SEQUENCE."""
    return encode(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    """Return a SET OF, in the order that DER wants."""
    return encode(0x31, *sorted(parts))


def context(number: int, *parts: bytes) -> bytes:
    """Return a constructed element with a tag of the context."""
    return encode(0xA0 | number, *parts)


def identifier(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    first, second, *arcs = (int(arc) for arc in x509.ObjectIdentifier(dotted).dotted_string.split("."))
    return encode(0x06, bytes((first * 40 + second,)), *(_base128(arc) for arc in arcs))


def _base128(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(0x80 | (value & 0x7F))
    return bytes(reversed(digits))
