"""Zstandard: a stream decompressed by whichever decoder this machine has."""

import ctypes
import io
from functools import cache
from importlib import import_module
from typing import Any, BinaryIO, cast

MAGIC = b"\x28\xb5\x2f\xfd"
"""First bytes of a frame. Source: RFC 8878, section 3.1.1."""

_MODULES = ("compression.zstd", "backports.zstd")
_LIBRARIES = ("libzstd.so.1", "libzstd.1.dylib", "/opt/homebrew/lib/libzstd.1.dylib")
_CHUNK = 128 * 1024


class NoDecoder(Exception):  # noqa: N818 - on its way to becoming a BadRow; it never leaves this room
    """Nothing on this machine decompresses Zstandard; ``str()`` says what to install."""


def reader(stream: BinaryIO) -> BinaryIO:
    """Return a stream of the decompressed bytes; frames that follow one another are joined.

    Python's own module is taken where there is one (3.14), then its backport, then the system's library.
    Damage and early ends raise ``OSError`` or ``EOFError`` while reading.

    Raises:
        NoDecoder: There is none of the three.
    """
    for name in _MODULES:
        try:
            module = import_module(name)
        except ImportError:
            continue
        return cast("BinaryIO", module.open(stream, "rb"))
    library = _library()
    if library is None:
        raise NoDecoder(
            "it is compressed with zstd, which this Python cannot read: pip install backports.zstd"
        )
    return io.BufferedReader(_Frames(stream, library), _CHUNK)


@cache
def _library() -> ctypes.CDLL | None:
    for name in _LIBRARIES:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        library.ZSTD_createDStream.restype = ctypes.c_void_p
        library.ZSTD_freeDStream.argtypes = [ctypes.c_void_p]
        library.ZSTD_decompressStream.restype = ctypes.c_size_t
        library.ZSTD_decompressStream.argtypes = [
            ctypes.c_void_p,
            ctypes.POINTER(_Buffer),
            ctypes.POINTER(_Buffer),
        ]
        library.ZSTD_isError.argtypes = [ctypes.c_size_t]
        return library
    return None


class _Buffer(ctypes.Structure):
    """``ZSTD_inBuffer`` and ``ZSTD_outBuffer``. Source: zstd.h of 1.5."""

    _fields_ = (("start", ctypes.c_void_p), ("size", ctypes.c_size_t), ("pos", ctypes.c_size_t))


class _Frames(io.RawIOBase):
    def __init__(self, stream: BinaryIO, library: ctypes.CDLL) -> None:
        self._stream = stream
        self._library: Any = library
        self._context = library.ZSTD_createDStream()
        self._pending: bytes = b""
        self._in = _Buffer(None, 0, 0)
        self._is_between_frames = True
        self._out_was_full = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer, as io defines it
        view = memoryview(buffer).cast("B")
        target = (ctypes.c_char * len(view)).from_buffer(view)
        out = _Buffer(ctypes.addressof(target), len(view), 0)
        while not out.pos:
            if self._in.pos == self._in.size and not self._out_was_full and not self._refill():
                if self._is_between_frames:
                    return 0
                raise EOFError("the compressed stream ends early")
            left = self._library.ZSTD_decompressStream(
                self._context, ctypes.byref(out), ctypes.byref(self._in)
            )
            if self._library.ZSTD_isError(left):
                raise OSError("the compressed stream is damaged")
            self._is_between_frames = left == 0
            self._out_was_full = out.pos == out.size
        return int(out.pos)

    def _refill(self) -> bool:
        self._pending = self._stream.read(_CHUNK)
        address = ctypes.cast(ctypes.c_char_p(self._pending), ctypes.c_void_p)
        self._in = _Buffer(address, len(self._pending), 0)
        return bool(self._pending)

    def close(self) -> None:
        if not self.closed:
            self._library.ZSTD_freeDStream(self._context)
        super().close()
