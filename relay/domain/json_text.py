"""JSON that a terminal may show as it is: what would move a cursor or turn the text round is written as an escape.

JSON itself escapes U+0000 to U+001F only. DEL, the C1 controls (U+009B begins a sequence just as ESC [ does) and the
bidirectional controls can stand in strings alone, so an escape in their place means the same to every reader.
"""

import re

_LIVELY = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]")


def tamed(document: bytes) -> bytes:
    """The same JSON, in UTF-8, without a character that acts on a terminal."""
    return _LIVELY.sub(lambda found: b"\\u%04x" % ord(found[0].decode()), document)
