"""A video through a network by GStreamer and a peer: peer.py onnxruntime|openvino MODEL VIDEO DECODERS THREADS.

Prints how many frames it had, and the seconds from the first to the last.
"""

import sys
import time

import gi
import numpy

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import Gst, GstApp  # noqa: F401

SIZE = 224


def onnxruntime_session(path, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda image: session.run(None, {name: image})[0]


def openvino_session(path, threads):
    import openvino

    properties = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
    request = openvino.Core().compile_model(path, "CPU", properties).create_infer_request()

    def run(image):
        request.infer([image], share_inputs=True, share_outputs=True)
        return request.get_output_tensor(0).data

    return run


def main(peer, model, video, decoders, threads):
    run = {"onnxruntime": onnxruntime_session, "openvino": openvino_session}[peer](model, int(threads))
    Gst.init(None)
    pipeline = Gst.parse_launch(
        f"filesrc location={video} ! qtdemux ! h264parse ! avdec_h264 max-threads={decoders} ! queue max-size-buffers=4 "
        f"! videoconvertscale ! video/x-raw,format=RGB,width={SIZE},height={SIZE} "
        "! appsink name=sink sync=false max-buffers=8")
    sink = pipeline.get_by_name("sink")
    image = numpy.empty((1, 3, SIZE, SIZE), numpy.float32)
    run(image)
    started = time.perf_counter()
    pipeline.set_state(Gst.State.PLAYING)
    count = 0
    while (sample := sink.emit("pull-sample")) is not None:
        buffer = sample.get_buffer()
        mapped, info = buffer.map(Gst.MapFlags.READ)
        pixels = numpy.frombuffer(info.data, numpy.uint8).reshape(SIZE, SIZE, 3)
        # To −1 … 1, in planes.
        numpy.multiply(pixels.transpose(2, 0, 1), numpy.float32(1 / 127.5), out=image[0], casting="unsafe")
        image -= 1
        buffer.unmap(info)
        run(image).argmax()
        count += 1
    print(count, time.perf_counter() - started)
    pipeline.set_state(Gst.State.NULL)


main(*sys.argv[1:])
