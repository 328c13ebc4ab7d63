"""CoExec from Python: pictures through a neural network on all units of this machine, results in order.

    import coexec

    with coexec.Session("mobilenet_v1.tflite") as session:
        for result in session.run(frames):                  # numpy arrays, H x W x 3
            print(result.sequence, result.classes[0].label)

A picture is any object with a buffer: a numpy array, a memoryview, bytes. It is read where it lies, strides and all,
and must stay as it is until its result is there. A `Session` is one ordered stream of pictures through one model;
sessions that are given the same `Pool` share the devices' lanes. Results have classes, boxes, a map of classes,
keypoints, and the outputs as they are. What can't be done raises `Error`, in the library's words.

Objects may be used by several threads, and closed by any of them at any time. No Python code runs on the library's
threads once a session is open. The library is found as libcoexec.so.1; COEXEC_LIBRARY names another. Times are seconds;
a time-out of None waits for ever, one of 0 doesn't wait.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import threading
import time
import weakref
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, NoReturn, Optional, Sequence, Tuple, Union

try:
    import numpy
except ImportError:  # then tensors and maps are memoryviews
    numpy = None  # type: ignore[assignment]

__all__ = [
    "Box", "Class", "ClassMap", "DeviceReport", "Error", "Interrupted", "Invalid", "Model", "Picture", "Point", "Pool",
    "Report", "Result", "Session", "Tensor", "TimedOut", "Unavailable",
]

Text = Union[str, "os.PathLike[str]"]
Numbers = Union[str, float, Sequence[float]]


# ---- Errors ----------------------------------------------------------------------------------------------------------


class Error(Exception):
    """What the library, a model or an argument doesn't allow."""


class TimedOut(Error, TimeoutError):
    """Nothing happened within the time-out; try again."""


class Interrupted(Error):
    """`Session.interrupt` is on, or the user gave up while a model was measured."""


class Invalid(Error, ValueError):
    """An argument that can't be, or a call on something that is closed or finished."""


class Unavailable(Error):
    """The system has no memory or thread to give."""


# ---- The header ------------------------------------------------------------------------------------------------------
# Field by field as coexec.h has it; Tests/Embedding/python/test_layout.py compares the two.

_API_VERSION = 0x00010000
_OK, _TIMEOUT, _END, _INTERRUPTED, _DROPPED, _ERROR, _INVALID, _UNAVAILABLE = range(8)
_ADMISSIONS = {"wait": 0, "drop-oldest": 1, "drop-newest": 2}
_MATRICES = {None: 0, "bt601": 1, "bt709": 2, "bt2020": 3}
_RANGES = {None: 0, "limited": 1, "full": 2}
_DROPS = {0: None, 1: "overflow", 2: "late"}
_KINDS = {0: "tensors", 1: "classes", 2: "boxes", 3: "segments", 4: "keypoints"}
_JSON, _PROMETHEUS = range(2)
_TUNINGS = {"first": 0, "off": 1, "while-running": 2}


class _Sized(ctypes.Structure):
    """A struct that begins with its own size."""

    def __init__(self, **values: Any) -> None:
        super().__init__(struct_size=ctypes.sizeof(self), **values)
        for name, value in values.items():  # ctypes cuts integers that don't fit
            if isinstance(value, int) and getattr(self, name) != value:
                raise Invalid(f"{name} can't be {value}")


_Progress = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)
_IsInterrupted = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)


class _PoolOptions(_Sized):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("devices", ctypes.c_char_p),
        ("host_cpus", ctypes.c_char_p),
        ("cache_folder", ctypes.c_char_p),
        ("progress", _Progress),
        ("is_interrupted", _IsInterrupted),
        ("user", ctypes.c_void_p),
    ]


class _StreamOptions(_Sized):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("admission", ctypes.c_int32),
        ("model", ctypes.c_char_p),
        ("builtin", ctypes.c_char_p),
        ("labels", ctypes.c_char_p),
        ("precision", ctypes.c_char_p),
        ("devices", ctypes.c_char_p),
        ("name", ctypes.c_char_p),
        ("window", ctypes.c_int32),
        ("priority", ctypes.c_int32),
        ("weight", ctypes.c_int32),
        ("max_lanes", ctypes.c_int32),
        ("deadline", ctypes.c_int64),
        ("size", ctypes.c_char_p),
        ("channels", ctypes.c_char_p),
        ("mean", ctypes.c_char_p),
        ("scale", ctypes.c_char_p),
        ("preset", ctypes.c_char_p),
        ("fit", ctypes.c_char_p),
        ("resample", ctypes.c_char_p),
        ("task", ctypes.c_char_p),
        ("head", ctypes.c_char_p),
        ("threshold", ctypes.c_float),
        ("top", ctypes.c_int32),
    ]


class _Picture(_Sized):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("format", ctypes.c_int32),
        ("width", ctypes.c_int32),
        ("height", ctypes.c_int32),
        ("planes", ctypes.c_void_p * 4),
        ("strides", ctypes.c_int32 * 4),
        ("matrix", ctypes.c_int32),
        ("range", ctypes.c_int32),
        ("crop_x", ctypes.c_int32),
        ("crop_y", ctypes.c_int32),
        ("crop_width", ctypes.c_int32),
        ("crop_height", ctypes.c_int32),
        ("pts", ctypes.c_int64),
        ("user", ctypes.c_void_p),
        ("release", ctypes.c_void_p),  # only ever the address of a function of the C library
    ]


class _Tensor(ctypes.Structure):
    _fields_ = [
        ("rank", ctypes.c_uint32),
        ("extents", ctypes.POINTER(ctypes.c_int64)),
        ("values", ctypes.c_void_p),
        ("count", ctypes.c_size_t),
        ("name", ctypes.c_char_p),
    ]


class _Class(ctypes.Structure):
    _fields_ = [("index", ctypes.c_int32), ("score", ctypes.c_float), ("label", ctypes.c_char_p)]


class _Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_float), ("y", ctypes.c_float), ("score", ctypes.c_float)]


class _Box(ctypes.Structure):
    _fields_ = [
        ("x", ctypes.c_float),
        ("y", ctypes.c_float),
        ("width", ctypes.c_float),
        ("height", ctypes.c_float),
        ("score", ctypes.c_float),
        ("index", ctypes.c_int32),
        ("label", ctypes.c_char_p),
        ("points", ctypes.POINTER(_Point)),
        ("point_count", ctypes.c_size_t),
    ]


