"""ONNX Runtime's own quantisation after training."""

import tempfile

import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

BYTE, SIGNED = QuantType.QUInt8, QuantType.QInt8
PAIRS, OPERATORS = QuantFormat.QDQ, QuantFormat.QOperator


class Pictures(CalibrationDataReader):
    def __init__(self, name, pictures):
        self.feeds = iter([{name: picture} for picture in pictures])

    def get_next(self):
        return next(self.feeds, None)


def quantize(model, path, pictures, kind=PAIRS, per_channel=True, activations=BYTE, weights=SIGNED):
    """Writes a model in 8 bits to path, its ranges those of its only input's pictures."""
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        onnx.save(model, file.name)
        quantize_static(
            file.name, path, Pictures(model.graph.input[0].name, pictures), quant_format=kind,
            per_channel=per_channel, activation_type=activations, weight_type=weights)
