"""What the library is told of numpy arrays and bytes: addresses and strides as they lie. Needs no library."""

from __future__ import annotations

import gc
import unittest
import weakref
from typing import Any, Optional

import coexec

try:
    import numpy
except ImportError:
    numpy = None


def planes(pixels: Any, format: Optional[str] = None, **more: Any) -> tuple[int, int, int, list[tuple[int, int]]]:
    lent = coexec._Lent(coexec.Picture(pixels, format, **more))
    raw = lent.raw
    places = [(address, stride) for address, stride in zip(raw.planes, raw.strides) if address]
    lent.let_go()
    return raw.format, raw.width, raw.height, places


def formats(*names: str) -> list[int]:
    return [coexec._FORMATS[name][0] for name in names]


@unittest.skipUnless(numpy, "numpy is not installed")
class ArrayTests(unittest.TestCase):
    def test_shapes_say_the_format(self) -> None:
        for shape, kind, name in [
            ((48, 64, 3), "u1", "rgb"), ((48, 64, 4), "u1", "rgbx"), ((48, 64), "u1", "gray8"),
            ((48, 64, 1), "u1", "gray8"), ((48, 64), "<u2", "gray16"),
        ]:
            array = numpy.zeros(shape, kind)
            [number] = formats(name)
            self.assertEqual(
                planes(array), (number, 64, 48, [(array.ctypes.data, array.strides[0])]), f"{shape} {kind}")

    def test_strides_as_they_lie(self) -> None:
        whole = numpy.zeros((100, 200, 3), numpy.uint8)
        part = whole[10:58, 20:84]
        self.assertEqual(planes(part, "bgr"), (*formats("bgr"), 64, 48, [(whole.ctypes.data + 6060, 600)]))
        upside_down = whole[::-1]
        self.assertEqual(planes(upside_down)[3], [(whole.ctypes.data + 99 * 600, -600)])
        every_second_row = whole[::2]
        self.assertEqual(planes(every_second_row)[1:], (200, 50, [(whole.ctypes.data, 1200)]))

    def test_planes_below_each_other(self) -> None:
        both = numpy.zeros((72, 64), numpy.uint8)
        at = both.ctypes.data
        self.assertEqual(planes(both, "nv12"), (*formats("nv12"), 64, 48, [(at, 64), (at + 64 * 48, 64)]))
        chroma = 64 * 48
        self.assertEqual(planes(both, "i420")[3], [(at, 64), (at + chroma, 32), (at + chroma + 32 * 24, 32)])
        with_gaps = numpy.zeros((72, 80), numpy.uint8)[:, :64]
        at = with_gaps.ctypes.data
        self.assertEqual(planes(with_gaps, "nv21")[3], [(at, 80), (at + 80 * 48, 80)])
        deep = numpy.zeros((72, 64), numpy.uint16)
        self.assertEqual(planes(deep, "p010")[1:], (64, 48, [(deep.ctypes.data, 128), (deep.ctypes.data + 6144, 128)]))

    def test_planes_by_themselves(self) -> None:
        luma = numpy.zeros((49, 64), numpy.uint8)[:, :63]
        pairs = numpy.zeros((25, 32, 2), numpy.uint8)
        self.assertEqual(
            planes((luma, pairs), "nv12"),
            (*formats("nv12"), 63, 49, [(luma.ctypes.data, 64), (pairs.ctypes.data, 64)]))

    def test_read_only_arrays(self) -> None:
        array = numpy.zeros((4, 4, 3), numpy.uint8)
        array.flags.writeable = False
        self.assertEqual(planes(array)[3], [(array.ctypes.data, 12)])

    def test_what_is_refused(self) -> None:
        zeros = numpy.zeros
        for pixels, format, words in [
            (zeros((4, 4, 3), numpy.float32), None, "not of type 'f'"),
            (zeros((4, 4, 3), ">u2"), None, "not of type '>H'"),
            (zeros((4, 4, 5), numpy.uint8), None, "need a format"),
            (zeros((4, 4, 3), numpy.uint8)[..., ::-1], None, "side by side"),
            (zeros((4, 8, 3), numpy.uint8)[:, ::2], None, "side by side"),
            (zeros((4, 4, 3), numpy.uint8), "gray8", "are H x W"),
            (zeros((5, 4), numpy.uint8), "nv12", "no 'nv12' of even extents"),
            (zeros((72, 80), numpy.uint8)[:, :64], "i420", "must not have gaps"),
            ((zeros((4, 4), numpy.uint8), zeros((4, 4), numpy.uint8)), "nv12", "plane 1 of 'nv12' of 4x4"),
            ((zeros((4, 4), numpy.uint8),) * 3, "nv12", "has 2 planes, not 3"),
            (zeros((0, 4, 3), numpy.uint8), None, "picture of 4x0"),
            (zeros((1, 16385), numpy.uint8), None, "picture of 16385x1"),
            (numpy.broadcast_to(numpy.uint8(1), (4, 4, 3)), None, "side by side"),
            (zeros((4, 4), numpy.uint8), "yuv", "no format 'yuv'"),
            ([], None, "needs pixels"),
            ("text", None, "can't be read where they are"),
        ]:
            with self.assertRaises(coexec.Invalid) as caught:
                planes(pixels, format)
            self.assertIn(words, str(caught.exception))

    def test_pixels_live_until_they_are_let_go(self) -> None:
        array = numpy.zeros((4, 4, 3), numpy.uint8)
        alive = weakref.ref(array)
        lent = coexec._Lent(coexec.Picture(array))
        del array
        gc.collect()
        self.assertIsNotNone(alive())
        lent.let_go()
        self.assertIsNone(alive())
        with self.assertRaises(coexec.Invalid):
            array = numpy.zeros((4, 4, 5), numpy.uint8)
            alive = weakref.ref(array)
            coexec._Lent(coexec.Picture(array))
        del array
        gc.collect()
        self.assertIsNone(alive())


class BytesTests(unittest.TestCase):
    def test_bytes(self) -> None:
        pixels = bytearray(64 * 48 * 3 // 2)
        number, width, height, [(luma, stride), (chroma, chroma_stride)] = planes(pixels, "nv12", width=64, height=48)
        self.assertEqual((number, width, height, stride, chroma_stride), (*formats("nv12"), 64, 48, 64, 64))
        self.assertEqual(chroma - luma, 64 * 48)
        self.assertEqual(planes(bytes(5 * 3 * 2), "yuy2", width=4, height=3)[3][0][1], 8)
        self.assertEqual(planes(memoryview(pixels).cast("B", (48, 32, 3)))[1:3], (32, 48))

    def test_odd_extents_round_chroma_up(self) -> None:
        size = 5 * 3 + 2 * 3 * 2
        [(luma, _), (u, stride), (v, _)] = planes(bytes(size), "i420", width=5, height=3)[3]
        self.assertEqual((u - luma, v - u, stride), (15, 6, 3))
        with self.assertRaisesRegex(coexec.Invalid, "has 27 bytes, there are 26"):
            planes(bytes(size - 1), "i420", width=5, height=3)

    def test_bytes_need_extents(self) -> None:
        with self.assertRaisesRegex(coexec.Invalid, "need width and height"):
            planes(bytes(12), "rgb")

    def test_choices(self) -> None:
        with self.assertRaisesRegex(coexec.Invalid, "no matrix 'bt470'"):
            planes(bytes(12), "rgb", width=2, height=2, matrix="bt470")
        with self.assertRaisesRegex(coexec.Invalid, "pts can't be"):
            planes(bytes(12), "rgb", width=2, height=2, pts=1 << 63)


if __name__ == "__main__":
    unittest.main()