class _Map(ctypes.Structure):
    _fields_ = [
        ("width", ctypes.c_int32),
        ("height", ctypes.c_int32),
        ("classes", ctypes.c_void_p),
        ("x", ctypes.c_int32),
        ("y", ctypes.c_int32),
        ("area_width", ctypes.c_int32),
        ("area_height", ctypes.c_int32),
    ]


class _Result(_Sized):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("status", ctypes.c_int32),
        ("sequence", ctypes.c_int64),
        ("pts", ctypes.c_int64),
        ("user", ctypes.c_void_p),
        ("drop", ctypes.c_int32),
        ("device_index", ctypes.c_int32),
        ("device", ctypes.c_char_p),
        ("service", ctypes.c_int64),
        ("latency", ctypes.c_int64),
        ("outputs", ctypes.POINTER(_Tensor)),
        ("output_count", ctypes.c_size_t),
        ("error", ctypes.c_char_p),
        ("owner", ctypes.c_void_p),
        ("kind", ctypes.c_int32),
        ("are_probabilities", ctypes.c_int32),
        ("classes", ctypes.POINTER(_Class)),
        ("class_count", ctypes.c_size_t),
        ("boxes", ctypes.POINTER(_Box)),
        ("box_count", ctypes.c_size_t),
        ("points", ctypes.POINTER(_Point)),
        ("point_count", ctypes.c_size_t),
        ("map", _Map),
    ]


class _StreamReport(_Sized):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("device_count", ctypes.c_int32),
        ("submitted", ctypes.c_int64),
        ("received", ctypes.c_int64),
        ("dropped", ctypes.c_int64),
        ("failed", ctypes.c_int64),
        ("in_flight", ctypes.c_int64),
        ("latency_p50", ctypes.c_int64),
        ("latency_p99", ctypes.c_int64),
        ("expected_latency", ctypes.c_int64),
        ("rate", ctypes.c_double),
    ]


class _DeviceReport(_Sized):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("lanes", ctypes.c_int32),
        ("name", ctypes.c_char_p),
        ("description", ctypes.c_char_p),
        ("frames", ctypes.c_int64),
        ("failures", ctypes.c_int64),
        ("service_p50", ctypes.c_int64),
        ("busy", ctypes.c_double),
        ("is_set_aside", ctypes.c_int32),
        ("is_emulated", ctypes.c_int32),
    ]


class _ModelInfo(_Sized):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("width", ctypes.c_int32),
        ("height", ctypes.c_int32),
        ("outputs", ctypes.c_int32),
        ("classes", ctypes.c_int32),
        ("kind", ctypes.c_int32),
        ("name", ctypes.c_char_p),
        ("pictures", ctypes.c_char_p),
        ("results", ctypes.c_char_p),
    ]


_pointer, _status = ctypes.c_void_p, ctypes.c_int32
_FUNCTIONS: Dict[str, Tuple[Any, List[Any]]] = {
    "coexec_version": (ctypes.c_uint32, []),
    "coexec_pool_open": (_status, [_pointer, _pointer, ctypes.c_char_p, ctypes.c_size_t]),
    "coexec_pool_close": (_status, [_pointer]),
    "coexec_pool_report": (ctypes.c_size_t, [_pointer, ctypes.c_int32, ctypes.c_char_p, ctypes.c_size_t]),
    "coexec_stream_open": (_status, [_pointer, _pointer, _pointer, ctypes.c_char_p, ctypes.c_size_t]),
    "coexec_close": (None, [_pointer]),
    "coexec_submit": (_status, [_pointer, _pointer, ctypes.c_int64]),
    "coexec_finish": (_status, [_pointer]),
    "coexec_receive": (_status, [_pointer, _pointer, ctypes.c_int64]),
    "coexec_result_clear": (None, [_pointer]),
    "coexec_descriptor": (ctypes.c_int32, [_pointer]),
    "coexec_top": (ctypes.c_int32, [_pointer, ctypes.c_int32, ctypes.c_int32, _pointer]),
    "coexec_interrupt": (None, [_pointer, ctypes.c_int32]),
    "coexec_flush": (ctypes.c_int64, [_pointer]),
    "coexec_configure": (_status, [_pointer, _pointer]),
    "coexec_report": (_status, [_pointer, _pointer]),
    "coexec_report_device": (_status, [_pointer, ctypes.c_int32, _pointer]),
    "coexec_model": (_status, [_pointer, _pointer]),
    "coexec_refusal": (ctypes.c_char_p, []),
}


def _load() -> Any:
    """The library, once a process: COEXEC_LIBRARY, or the one installed with this file, or the system's."""
    global _loaded
    with _loading:
        if _loaded is None:
            neighbour = Path(__file__).resolve().parents[2] / "libcoexec.so.1"
            path = os.environ.get("COEXEC_LIBRARY") or (str(neighbour) if neighbour.exists() else "libcoexec.so.1")
            try:
                library = ctypes.CDLL(path)
                for name, (result, arguments) in _FUNCTIONS.items():
                    function = getattr(library, name)
                    function.restype, function.argtypes = result, arguments
            except (OSError, AttributeError) as error:
                raise Error(f"the library of CoExec can't be loaded: {error} (COEXEC_LIBRARY names another)") from None
            version = library.coexec_version()
            if version >> 16 != _API_VERSION >> 16 or version < _API_VERSION:
                raise Error(f"'{path}' is version {version >> 16}.{version & 0xFFFF}, which this file isn't for")
            _loaded = library
    return _loaded


_loaded: Any = None
_loading = threading.Lock()


# ---- Pictures --------------------------------------------------------------------------------------------------------

# By name: its number, bytes of a sample, and for each plane the bytes of an element and how many pixels, as powers of
# two, share one along each axis.
_FORMATS: Dict[str, Tuple[int, int, Tuple[Tuple[int, int, int], ...]]] = {
    "rgb": (0, 1, ((3, 0, 0),)),
    "bgr": (1, 1, ((3, 0, 0),)),
    "rgbx": (2, 1, ((4, 0, 0),)),
    "bgrx": (3, 1, ((4, 0, 0),)),
    "gray8": (4, 1, ((1, 0, 0),)),
    "nv12": (5, 1, ((1, 0, 0), (2, 1, 1))),
    "nv21": (6, 1, ((1, 0, 0), (2, 1, 1))),
    "i420": (7, 1, ((1, 0, 0), (1, 1, 1), (1, 1, 1))),
    "yuy2": (8, 1, ((4, 1, 0),)),
    "uyvy": (9, 1, ((4, 1, 0),)),
    "i422": (10, 1, ((1, 0, 0), (1, 1, 0), (1, 1, 0))),
    "i444": (11, 1, ((1, 0, 0), (1, 0, 0), (1, 0, 0))),
    "p010": (12, 2, ((2, 0, 0), (4, 1, 1))),
    "i010": (13, 2, ((2, 0, 0), (2, 1, 1), (2, 1, 1))),
    "gray16": (14, 2, ((2, 0, 0),)),
}


