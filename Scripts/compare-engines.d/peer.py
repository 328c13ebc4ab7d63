"""Times one model on one peer with one thread: peer.py onnxruntime|openvino|litert FILE fp32|bf16|int8 RUNS.

Prints the peer's version and the median of the runs in milliseconds. The caller binds the process to a core.
"""

import statistics
import sys
import time

import numpy


def onnxruntime_session(path, precision):
    import onnxruntime

    if precision == "bf16":
        sys.exit("onnxruntime has no bf16 for these files")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0]
    image = picture(source.shape)
    return f"ONNX Runtime {onnxruntime.__version__}", lambda: session.run(None, {source.name: image})[0]


def openvino_session(path, precision):
    import openvino

    properties = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
        # Its default on a CPU with BF16 instructions is not FP32. What a file has in 8 bits stays so.
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
    }
    compiled = openvino.Core().compile_model(path, "CPU", properties)
    request = compiled.create_infer_request()

    image = picture(list(compiled.input(0).shape))

    def run():
        request.infer([image], share_inputs=True, share_outputs=True)
        return request.get_output_tensor(0).data

    version = ".".join(openvino.__version__.split("-")[0].split(".")[:3])
    return f"OpenVINO {version}", run


def litert_session(path, precision):
    from importlib.metadata import version

    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(path, num_threads=1)
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    image = picture(source["shape"], source["dtype"])

    def run():
        interpreter.set_tensor(source["index"], image)
        interpreter.invoke()
        return interpreter.get_tensor(result["index"])

    return f"LiteRT {version('ai-edge-litert')}", run


def picture(shape, kind=numpy.float32):
    random = numpy.random.default_rng(2)
    if numpy.issubdtype(kind, numpy.integer):
        return random.integers(numpy.iinfo(kind).min, numpy.iinfo(kind).max + 1, shape).astype(kind)
    return random.standard_normal(shape).astype(kind)


def main():
    peer, path, precision, runs = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    make = {"onnxruntime": onnxruntime_session, "openvino": openvino_session, "litert": litert_session}[peer]
    name, run = make(path, precision)
    for _ in range(max(5, runs // 10)):
        result = run()
    if not numpy.isfinite(result).all() or result.min() == result.max():
        sys.exit(f"{name}: not probabilities")
    times = []
    for _ in range(runs):
        start = time.perf_counter_ns()
        run()
        times.append(time.perf_counter_ns() - start)
    print(f"{statistics.median(times) / 1e6:.4f}\t{name}")


main()
