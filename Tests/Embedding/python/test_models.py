"""Trained networks over numpy: classes, boxes with points, maps. Needs COEXEC_DATA, and skips without."""

from __future__ import annotations

import os
import struct
import unittest
from pathlib import Path
from typing import Any

import coexec

try:
    import numpy
except ImportError:
    numpy = None

DATA = Path(os.environ.get("COEXEC_DATA") or "/nowhere")


def bitmap(name: str) -> Any:
    """A Windows bitmap as it lies in its file: blue first, lowest row first, with gaps."""
    data = (DATA / "images" / name).read_bytes()
    offset, width, height = struct.unpack_from("<10xI4xii", data)
    stride = (3 * width + 3) // 4 * 4
    rows = numpy.frombuffer(data, numpy.uint8, count=stride * height, offset=offset).reshape(height, stride)[::-1]
    return numpy.lib.stride_tricks.as_strided(rows, (height, width, 3), (-stride, 3, 1))


def open_session(model: str, **options: Any) -> coexec.Session:
    return coexec.Session(DATA / model, devices="cpu:0", tuning="off", **options)


@unittest.skipUnless(numpy and DATA.is_dir(), "needs numpy and COEXEC_DATA")
class ModelTests(unittest.TestCase):
    def result(self, session: coexec.Session, picture: Any, format: str = "bgr") -> coexec.Result:
        session.submit(picture, format=format)
        result = session.receive(60)
        self.assertIsNone(result.error)
        return result

    def test_classes(self) -> None:
        labels = DATA / "images/imagenet_labels.txt"
        with open_session("models/mobilenet_v1_0.25_128_quant.tflite", labels=labels, top=3) as session:
            result = self.result(session, bitmap("grace_hopper.bmp"))
            self.assertEqual((result.kind, len(result.classes), result.are_probabilities), ("classes", 3, True))
            self.assertEqual(result.classes[0].index, 401)
            self.assertEqual(result.classes[0].label, labels.read_text().split("\n")[401])
            [tensor] = result.tensors
            self.assertEqual(tensor.values.shape[-1], 1001)
            self.assertEqual(int(tensor.values.argmax()), 401)
            # A copy that is the right way up, red first, is the same picture.
            copied = self.result(session, numpy.ascontiguousarray(bitmap("grace_hopper.bmp")[..., ::-1]), "rgb")
            self.assertTrue((copied.tensors[0].values == tensor.values).all())

    def test_boxes_and_points(self) -> None:
        with open_session("wild/o_yunet_n320.onnx", preset="bytes", channels="bgr") as session:
            self.assertEqual(session.model.kind, "boxes")
            result = self.result(session, bitmap("grace_hopper.bmp"))
            face = result.boxes[0]
            self.assertGreater(face.score, 0.6)
            self.assertEqual(len(face.points), 5)
            for point in face.points:
                self.assertTrue(face.x <= point.x <= face.x + face.width and face.y <= point.y <= face.y + face.height)

    def test_map(self) -> None:
        with open_session("wild/t_coral_deeplab05.tflite") as session:
            result = self.result(session, bitmap("cat.bmp"))
            map = result.map
            height, width = map.classes.shape
            self.assertEqual((map.classes.dtype, map.classes.flags.writeable), (numpy.uint8, False))
            self.assertGreater(map.width, 0)
            shares = numpy.bincount(map.classes.ravel(), minlength=256) / (width * height)
            for share in result.classes:
                self.assertAlmostEqual(share.score, shares[share.index], places=3)


if __name__ == "__main__":
    unittest.main()