@dataclass
class Picture:
    """A picture, where more is to be said of it than its pixels.

    Attributes:
        pixels: one object with a buffer, or one for each plane. Packed formats are H x W x channels, greys H x W,
            planes H x W of their own. One array of several planes has them one below the other, as OpenCV does
            (3H/2 x W for "nv12" and "i420"). Bytes without a shape need width and height, and no gaps.
        format: "rgb", "bgr", "rgbx", "bgrx", "gray8", "nv12", "nv21", "i420", "yuy2", "uyvy", "i422", "i444", "p010",
            "i010" or "gray16"; None: "rgb", "rgbx" or a grey, by the array's shape.
        width, height: of bytes without a shape.
        matrix: "bt601", "bt709" or "bt2020"; None: by the size.
        range: "limited" or "full"; None: limited for YUV.
        crop: x, y, width, height of the part to look at.
        pts: given back with the result; any integer of 64 bits.
        tag: given back with the result; any object.
        copy: whether pixels are copied at once, so that they may change while the picture is under way.
    """

    pixels: Any
    format: Optional[str] = None
    width: Optional[int] = None
    height: Optional[int] = None
    matrix: Optional[str] = None
    range: Optional[str] = None
    crop: Optional[Tuple[int, int, int, int]] = None
    pts: int = 0
    tag: Any = None
    copy: bool = False


class _Buffer(ctypes.Structure):
    """CPython's Py_buffer: where an object's memory is. The object stays as it is until `release`."""

    _fields_ = [
        ("address", ctypes.c_void_p),
        ("owner", ctypes.c_void_p),
        ("size", ctypes.c_ssize_t),
        ("item_size", ctypes.c_ssize_t),
        ("is_readonly", ctypes.c_int),
        ("rank", ctypes.c_int),
        ("item_format", ctypes.c_char_p),
        ("extents", ctypes.POINTER(ctypes.c_ssize_t)),
        ("steps", ctypes.POINTER(ctypes.c_ssize_t)),
        ("suboffsets", ctypes.POINTER(ctypes.c_ssize_t)),
        ("internal", ctypes.c_void_p),
    ]

    def __init__(self, pixels: Any) -> None:
        super().__init__()
        try:
            _get_buffer(pixels, ctypes.byref(self), 0x1C)  # PyBUF_RECORDS_RO: shape, strides and type
        except (TypeError, BufferError) as error:
            raise Invalid(f"pixels can't be read where they are: {error}") from None

    @property
    def shape(self) -> Tuple[int, ...]:
        return tuple(self.extents[: self.rank])

    @property
    def strides(self) -> Tuple[int, ...]:
        return tuple(self.steps[: self.rank])

    def release(self) -> None:
        _release_buffer(ctypes.byref(self))


# Of CPython and of the C library that it is linked with; quick, so the interpreter's lock is kept.
_get_buffer = ctypes.pythonapi.PyObject_GetBuffer
_get_buffer.argtypes, _get_buffer.restype = [ctypes.py_object, _pointer, ctypes.c_int], ctypes.c_int
_release_buffer = ctypes.pythonapi.PyBuffer_Release
_release_buffer.argtypes, _release_buffer.restype = [_pointer], None
_semaphore_make = ctypes.pythonapi.sem_init
_semaphore_make.argtypes = [_pointer, ctypes.c_int, ctypes.c_uint]
_semaphore_take = ctypes.pythonapi.sem_trywait
_semaphore_take.argtypes = [_pointer]
_semaphore_post = ctypes.cast(ctypes.pythonapi.sem_post, ctypes.c_void_p).value


class _Lent:
    """A picture in the library's hands.

    What the library calls to give it back is the C library's sem_post, on a semaphore of the picture's own: so no lane
    ever waits for the interpreter. The pixels are let go by the Python thread that next looks, which is before anybody
    gets the picture's result.
    """

    __slots__ = ("tag", "raw", "is_submitted", "_semaphore", "_buffers")

    def __init__(self, picture: Picture) -> None:
        self.tag = picture.tag
        self.is_submitted = False
        self._semaphore = (ctypes.c_uint64 * 8)()  # more than any sem_t, and aligned as one
        _semaphore_make(ctypes.byref(self._semaphore), 0, 0)
        planes = picture.pixels if isinstance(picture.pixels, (tuple, list)) else [picture.pixels]
        self._buffers: List[_Buffer] = []
        try:
            for plane in planes:
                self._buffers.append(_Buffer(plane))
            self.raw = _describe(picture, self._buffers)
        except BaseException:
            self.let_go()
            raise
        self.raw.user = self.key
        self.raw.release = None if picture.copy else _semaphore_post

    @property
    def key(self) -> int:
        """What the library gives back with the result."""
        return ctypes.addressof(self._semaphore)

    def is_released(self) -> bool:
        """Whether the library is done with the pixels, which are let go then."""
        if not self._buffers:
            return True
        if self.raw.release is not None and _semaphore_take(ctypes.byref(self._semaphore)) != 0:
            return False
        self.let_go()
        return True

    def let_go(self) -> None:
        for buffer in self._buffers:
            buffer.release()
        self._buffers = []


def _describe(picture: Picture, buffers: List[_Buffer]) -> _Picture:
    """A picture as the library is told of it.

    Raises: Invalid, saying what of the pixels doesn't fit.
    """
    if not buffers:
        raise Invalid("a picture needs pixels")
    name = picture.format or _usual_format(buffers)
    if name not in _FORMATS:
        raise Invalid(f"no format '{name}' (there are: {', '.join(_FORMATS)})")
    number, sample, planes = _FORMATS[name]
    for buffer in buffers:
        letter = (buffer.item_format or b"B").decode().lstrip("@=<|")
        if letter not in ("Bbc" if sample == 1 else "HhBbc" if buffer.rank == 1 else "Hh"):
            raise Invalid(f"samples of '{name}' are unsigned integers of {8 * sample} bits, not of type '{letter}'")
    if buffers[0].rank == 1:
        width, height, places = _unshaped(picture, name, planes, buffers)
    elif len(buffers) == 1:
        width, height, places = _single(name, sample, planes, buffers[0])
    else:
        width, height, places = _separate(name, planes, buffers)
    if buffers[0].rank != 1 and (picture.width or width, picture.height or height) != (width, height):
        raise Invalid(f"the pixels are {width}x{height}, not {picture.width or width}x{picture.height or height}")
    x, y, crop_width, crop_height = picture.crop or (0, 0, 0, 0)
    raw = _Picture(
        format=number, width=width, height=height, pts=picture.pts,
        matrix=_choice(_MATRICES, picture.matrix, "matrix"), range=_choice(_RANGES, picture.range, "range"),
        crop_x=x, crop_y=y, crop_width=crop_width, crop_height=crop_height)
    for plane, (address, stride) in enumerate(places):
        raw.planes[plane], raw.strides[plane] = address, stride
    return raw


