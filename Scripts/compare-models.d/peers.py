"""ONNX Runtime and LiteRT as functions: what a model wants, what it gives, how long one run takes on one thread."""

import time

import numpy


class PeerFailure(Exception):
    pass


class Input:
    """A model's picture: extents in its own order, with `size` where they are open, and its grid if it has one."""

    def __init__(self, name, extents, kind, grid, size):
        width, height = size
        known = [extent if isinstance(extent, int) and extent > 0 else None for extent in extents]
        if len(known) != 4:
            raise PeerFailure(f"its input is no picture: {extents}")
        self.channels_last = known[1] not in (1, 3, 4) and known[3] in (1, 3, 4)
        defaults = [1, height, width, 3] if self.channels_last else [1, 3, height, width]
        self.extents = [extent or default for extent, default in zip(known, defaults)]
        self.is_open = None in (known[1:3] if self.channels_last else known[2:])
        order = (1, 2, 3) if self.channels_last else (2, 3, 1)
        self.height, self.width, self.channels = (self.extents[axis] for axis in order)
        if self.channels not in (1, 3, 4):
            raise PeerFailure(f"its input is no picture: {extents}")
        self.name, self.kind, self.grid = name, kind, grid

    def normalization(self):
        """Mean and scale, value = (byte − mean) ÷ scale: bytes as they are on their grid, 0 to 1 else."""
        if self.kind not in (numpy.uint8, numpy.int8):
            return 0.0, 255.0
        # Bytes without a grid are whole numbers.
        scale, zero = self.grid or (1.0, 0)
        return float(zero + (128 if self.kind == numpy.int8 else 0)), 1 / scale

    def tensor(self, pixels):
        """Height × width × channels bytes as the model takes them."""
        if self.kind == numpy.uint8:
            values = pixels
        elif self.kind == numpy.int8:
            values = (pixels.astype(numpy.int16) - 128).astype(numpy.int8)
        else:
            values = (pixels.astype(numpy.float32) / numpy.float32(255)).astype(self.kind)
        values = values if self.channels_last else values.transpose(2, 0, 1)
        return numpy.ascontiguousarray(numpy.broadcast_to(values, self.extents))


class ONNXRuntime:
    name = "ONNX Runtime"

    def __init__(self, path, size):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise PeerFailure(str(error).splitlines()[0])
        inputs = self.session.get_inputs()
        if len(inputs) != 1:
            raise PeerFailure(f"it has {len(inputs)} inputs")
        kinds = {"tensor(float)": numpy.float32, "tensor(float16)": numpy.float16, "tensor(uint8)": numpy.uint8}
        if inputs[0].type not in kinds:
            raise PeerFailure(f"its input is a {inputs[0].type}")
        self.input = Input(inputs[0].name, inputs[0].shape, kinds[inputs[0].type], None, size)

    def feed(self, tensor):
        self.feeds = {self.input.name: tensor}

    def run(self):
        try:
            self.results = self.session.run(None, self.feeds)
        except Exception as error:
            raise PeerFailure(str(error).splitlines()[0])

    def outputs(self):
        """Values, and the size of a step on their grid or None."""
        return [(numpy.asarray(result, numpy.float64), None) for result in self.results]


class LiteRT:
    name = "LiteRT"

    def __init__(self, path, size, reference=False):
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        kinds = OpResolverType.BUILTIN_REF if reference else OpResolverType.AUTO
        try:
            self.interpreter = Interpreter(model_path=path, num_threads=1, experimental_op_resolver_type=kinds)
            details = self.interpreter.get_input_details()
            if len(details) != 1:
                raise PeerFailure(f"it has {len(details)} inputs")
            scale, zero = details[0]["quantization"]
            grid = (scale, zero) if scale else None
            self.input = Input(
                details[0]["name"], details[0]["shape_signature"].tolist(), details[0]["dtype"], grid, size)
            self.index = details[0]["index"]
            if self.input.extents != details[0]["shape"].tolist():
                self.interpreter.resize_tensor_input(self.index, self.input.extents)
            self.interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise PeerFailure(str(error).splitlines()[0])

    def feed(self, tensor):
        self.given = tensor

    def run(self):
        self.interpreter.set_tensor(self.index, self.given)
        self.interpreter.invoke()

    def outputs(self):
        results = []
        for detail in self.interpreter.get_output_details():
            values = numpy.asarray(self.interpreter.get_tensor(detail["index"]), numpy.float64)
            scale, zero = detail["quantization"]
            results.append(((values - zero) * scale if scale else values, scale or None))
        return results


def peer(path, size):
    return LiteRT(path, size) if path.endswith(".tflite") else ONNXRuntime(path, size)


def milliseconds(peer, seconds=0.5):
    """Median of runs."""
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        peer.run()
        times.append(time.perf_counter() - start)
    return 1000 * sorted(times)[len(times) // 2]
