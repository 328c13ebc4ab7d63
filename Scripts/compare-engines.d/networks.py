"""The five networks as ONNX files, layer for layer those of Sources/Kernels/Graph/Networks, with random weights.

Batch normalisation is folded already, so that no peer loses time to it; the picture's resizing and normalising, which
stream-demo's networks do themselves, is left out.
"""

import numpy
from onnx import TensorProto, helper, numpy_helper


class Builder:
    """Appends nodes, each named after its one output; keeps channels and side lengths, as the Swift builder does."""

    def __init__(self, name, batch):
        self.name, self.batch = name, batch
        self.nodes, self.weights = [], []
        self.shapes = {"image": (3, 224)}
        self.random = numpy.random.default_rng(1)
        self.multiply_accumulates = 0
        self.parameters = 0

    def _node(self, operation, inputs, shape, **attributes):
        name = f"{operation}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, inputs, [name], name, **attributes))
        self.shapes[name] = shape
        return name

    def _weights(self, shape, fan_in, gain=1.0):
        """He et al., 2015: the variance that keeps activations' size through rectified layers."""
        bound = gain * (6 / fan_in) ** 0.5
        name = f"weights_{len(self.weights)}"
        values = self.random.uniform(-bound, bound, shape).astype(numpy.float32)
        self.weights.append(numpy_helper.from_array(values, name))
        self.parameters += values.size
        return name

    def _activated(self, x, activation):
        if activation == "relu":
            return self._node("Relu", [x], self.shapes[x])
        if activation == "relu6":
            bounds = []
            for bound in (0.0, 6.0):
                bounds.append(f"bound_{len(self.weights)}")
                self.weights.append(numpy_helper.from_array(numpy.float32(bound), bounds[-1]))
            return self._node("Clip", [x, *bounds], self.shapes[x])
        return x

    def convolution(self, x, outputs, kernel, stride=1, pad=0, groups=1, activation="relu", gain=1.0):
        """pad: one number for all edges, or (near, far)."""
        near, far = (pad, pad) if isinstance(pad, int) else pad
        channels, side = self.shapes[x]
        side = (side + near + far - kernel) // stride + 1
        fan_in = channels // groups * kernel * kernel
        self.multiply_accumulates += outputs * fan_in * side * side
        weights = self._weights((outputs, channels // groups, kernel, kernel), fan_in, gain)
        bias = self._weights((outputs,), 600)
        y = self._node(
            "Conv", [x, weights, bias], (outputs, side), kernel_shape=[kernel, kernel], strides=[stride, stride],
            pads=[near, near, far, far], group=groups)
        return self._activated(y, activation)

    def pool(self, x, kernel, stride, pad=0, ceil=False):
        channels, side = self.shapes[x]
        span = side + 2 * pad - kernel
        side = (-(-span // stride) if ceil else span // stride) + 1
        return self._node(
            "MaxPool", [x], (channels, side), kernel_shape=[kernel, kernel], strides=[stride, stride],
            pads=[pad, pad, pad, pad], ceil_mode=int(ceil))

    def global_average(self, x):
        return self._node("GlobalAveragePool", [x], (self.shapes[x][0], 1))

    def dense(self, x, outputs, activation=None, gain=1.0):
        channels, side = self.shapes[x]
        inputs = channels * side * side
        if self.nodes[-1].op_type not in ("Gemm", "Relu") or side > 1:
            x = self._node("Flatten", [x], (inputs, 1))
        self.multiply_accumulates += inputs * outputs
        weights = self._weights((outputs, inputs), inputs, gain)
        y = self._node("Gemm", [x, weights, self._weights((outputs,), 600)], (outputs, 1), transB=1)
        return self._activated(y, activation)

    def concat(self, *xs):
        channels = sum(self.shapes[x][0] for x in xs)
        return self._node("Concat", list(xs), (channels, self.shapes[xs[0]][1]), axis=1)

    def add(self, a, b):
        return self._activated(self._node("Add", [a, b], self.shapes[a]), "relu")

    def model(self, x):
        channels, side = self.shapes[x]
        y = self._node("Softmax", [x], self.shapes[x], axis=1)
        is_map = self.nodes[-2].op_type == "GlobalAveragePool"
        shape = [self.batch, channels] + ([side, side] if is_map else [])
        graph = helper.make_graph(
            self.nodes, self.name,
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, [self.batch, 3, 224, 224])],
            [helper.make_tensor_value_info(y, TensorProto.FLOAT, shape)], self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def alexnet(b):
    x = b.pool(b.convolution("image", 64, 11, stride=4, pad=2), 3, 2)
    x = b.pool(b.convolution(x, 192, 5, pad=2), 3, 2)
    for outputs in (384, 256, 256):
        x = b.convolution(x, outputs, 3, pad=1)
    x = b.dense(b.dense(b.pool(x, 3, 2), 4096, "relu"), 4096, "relu")
    return b.dense(x, 1000, gain=0.5)


def googlenet(b):
    def inception(x, narrow, middle, wide, pooled):
        return b.concat(
            b.convolution(x, narrow, 1),
            b.convolution(b.convolution(x, middle[0], 1), middle[1], 3, pad=1),
            b.convolution(b.convolution(x, wide[0], 1), wide[1], 5, pad=2),
            b.convolution(b.pool(x, 3, 1, pad=1), pooled, 1))

    x = b.pool(b.convolution("image", 64, 7, stride=2, pad=3), 3, 2, ceil=True)
    x = b.pool(b.convolution(b.convolution(x, 64, 1), 192, 3, pad=1), 3, 2, ceil=True)
    x = inception(x, 64, (96, 128), (16, 32), 32)
    x = b.pool(inception(x, 128, (128, 192), (32, 96), 64), 3, 2, ceil=True)
    x = inception(x, 192, (96, 208), (16, 48), 64)
    x = inception(x, 160, (112, 224), (24, 64), 64)
    x = inception(x, 128, (128, 256), (24, 64), 64)
    x = inception(x, 112, (144, 288), (32, 64), 64)
    x = b.pool(inception(x, 256, (160, 320), (32, 128), 128), 3, 2, ceil=True)
    x = inception(x, 256, (160, 320), (32, 128), 128)
    x = inception(x, 384, (192, 384), (48, 128), 128)
    return b.dense(b.global_average(x), 1000, gain=0.5)


def mobilenet_v1(b, width=1):
    blocks = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [(1024, 2), (1024, 1)]
    x = b.convolution("image", int(32 * width), 3, stride=2, pad=(0, 1), activation="relu6")
    for outputs, stride in blocks:
        channels = b.shapes[x][0]
        pad = (0, 1) if stride == 2 else 1
        x = b.convolution(x, channels, 3, stride=stride, pad=pad, groups=channels, activation="relu6")
        x = b.convolution(x, int(outputs * width), 1, activation="relu6")
    return b.dense(b.global_average(x), 1000)


def mobilenet_v1_quarter(b):
    return mobilenet_v1(b, 0.25)


def resnet50(b):
    x = b.pool(b.convolution("image", 64, 7, stride=2, pad=3), 3, 2, pad=1)
    for stage, blocks in enumerate((3, 4, 6, 3)):
        width = 64 << stage
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            shortcut = x if block else b.convolution(x, 4 * width, 1, stride=stride, activation=None)
            branch = b.convolution(b.convolution(x, width, 1), width, 3, stride=stride, pad=1)
            x = b.add(b.convolution(branch, 4 * width, 1, activation=None, gain=0.25), shortcut)
    return b.dense(b.global_average(x), 1000, gain=0.5)


def squeezenet(b):
    def fire(x, squeeze, expand):
        x = b.convolution(x, squeeze, 1)
        return b.concat(b.convolution(x, expand, 1), b.convolution(x, expand, 3, pad=1))

    x = b.pool(b.convolution("image", 96, 7, stride=2), 3, 2, ceil=True)
    for squeeze, expand in ((16, 64), (16, 64), (32, 128)):
        x = fire(x, squeeze, expand)
    x = b.pool(x, 3, 2, ceil=True)
    for squeeze, expand in ((32, 128), (48, 192), (48, 192), (64, 256)):
        x = fire(x, squeeze, expand)
    x = fire(b.pool(x, 3, 2, ceil=True), 64, 256)
    return b.global_average(b.convolution(x, 1000, 1))


NETWORKS = [alexnet, googlenet, mobilenet_v1, resnet50, squeezenet]


def build(name, batch=1):
    """An ONNX model, its multiply-accumulates of one frame, and its parameters."""
    builder = Builder(name, batch)
    network = next(network for network in [*NETWORKS, mobilenet_v1_quarter] if network.__name__ == name)
    return builder.model(network(builder)), builder.multiply_accumulates, builder.parameters