_Places = List[Tuple[int, int]]  # address and stride of each plane


def _usual_format(buffers: List[_Buffer]) -> str:
    shape = buffers[0].shape
    channels = shape[2] if len(shape) == 3 else 1 if len(shape) == 2 else None
    usual = {1: "gray8" if buffers[0].item_size == 1 else "gray16", 3: "rgb", 4: "rgbx"}
    if len(buffers) != 1 or channels not in usual:
        raise Invalid(f"pixels of shape {shape} need a format")
    return usual[channels]


def _rows(plane: Tuple[int, int, int], width: int, height: int) -> Tuple[int, int]:
    """Bytes of a plane's row, and how many rows."""
    size, across, down = plane
    return ((width + (1 << across) - 1) >> across) * size, (height + (1 << down) - 1) >> down


def _unshaped(
    picture: Picture, name: str, planes: Sequence[Tuple[int, int, int]], buffers: List[_Buffer]
) -> Tuple[int, int, _Places]:
    """Bytes without a shape: all planes in one buffer, or in one each."""
    if picture.width is None or picture.height is None:
        raise Invalid("bytes without a shape need width and height")
    _check_extents(picture.width, picture.height)
    if len(buffers) not in (1, len(planes)):
        raise Invalid(f"'{name}' has {len(planes)} planes, not {len(buffers)}")
    rows = [_rows(plane, picture.width, picture.height) for plane in planes]
    places: _Places = []
    offset = 0
    for index, (bytes_a_row, count) in enumerate(rows):
        buffer = buffers[index if len(buffers) > 1 else 0]
        start = 0 if len(buffers) > 1 else offset
        if buffer.rank != 1 or buffer.strides[0] != buffer.item_size:
            raise Invalid("planes are all without a shape and without gaps, or none is")
        if start + bytes_a_row * count > buffer.size:
            wanted = bytes_a_row * count if len(buffers) > 1 else sum(row * count for row, count in rows)
            raise Invalid(
                f"'{name}' of {picture.width}x{picture.height} has {wanted} bytes, there are {buffer.size}")
        places.append((buffer.address + start, bytes_a_row))
        offset += bytes_a_row * count
    return picture.width, picture.height, places


def _single(
    name: str, sample: int, planes: Sequence[Tuple[int, int, int]], buffer: _Buffer
) -> Tuple[int, int, _Places]:
    """One array: of pixels, or of planes one below the other."""
    shape = buffer.shape
    if len(planes) == 1:
        size, across, _ = planes[0]
        bytes_a_pixel = (size >> across) // sample
        if len(shape) < 2 or shape[2:] not in ([(bytes_a_pixel,)] if bytes_a_pixel > 1 else [(), (1,)]):
            wanted = f"H x W x {bytes_a_pixel}" if bytes_a_pixel > 1 else "H x W"
            raise Invalid(f"pixels of '{name}' are {wanted}, not of shape {shape}")
        _check_extents(shape[1], shape[0])
        return shape[1], shape[0], [(buffer.address, _stride(buffer))]
    if len(shape) != 2:
        raise Invalid(f"planes of '{name}' are one array each, or rows of one array, not of shape {shape}")
    width = shape[1]
    # In quarters of a picture's rows: 6 for 4:2:0, 8 for 4:2:2, 12 for 4:4:4.
    quarters = sum((4 * size) >> (across + down) for size, across, down in planes) // sample
    height = 4 * shape[0] // quarters
    _check_extents(width, height)
    if height * quarters != 4 * shape[0] or any(width & across or height & down for _, across, down in planes):
        raise Invalid(f"an array of shape {shape} is no '{name}' of even extents: give each plane by itself")
    stride = _stride(buffer)
    if len(planes) == 2:  # both as wide
        return width, height, [(buffer.address, stride), (buffer.address + height * stride, stride)]
    if stride != width * sample:
        raise Invalid(f"rows of '{name}' in one array must not have gaps: give each plane by itself")
    places: _Places = []
    address = buffer.address
    for plane in planes:
        bytes_a_row, count = _rows(plane, width, height)
        places.append((address, bytes_a_row))
        address += bytes_a_row * count
    return width, height, places


def _separate(
    name: str, planes: Sequence[Tuple[int, int, int]], buffers: List[_Buffer]
) -> Tuple[int, int, _Places]:
    """An array for each plane."""
    if len(buffers) != len(planes):
        raise Invalid(f"'{name}' has {len(planes)} planes, not {len(buffers)}")
    if any(buffer.rank < 2 for buffer in buffers):
        raise Invalid("planes are all without a shape, or none is")
    height, width = buffers[0].shape[:2]
    _check_extents(width, height)
    places: _Places = []
    for index, (plane, buffer) in enumerate(zip(planes, buffers)):
        bytes_a_row, count = _rows(plane, width, height)
        shape = buffer.shape
        has = buffer.item_size
        for extent in shape[1:]:
            has *= extent
        if shape[0] != count or has != bytes_a_row:
            raise Invalid(
                f"plane {index} of '{name}' of {width}x{height} has {count} rows of {bytes_a_row} bytes, "
                f"not shape {shape}")
        places.append((buffer.address, _stride(buffer)))
    return width, height, places


def _stride(buffer: _Buffer) -> int:
    """Bytes from row to row, where the rows' own elements lie side by side."""
    step: int = buffer.item_size
    for extent, distance in reversed(list(zip(buffer.shape[1:], buffer.strides[1:]))):
        if extent > 1 and distance != step:
            raise Invalid("the samples of a row must lie side by side: give a format that fits, or a contiguous copy")
        step *= extent
    if buffer.shape[0] == 1:  # numpy gives those any stride
        return step
    stride: int = buffer.strides[0]
    if not step <= abs(stride) < 1 << 31:
        raise Invalid(f"rows of {step} bytes can't be {stride} bytes apart")
    return stride


