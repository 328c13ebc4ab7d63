"""Quantises networks with ONNX Runtime, and keeps an input and its output beside each, as ONNX's backend tests do."""

import functools
import os
import sys
import tempfile

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import quantize_dynamic

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "compare-engines.d"))
import networks
from quantization import BYTE, OPERATORS, PAIRS, SIGNED, quantize

# Format, per channel, type of activations, type of weights.
VARIANTS = {
    "pairs_channel": (PAIRS, True, BYTE, SIGNED),
    "pairs_signed": (PAIRS, False, SIGNED, SIGNED),
    "integers_channel": (OPERATORS, True, BYTE, SIGNED),
    "integers_bytes": (OPERATORS, False, BYTE, BYTE),
}


def every_operator():
    """A small network with every operator that ONNX Runtime has one on whole numbers for."""
    random = numpy.random.default_rng(3)
    nodes, weights = [], []

    def node(operation, inputs, **attributes):
        name = f"{operation}_{len(nodes)}"
        nodes.append(helper.make_node(operation, inputs, [name], name, **attributes))
        return name

    def parameter(*shape, fan_in=60):
        bound = (6 / fan_in) ** 0.5
        name = f"parameter_{len(weights)}"
        weights.append(numpy_helper.from_array(random.uniform(-bound, bound, shape).astype(numpy.float32), name))
        return name

    for name, value in (("low", 0), ("high", 6)):
        weights.append(numpy_helper.from_array(numpy.float32(value), name))
    around = {"pads": [1, 1, 1, 1]}
    window = {"kernel_shape": [3, 3], "strides": [1, 1], **around}
    x = node("Conv", ["x", parameter(16, 3, 3, 3, fan_in=27), parameter(16)], strides=[2, 2], **around)
    x = node("Relu", [x])
    branch = node("Conv", [x, parameter(16, 1, 3, 3, fan_in=9), parameter(16)], group=16, **around)
    branch = node("Clip", [branch, "low", "high"])
    branch = node("Conv", [branch, parameter(16, 16, 1, 1, fan_in=16), parameter(16)])
    x = node("Add", [branch, x])
    x = node("Concat", [node("AveragePool", [x], **window), node("MaxPool", [x], **window), x], axis=1)
    gate = node("Conv", [node("GlobalAveragePool", [x]), parameter(48, 48, 1, 1, fan_in=48)])
    x = node("Mul", [x, node("Sigmoid", [gate])])
    x = node("LeakyRelu", [node("Conv", [x, parameter(32, 48, 3, 3, fan_in=432)])], alpha=0.1)
    x = node("Flatten", [node("GlobalAveragePool", [x])])
    x = node("Gemm", [x, parameter(10, 32, fan_in=32), parameter(10)], transB=1)
    x = node("MatMul", [x, parameter(10, 12, fan_in=10)])
    x = node("Softmax", [x], axis=1)
    graph = helper.make_graph(
        nodes, "every_operator", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 32, 32])],
        [helper.make_tensor_value_info(x, TensorProto.FLOAT, [1, 12])], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def without_softmax(model):
    """What random weights give is nearly the same for all classes: in steps of 1/256, nothing would be left of it."""
    last = model.graph.node[-1]
    if last.op_type == "Softmax":
        model.graph.output[0].name = last.input[0]
        del model.graph.node[-1]
    return model


def run(model, feeds):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options).run(None, feeds)[0]


def calibrated(pictures, kind, per_channel, activations, weights, model, path):
    quantize(model, path, pictures, kind, per_channel, activations, weights)


def uncalibrated(weights, model, path):
    """Each run rounds activations to the range that they have in it."""
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        onnx.save(model, file.name)
        quantize_dynamic(file.name, path, weight_type=weights)


def keep(path, array):
    with open(path, "wb") as file:
        file.write(numpy_helper.from_array(array).SerializeToString())


def main(folder):
    models = {"every_operator": every_operator()}
    for name in ("squeezenet", "mobilenet_v1"):
        models[name] = without_softmax(networks.build(name)[0])
    for name, model in models.items():
        source = model.graph.input[0]
        shape = [extent.dim_value for extent in source.type.tensor_type.shape.dim]
        random = numpy.random.default_rng(5)
        pictures = [random.uniform(-2, 2, shape).astype(numpy.float32) for _ in range(2)]
        ways = {variant: functools.partial(calibrated, pictures, *ways) for variant, ways in VARIANTS.items()}
        for variant, weights in (("dynamic_signed", SIGNED), ("dynamic_bytes", BYTE)):
            ways[variant] = functools.partial(uncalibrated, weights)
        for variant, write in ways.items():
            target = os.path.join(folder, f"{name}_{variant}")
            data = os.path.join(target, "test_data_set_0")
            os.makedirs(data, exist_ok=True)
            path = os.path.join(target, "model.onnx")
            write(model, path)
            keep(os.path.join(data, "input_0.pb"), pictures[0])
            keep(os.path.join(data, "output_0.pb"), run(path, {source.name: pictures[0]}))
            print(f"{name}, {variant}")


main(sys.argv[1])
