"""Fingerprints: templates remembered by the system prompts they were taken from."""

from modelmix.classify.template import NO_TEMPLATE, Template, of_texts, texts

DEFAULT_SIZE = 1024


class Fingerprints:
    """A bounded memory of fingerprints; the prompts themselves are not kept.

    The attribution block is left out before looking up, so that Claude Code's requests are found again.
    The entry used longest ago goes first. One memory belongs to one thread.

    Args:
        size: Most entries kept, at least 1.
    """

    __slots__ = ("_known", "_size")

    def __init__(self, size: int = DEFAULT_SIZE) -> None:
        if size < 1:
            raise ValueError(f"size is {size}; a memory has room for at least 1 fingerprint")
        self._size = size
        self._known: dict[tuple[int, int], Template] = {}

    def __len__(self) -> int:
        """Number of fingerprints remembered."""
        return len(self._known)

    def of(self, system: object) -> Template:
        """Return the template of a request's ``system`` value, text or a list of blocks."""
        parts = texts(system)
        if not parts:
            return NO_TEMPLATE
        # The interpreter's keyed 64-bit hash and the length: no prompt can be made to meet another's.
        key = (hash(parts), sum(map(len, parts)))
        template = self._known.pop(key, None)
        if template is None:
            template = of_texts(parts)
            if len(self._known) >= self._size:
                del self._known[next(iter(self._known))]
        self._known[key] = template
        return template