def _check_extents(width: int, height: int) -> None:
    if not (1 <= width <= 16384 and 1 <= height <= 16384):
        raise Invalid(f"a picture of {width}x{height}: both must be from 1 to 16384")


def _choice(choices: Dict[Any, int], value: Any, name: str) -> int:
    if value not in choices:
        raise Invalid(f"no {name} '{value}' (there are: {', '.join(choice for choice in choices if choice)})")
    return choices[value]


# ---- Results ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Class:
    """A class of the picture, of a box, or of a map, whose score is its share then."""

    index: int
    score: float
    label: Optional[str]


@dataclass(frozen=True)
class Point:
    """A keypoint, in pixels of the picture (of its crop); a score below 0 is none."""

    x: float
    y: float
    score: float


@dataclass(frozen=True)
class Box:
    """A box, in pixels of the picture (of its crop) and never outside; the score is from 0 to 1."""

    x: float
    y: float
    width: float
    height: float
    score: float
    index: int
    label: Optional[str]
    points: List[Point]


@dataclass(frozen=True, eq=False)
class ClassMap:
    """A class for each pixel: `classes` is H x W of bytes, 255 for those beyond, and shows this part of the picture."""

    classes: Any
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, eq=False)
class Tensor:
    """An output as it is: 32-bit floats in the model's own shape, a read-only view of the library's memory."""

    name: Optional[str]
    values: Any


class _Memory:
    """A result's memory; goes back to the library with the last object that shows it."""

    def __init__(self, stream: _Stream) -> None:
        self.raw = _Result()
        self.is_filled = False
        self.stream = stream  # whose labels it shows

    def view(self, address: Optional[int], item: Any, shape: Tuple[int, ...]) -> Any:
        count = 1
        for extent in shape:
            count *= extent
        # An empty one has no address that matters.
        memory = (item * count).from_address(address) if address and count else (item * count)()
        memory.owner = self
        if numpy is not None:
            array = numpy.frombuffer(memory, dtype=item).reshape(shape) if count else numpy.zeros(shape, dtype=item)
            array.flags.writeable = False
            return array
        flat = memoryview(memory).cast("B")
        return flat.cast("f" if item is ctypes.c_float else "B", shape).toreadonly() if count else flat

    def __del__(self) -> None:
        if self.is_filled:
            self.stream.library.coexec_result_clear(ctypes.byref(self.raw))


@dataclass(eq=False)
class Result:
    """What became of a picture.

    Attributes:
        sequence: its place in the stream, from 0, without gaps; goes on after a flush.
        pts, tag: the picture's own.
        device: which ran it; None where none did.
        service: seconds on the lane.
        latency: seconds from submission until the result could be received.
        dropped: "overflow" (no room) or "late" (past its deadline) for a picture that was not run, else None.
        error: why no device could run it, in the library's words, else None.
        kind: "classes", "boxes", "segments", "keypoints" or "tensors": which of the following is there.
        classes: greatest first; of a map by share.
        are_probabilities: whether scores of classes are from 0 to 1.
        boxes: surest first.
        points: keypoints of the whole picture.
    """

    sequence: int
    pts: int
    tag: Any
    device: Optional[str]
    service: float
    latency: float
    dropped: Optional[str]
    error: Optional[str]
    kind: str
    classes: List[Class]
    are_probabilities: bool
    boxes: List[Box]
    points: List[Point]
    _memory: _Memory = field(repr=False)

    @cached_property
    def map(self) -> Optional[ClassMap]:
        """A class for each pixel; None where the network gives none."""
        map = self._memory.raw.map
        if not map.classes:
            return None
        classes = self._memory.view(map.classes, ctypes.c_uint8, (map.height, map.width))
        return ClassMap(classes, map.x, map.y, map.area_width, map.area_height)

    @cached_property
    def tensors(self) -> List[Tensor]:
        """The outputs, whatever was made of them."""
        raw = self._memory.raw
        return [
            Tensor(_text(output.name), self._memory.view(
                output.values, ctypes.c_float, tuple(output.extents[: output.rank])))
            for output in raw.outputs[: raw.output_count]
        ]

    def top(self, count: int, output: int = 0) -> List[Class]:
        """The greatest values of an output, greatest first; while the session is open, whose labels they have."""
        classes = (_Class * max(count, 1))()
        with self._memory.stream:
            written = self._memory.stream.library.coexec_top(
                ctypes.byref(self._memory.raw), output, max(count, 0), ctypes.byref(classes))
            return _classes(classes[:written])


def _make_result(memory: _Memory, tag: Any) -> Result:
    raw = memory.raw
    return Result(
        sequence=raw.sequence, pts=raw.pts, tag=tag, device=_text(raw.device), service=raw.service / 1e9,
        latency=raw.latency / 1e9, dropped=_DROPS.get(raw.drop, "overflow") if raw.status == _DROPPED else None,
        error=(_text(raw.error) or "no device could run it") if raw.status == _ERROR else None,
        kind=_KINDS.get(raw.kind, "tensors"), classes=_classes(raw.classes[: raw.class_count]),
        are_probabilities=raw.are_probabilities != 0, boxes=[_box(box) for box in raw.boxes[: raw.box_count]],
        points=_points(raw.points[: raw.point_count]), _memory=memory)


def _text(text: Optional[bytes]) -> Optional[str]:
    return None if text is None else text.decode("utf-8", "replace")


def _classes(classes: Iterable[_Class]) -> List[Class]:
    return [Class(item.index, item.score, _text(item.label)) for item in classes]


def _points(points: Iterable[_Point]) -> List[Point]:
    return [Point(point.x, point.y, point.score) for point in points]


def _box(box: _Box) -> Box:
    return Box(
        box.x, box.y, box.width, box.height, box.score, box.index, _text(box.label),
        _points(box.points[: box.point_count]))


@dataclass(frozen=True)
class DeviceReport:
    """A device of a session; `busy` is the share of its lanes' time over the last second, of all sessions."""

    name: str
    description: str
    lanes: int
    frames: int
    failures: int
    service_p50: float
    busy: float
    is_set_aside: bool
    is_emulated: bool


@dataclass(frozen=True)
class Report:
    """What happened in a session: latencies in seconds, of the last 1,000 that succeeded; `rate` in frames/s."""

    submitted: int
    received: int
    dropped: int
    failed: int
    in_flight: int
    latency_p50: float
    latency_p99: float
    expected_latency: float
    rate: float
    devices: List[DeviceReport]


