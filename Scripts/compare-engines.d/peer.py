"""Times one ONNX file on one peer with one thread: peer.py onnxruntime|openvino FILE fp32|bf16 RUNS.

Prints the peer's version and the median of the runs in milliseconds. The caller binds the process to a core.
"""

import statistics
import sys
import time

import numpy


def onnxruntime_session(path, precision):
    import onnxruntime

    if precision != "fp32":
        sys.exit("onnxruntime runs these files in fp32 only")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    shape = session.get_inputs()[0].shape
    name = session.get_inputs()[0].name
    return f"ONNX Runtime {onnxruntime.__version__}", shape, lambda image: session.run(None, {name: image})[0]


def openvino_session(path, precision):
    import openvino

    properties = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
        # Its default on a CPU with BF16 instructions is not FP32.
        "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[precision],
    }
    compiled = openvino.Core().compile_model(path, "CPU", properties)
    request = compiled.create_infer_request()

    def run(image):
        request.infer([image], share_inputs=True, share_outputs=True)
        return request.get_output_tensor(0).data

    version = ".".join(openvino.__version__.split("-")[0].split(".")[:3])
    return f"OpenVINO {version}", list(compiled.input(0).shape), run


def main():
    peer, path, precision, runs = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    make = {"onnxruntime": onnxruntime_session, "openvino": openvino_session}[peer]
    name, shape, run = make(path, precision)
    image = numpy.random.default_rng(2).standard_normal(shape).astype(numpy.float32)
    for _ in range(max(5, runs // 10)):
        result = run(image)
    if not numpy.isfinite(result).all() or abs(result.sum() - shape[0]) > 1e-2 * shape[0]:
        sys.exit(f"{name}: not probabilities")
    times = []
    for _ in range(runs):
        start = time.perf_counter_ns()
        run(image)
        times.append(time.perf_counter_ns() - start)
    print(f"{statistics.median(times) / 1e6:.4f}\t{name}")


main()