@dataclass(frozen=True)
class Model:
    """What a session runs: the pictures' size as the network sees them, and what was taken for granted of both ends."""

    name: str
    width: int
    height: int
    outputs: int
    classes: int
    kind: str
    pictures: str
    results: str


# ---- Pools -----------------------------------------------------------------------------------------------------------


class Pool:
    """The lanes of this machine's devices, for any number of sessions.

    Args:
        devices: as "big,LITTLE,gpu"; None: all that share no core.
        host_cpus: for GPUs' host threads, as "0-1".
        cache_folder: where measurements are kept; None: $XDG_CACHE_HOME/coexec.
        tuning: when the fastest ways to compute are measured, once for each model: "first", while a session is opened;
            "while-running", between pictures; "off".
        progress: called with a line about what is measured, from the library's threads, while a session is opened.

    Raises: Error in the library's words.
    """

    def __init__(
        self, devices: Optional[str] = None, *, host_cpus: Optional[str] = None, cache_folder: Optional[Text] = None,
        tuning: str = "first", progress: Optional[Callable[[str], None]] = None,
    ) -> None:
        self._library = _load()
        gives_up = threading.Event()
        options = _PoolOptions(
            flags=_choice(_TUNINGS, tuning, "tuning"), devices=_bytes(devices), host_cpus=_bytes(host_cpus),
            cache_folder=_path(cache_folder),
            progress=_Progress(lambda _, line: progress(line.decode("utf-8", "replace"))) if progress else _Progress(),
            is_interrupted=_IsInterrupted(lambda _: gives_up.is_set()))
        pointer = ctypes.c_void_p()
        message = ctypes.create_string_buffer(1024)
        _run_interruptibly(
            lambda: self._library.coexec_pool_open(
                ctypes.byref(options), ctypes.byref(pointer), message, len(message)),
            gives_up, message, lambda: self._library.coexec_pool_close(pointer))
        self._gives_up, self._callbacks = gives_up, options  # the library calls them while sessions are opened
        self._handle = _Handle(self._library, pointer.value, self._library.coexec_pool_close)
        weakref.finalize(self, self._handle.close)

    def report(self) -> Any:
        """All devices and sessions, as the library's JSON says it."""
        return json.loads(self._report(_JSON))

    def prometheus(self) -> str:
        """The same in Prometheus' text format, version 0.0.4."""
        return self._report(_PROMETHEUS)

    def _report(self, format: int) -> str:
        with self._handle as pointer:
            room = 4096
            while True:
                text = ctypes.create_string_buffer(room)
                length = self._library.coexec_pool_report(pointer, format, text, room)
                if length < room:
                    return text.value.decode("utf-8", "replace")
                room = length + 1024  # it may grow meanwhile

    def close(self) -> None:
        """Ends its lanes. Harmless twice.

        Raises: Invalid while sessions are open.
        """
        self._handle.close()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


class _Handle:
    """An object of the library. Counts the calls that use it, so that closing is the last."""

    def __init__(self, library: Any, pointer: Optional[int], close: Callable[[int], Any]) -> None:
        self.library = library
        self._pointer = pointer
        self._close = close
        self._calls = 0
        self._gate = threading.Condition()
        self._closing = threading.Lock()  # who closes what another is closing waits for that

    @property
    def is_open(self) -> bool:
        return self._pointer is not None

    def __enter__(self) -> int:
        with self._gate:
            if self._pointer is None:
                raise Invalid("it is closed")
            self._calls += 1
            return self._pointer

    def __exit__(self, *_: Any) -> None:
        with self._gate:
            self._calls -= 1
            self._gate.notify_all()

    def wake(self, pointer: int) -> None:
        """Makes calls that wait return."""

    def close(self) -> None:
        with self._closing, self._gate:
            pointer, self._pointer = self._pointer, None
            if pointer is None:
                return
            self.wake(pointer)
            while self._calls:
                self._gate.wait()
            status = self._close(pointer)
            if status:
                self._pointer = pointer
                _fail(status, "sessions of this pool are open")


# ---- Sessions --------------------------------------------------------------------------------------------------------


class _Stream(_Handle):
    """A session's stream, with the pictures that the library has."""

    def __init__(self, library: Any, pointer: Optional[int]) -> None:
        super().__init__(library, pointer, library.coexec_close)
        self.lent: Dict[int, _Lent] = {}
        self._leftover: List[_Lent] = []  # without results to come; lanes may still read them, and one that hangs
        self._delivering = threading.Lock()

    def wake(self, pointer: int) -> None:
        self.library.coexec_interrupt(pointer, 1)

    def receive(self, pointer: int, memory: _Memory) -> Tuple[int, Optional[Result]]:
        """What is there, without waiting: a flush must know which pictures have their results."""
        with self._delivering:
            status: int = self.library.coexec_receive(pointer, ctypes.byref(memory.raw), 0)
            if status != _OK:
                return status, None
            memory.is_filled = True
            picture = self.lent.pop(memory.raw.user)
            self._leave([picture])
        return status, _make_result(memory, picture.tag)

    def flush(self, pointer: int) -> int:
        with self._delivering:
            flushed = {key: picture for key, picture in list(self.lent.items()) if picture.is_submitted}
            count: int = self.library.coexec_flush(pointer)
            for key in flushed:
                del self.lent[key]
            self._leave(list(flushed.values()))
        return count

    def _leave(self, pictures: List[_Lent]) -> None:
        """Lets go of these, and of earlier ones, as soon as lanes are done with them."""
        self._leftover = [picture for picture in self._leftover + pictures if not picture.is_released()]

    def wait(self, pointer: int, seconds: Optional[float]) -> None:
        """Until there is something to receive. Signals' handlers run meanwhile."""
        poll = select.poll()
        poll.register(self.descriptor(pointer), select.POLLIN)
        poll.poll(None if seconds is None else 1000 * seconds)

    def descriptor(self, pointer: int) -> int:
        descriptor: int = self.library.coexec_descriptor(pointer)
        if descriptor < 0:
            raise Unavailable("the system has no descriptor to give")
        return descriptor

    def let_go(self) -> None:
        """Lets go of pixels that the library is done with, though nobody has asked for their results."""
        for picture in list(self.lent.values()):
            picture.is_released()

    def close(self) -> None:
        super().close()
        _hung.extend(picture for picture in [*self.lent.values(), *self._leftover] if not picture.is_released())
        self.lent.clear()


_hung: List[_Lent] = []  # for good


class Session:
    """One stream of pictures through one model, results in order.

    Args:
        model: path of an ONNX or TFLite file; or
        builtin: name of a built-in network (right structure, random weights).
        pool: lanes to share; None: a pool of its own.
        devices: some of the pool's, by name; without a pool those of its own.
        tuning, progress: of a pool of its own, see `Pool`.
        labels: path of a file with a name a line; None: those packed with the model.
        precision: "fp32", "big=int8,gpu=fp16"; None: as the model.
        name: in messages and traces.
        admission: "wait"; or, for cameras, "drop-oldest" or "drop-newest" where there is no room.
        window: most pictures submitted and not received; 0: two a lane, plus two.
        priority, weight, max_lanes: among sessions of a pool.
        deadline: seconds; a picture that can't be done so long after submission is dropped.
        size, channels, mean, scale, preset, fit, resample: what pictures become, as `stream-demo run` takes it; None:
            as the model's file says. `Session.model` tells what was taken.
        task, head, threshold, top: what is made of the outputs.

    Raises: Error in the library's words: a file that can't be read, a device that isn't there.
    """

    def __init__(
        self, model: Optional[Text] = None, *, builtin: Optional[str] = None, pool: Optional[Pool] = None,
        devices: Optional[str] = None, tuning: str = "first", progress: Optional[Callable[[str], None]] = None,
        labels: Optional[Text] = None, precision: Optional[str] = None, name: Optional[str] = None,
        admission: str = "wait", window: int = 0, priority: int = 0, weight: int = 1, max_lanes: int = 0,
        deadline: float = 0, size: Union[str, Tuple[int, int], None] = None, channels: Optional[str] = None,
        mean: Optional[Numbers] = None, scale: Optional[Numbers] = None, preset: Optional[str] = None,
        fit: Optional[str] = None, resample: Optional[str] = None, task: Optional[str] = None,
        head: Optional[Text] = None, threshold: float = 0, top: int = 0,
    ) -> None:
        if pool and (progress or tuning != "first"):
            raise Invalid("tuning and progress are for a pool of the session's own: give them to its pool")
        self._library = _load()
        self._options = _StreamOptions(
            admission=_choice(_ADMISSIONS, admission, "admission"), model=_path(model), builtin=_bytes(builtin),
            labels=_path(labels), precision=_bytes(precision), devices=_bytes(devices) if pool else None,
            name=_bytes(name), window=window, priority=priority, weight=weight, max_lanes=max_lanes,
            deadline=_nanoseconds(deadline), size=_joined(size, "x"), channels=_bytes(channels),
            mean=_joined(mean, ","), scale=_joined(scale, ","), preset=_bytes(preset), fit=_bytes(fit),
            resample=_bytes(resample), task=_bytes(task), head=_path(head), threshold=threshold, top=top)
        self._own_pool = None if pool else Pool(devices, tuning=tuning, progress=progress)
        self._pool = pool or self._own_pool
        assert self._pool is not None
        pointer = ctypes.c_void_p()
        message = ctypes.create_string_buffer(1024)
        try:
            with self._pool._handle as pool_pointer:
                _run_interruptibly(
                    lambda: self._library.coexec_stream_open(
                        pool_pointer, ctypes.byref(self._options), ctypes.byref(pointer), message, len(message)),
                    self._pool._gives_up, message, lambda: self._library.coexec_close(pointer))
        except BaseException:
            if self._own_pool:
                self._own_pool.close()
            raise
        self._stream = _Stream(self._library, pointer.value)
        weakref.finalize(self, self._stream.close)

    # In

    def submit(
        self, picture: Any, *, format: Optional[str] = None, pts: int = 0, tag: Any = None,
        timeout: Optional[float] = None,
    ) -> None:
        """Hands a picture in; with admission "wait", waits for room.

        Args:
            picture: an object with a buffer, or a `Picture`, which says all but the time-out itself.
            format, pts, tag: see `Picture`.

        Raises: TimedOut where no room came: the picture isn't in the stream. Invalid, saying what of the picture can't
            be, or after `finish`. Interrupted; Unavailable.
        """
        if not isinstance(picture, Picture):
            picture = Picture(picture, format=format, pts=pts, tag=tag)
        lent = _Lent(picture)
        self._stream.lent[lent.key] = lent  # before the call: the result may be received before it returns
        may_be_taken = False
        try:
            for nanoseconds in _slices(timeout):
                with self._stream as stream:
                    may_be_taken = True  # Ctrl-C may strike before the next line has its status
                    status = self._library.coexec_submit(stream, ctypes.byref(lent.raw), nanoseconds)
                    may_be_taken = status == _OK
                if status != _TIMEOUT:
                    break
            self._check(status)
        except BaseException:
            if not may_be_taken:
                del self._stream.lent[lent.key]
                lent.let_go()
            raise
        lent.is_submitted = True
        if picture.copy:
            lent.let_go()
        if self._options.admission != 0:
            self._stream.let_go()

    def finish(self) -> None:
        """No picture follows: `receive` returns None after the last result. Harmless twice."""
        with self._stream as stream:
            self._check(self._library.coexec_finish(stream))

    # Out

    def receive(self, timeout: Optional[float] = None) -> Optional[Result]:
        """The next result in order; None after the last one of a finished session.

        Raises: TimedOut; Interrupted; Unavailable.
        """
        memory = _Memory(self._stream)
        end = None if timeout is None else time.monotonic() + timeout
        with self._stream as stream:
            while True:
                status, result = self._stream.receive(stream, memory)
                left = None if end is None else end - time.monotonic()
                if status != _TIMEOUT or (left is not None and left <= 0):
                    break
                self._stream.wait(stream, left)
        if status != _END:
            self._check(status)
        return result

    def __iter__(self) -> Iterator[Result]:
        """Results until the session is finished and the last one was received."""
        while True:
            result = self.receive()
            if result is None:
                return
            yield result

    def run(self, frames: Iterable[Any], *, format: Optional[str] = None) -> Iterator[Result]:
        """Results of all of these, in order.

        `frames`, objects with buffers or `Picture`s, is iterated on a thread of its own. Leaving the loop early drops
        what is under way; the session can be used again. What `frames` raises is raised after the results of what came
        before.
        """
        feeder = _Feeder(self, frames, format)
        try:
            yield from self
            if feeder.error is not None:
                raise feeder.error
        finally:
            feeder.stop()
            if self._stream.is_open:
                self.flush()

    def fileno(self) -> int:
        """A descriptor that is readable while `receive(0)` would not time out: for select, selectors and asyncio."""
        with self._stream as stream:
            return self._stream.descriptor(stream)

    # Control

    def interrupt(self, on: bool = True) -> None:
        """Calls that wait raise Interrupted at once, also later ones, until it is switched off."""
        with self._stream as stream:
            self._library.coexec_interrupt(stream, int(on))

    def flush(self) -> int:
        """Forgets all that was submitted and not received, and goes on, also after `finish`. Returns how many."""
        with self._stream as stream:
            return self._stream.flush(stream)

    def configure(
        self, *, priority: Optional[int] = None, weight: Optional[int] = None, deadline: Optional[float] = None,
        window: Optional[int] = None, admission: Optional[str] = None,
    ) -> None:
        """Changes what is given, while the session runs."""
        given = {
            "priority": priority, "weight": weight, "window": window,
            "deadline": None if deadline is None else _nanoseconds(deadline),
            "admission": None if admission is None else _choice(_ADMISSIONS, admission, "admission"),
        }
        options = _StreamOptions(
            **{name: getattr(self._options, name) if value is None else value for name, value in given.items()})
        with self._stream as stream:
            self._check(self._library.coexec_configure(stream, ctypes.byref(options)))
        self._options = options

    # What happened

    @property
    def pool(self) -> Pool:
        """The pool that its lanes are of."""
        assert self._pool is not None
        return self._pool

    @cached_property
    def model(self) -> Model:
        info = _ModelInfo()
        with self._stream as stream:
            self._check(self._library.coexec_model(stream, ctypes.byref(info)))
            return Model(
                _text(info.name) or "", info.width, info.height, info.outputs, info.classes,
                _KINDS.get(info.kind, "tensors"), _text(info.pictures) or "", _text(info.results) or "")

    def report(self) -> Report:
        raw = _StreamReport()
        with self._stream as stream:
            self._check(self._library.coexec_report(stream, ctypes.byref(raw)))
            devices = []
            for index in range(raw.device_count):
                device = _DeviceReport()
                self._check(self._library.coexec_report_device(stream, index, ctypes.byref(device)))
                devices.append(DeviceReport(
                    _text(device.name) or "", _text(device.description) or "", device.lanes, device.frames,
                    device.failures, device.service_p50 / 1e9, device.busy, device.is_set_aside != 0,
                    device.is_emulated != 0))
        return Report(
            raw.submitted, raw.received, raw.dropped, raw.failed, raw.in_flight, raw.latency_p50 / 1e9,
            raw.latency_p99 / 1e9, raw.expected_latency / 1e9, raw.rate, devices)

    def close(self) -> None:
        """Drops what is under way and frees all; results stay valid. Harmless twice, and from any thread."""
        self._stream.close()
        if self._own_pool:
            self._own_pool.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _check(self, status: int) -> None:
        if status == _INTERRUPTED and not self._stream.is_open:
            raise Invalid("it was closed meanwhile")
        if status != _OK:
            is_refused = status in (_INVALID, _ERROR, _UNAVAILABLE)
            _fail(status, _text(self._library.coexec_refusal()) if is_refused else None)


class _Feeder:
    """Submits what an iterable gives, on a thread of its own."""

    def __init__(self, session: Session, frames: Iterable[Any], format: Optional[str]) -> None:
        self.error: Optional[BaseException] = None
        self._session, self._format = session, format
        self._is_stopped = False
        self._submitting = threading.Lock()
        threading.Thread(target=self._feed, args=(frames,), name="coexec-frames", daemon=True).start()

    def _feed(self, frames: Iterable[Any]) -> None:
        try:
            for frame in frames:
                if not self._submit(frame):
                    return
                del frame  # the library has it; the next may take long to come
        except BaseException as error:
            self.error = error
        with self._submitting:
            if not self._is_stopped:
                try:
                    self._session.finish()
                except Error as error:  # closed meanwhile
                    self.error = self.error or error

    def _submit(self, frame: Any) -> bool:
        while True:
            with self._submitting:
                if self._is_stopped:
                    return False
                try:
                    self._session.submit(frame, format=self._format, timeout=0.02)
                    return True
                except TimedOut:
                    pass

    def stop(self) -> None:
        """Nothing is submitted once this returns; an iterable that is waited for isn't waited for here."""
        with self._submitting:
            self._is_stopped = True


# ---- Small things ----------------------------------------------------------------------------------------------------


def _run_interruptibly(
    call: Callable[[], int], gives_up: threading.Event, message: Any, undo: Callable[[], Any]
) -> None:
    """Makes a call that may take seconds and asks `gives_up` meanwhile, so that Ctrl-C ends it.

    Raises: Error with the call's message.
    """
    status: List[int] = []
    is_done = threading.Event()  # joining a thread isn't safe to interrupt in all of CPython's versions

    def run() -> None:
        try:
            status.append(call())
        finally:
            is_done.set()

    threading.Thread(target=run, name="coexec-open", daemon=True).start()
    try:
        while not is_done.wait(0.1):
            pass
    except BaseException:
        gives_up.set()
        is_done.wait()
        gives_up.clear()
        if status == [_OK]:
            undo()
        raise
    if status != [_OK]:
        _fail(status[0] if status else _ERROR, message.value.decode("utf-8", "replace"))


def _slices(timeout: Optional[float]) -> Iterator[int]:
    """A time-out in nanoseconds, in slices between which Ctrl-C is heard."""
    end = None if timeout is None or timeout < 0 else time.monotonic() + timeout
    while True:
        left = 0.1 if end is None else end - time.monotonic()
        yield _nanoseconds(max(0.0, min(left, 0.1)))
        if end is not None and left <= 0.1:
            return


def _fail(status: int, reason: Optional[str]) -> NoReturn:
    kinds = {
        _TIMEOUT: TimedOut, _INTERRUPTED: Interrupted, _INVALID: Invalid, _END: Invalid, _UNAVAILABLE: Unavailable}
    usual = {
        _TIMEOUT: "nothing happened within the time-out", _INTERRUPTED: "interrupted",
        _END: "the session was finished",
    }
    raise kinds.get(status, Error)(reason or usual.get(status, "failed"))


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9)


def _bytes(text: Optional[str]) -> Optional[bytes]:
    return None if text is None else text.encode()


def _path(path: Optional[Text]) -> Optional[bytes]:
    return None if path is None else os.fsencode(path)


def _joined(values: Any, separator: str) -> Optional[bytes]:
    """As the library reads several numbers: "640x480", "123.675,116.28,103.53"."""
    if values is None or isinstance(values, str):
        return _bytes(values)
    if isinstance(values, (int, float)):
        return str(values).encode()
    return separator.join(str(value) for value in values).encode()
