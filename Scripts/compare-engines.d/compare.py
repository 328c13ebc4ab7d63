"""Runs our bench and its peers in turn on one core and prints the table. Called by Scripts/compare-engines.

Every measurement is a process of its own, so that engines don't share heaps, thread pools or clocks of the CPU more
than users' programs do. Ours normalises a picture of the network's size in each run; the peers are fed finished tensors.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

import networks
import numpy
import onnx
import quantization

HERE = pathlib.Path(__file__).resolve().parent
NAMES = [network.__name__ for network in networks.NETWORKS]


def run(command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        error = result.stderr.strip().splitlines()
        sys.exit(f"compare-engines: {' '.join(map(str, command))}: {error[-1] if error else 'failed'}")
    return result.stdout


class Built:
    """One of the five networks: ours has it built in, peers read it from a file."""

    def __init__(self, options, name):
        model, self.macs, parameters = networks.build(name, options.batch)
        onnx.checker.check_model(model)
        self.name, self.counts = name, (self.macs, parameters)
        self.arguments = ["--network", name, "--precision", options.precision]
        self.path = os.path.join(options.models, f"{name}.onnx")
        if options.precision == "int8":
            random = numpy.random.default_rng(5)
            shape = (options.batch, 3, 224, 224)
            pictures = [random.uniform(-2, 2, shape).astype(numpy.float32) for _ in range(4)]
            quantization.quantize(model, self.path, pictures)
        else:
            onnx.save(model, self.path)

    def end(self):
        os.remove(self.path)


class Trained:
    """A TFLite file, which both read."""

    def __init__(self, options, path):
        self.name, self.path, self.arguments = pathlib.Path(path).stem, path, ["--model", path]
        self.macs, self.counts = measure_ours(options, self, 20)[2][0], None

    def end(self):
        pass


def measure_ours(options, subject, runs):
    """Median milliseconds of a run, the engine's name, and what the network counts."""
    bench = json.loads(run([
        options.demo, "bench", *subject.arguments, "--device", f"cpu:{options.cpu}", "--threads", "1", "--lanes", "1",
        "--pictures", "network", "--batch", str(options.batch), "--frames", str(runs * options.batch),
        "--warmup", str(max(5, runs // 10) * options.batch), "--json", "-"]))
    return bench["service_ms"]["p50"], bench["engine"], (bench["macs"], bench["params"])


def measure_peer(options, peer, path, runs):
    output = run([
        "taskset", "-c", str(options.cpu), sys.executable, str(HERE / "peer.py"), peer, path,
        options.precision, str(runs)])
    milliseconds, name = output.strip().split("\t")
    return float(milliseconds), name


def main():
    parser = argparse.ArgumentParser(prog="compare-engines", description="Ours beside others' engines.")
    parser.add_argument("--demo", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--models", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=7, help="rounds, all engines in turn in each; default 7")
    parser.add_argument("--cpu", type=int, default=min(os.sched_getaffinity(0)), help="the core; default the first")
    parser.add_argument("--batch", type=int, default=1, help="frames of a run; default 1")
    parser.add_argument(
        "--precision", choices=["fp32", "bf16", "int8"], default="fp32",
        help="bf16: OpenVINO alone; int8: peers run what ONNX Runtime's tool quantised, by channel")
    parser.add_argument("--networks", default=",".join(NAMES), help=f"default {','.join(NAMES)}")
    parser.add_argument("--tflite", nargs="+", metavar="FILE", help="TFLite models instead, beside LiteRT")
    options = parser.parse_args()
    if options.tflite and (options.batch != 1 or options.precision != "fp32"):
        parser.error("--tflite measures files as they are: leave --batch and --precision out")
    if options.rounds < 1 or options.batch < 1:
        parser.error("rounds and batch must be at least 1")
    wanted = options.networks.split(",")
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        parser.error(f"no network '{unknown[0]}' (there are: {', '.join(NAMES)})")
    # ONNX Runtime's CPU kernels have no BF16 but on Arm.
    peers = ["litert"] if options.tflite else ["openvino"] if options.precision == "bf16" else ["onnxruntime", "openvino"]

    load = os.getloadavg()[0]
    engines = {}
    rows = []
    for name in options.tflite or wanted:
        subject = Trained(options, name) if options.tflite else Built(options, name)
        # About a second of runs a measurement, at 100 GFLOPS.
        runs = max(10, int(1e11 / (2 * subject.macs * options.batch)))
        times = {engine: [] for engine in ["ours", *peers]}
        for _ in range(options.rounds):
            milliseconds, engines["ours"], counted = measure_ours(options, subject, runs)
            if subject.counts not in (None, counted):
                sys.exit(f"compare-engines: {subject.name}: we count {counted}, the ONNX file {subject.counts}")
            times["ours"].append(milliseconds)
            for peer in peers:
                milliseconds, engines[peer] = measure_peer(options, peer, subject.path, runs)
                times[peer].append(milliseconds)
        subject.end()
        rows.append((subject.name, subject.macs, times))
        print(f"compare-engines: {subject.name} done", file=sys.stderr)

    kind = "the files' own precision" if options.tflite else options.precision
    print(
        f"One thread on CPU {options.cpu}, {kind}, batch {options.batch}; medians of {options.rounds} "
        f"rounds in turn (lowest–highest), in ms a run, and of the rounds' ratios; load {load:.2f} before, {os.getloadavg()[0]:.2f} after.\n")
    header = ["network", "MMAC", *[engines[engine] for engine in ["ours", *peers]], "ours ÷ best peer"]
    print("| " + " | ".join(header) + " |")
    print("|---" * len(header) + "|")
    for name, macs, times in rows:
        medians = {engine: statistics.median(values) for engine, values in times.items()}
        cells = [
            f"{medians[engine]:.2f} ({min(values):.2f}–{max(values):.2f})" for engine, values in times.items()]
        # Of neighbours in time, so that a neighbour on the machine disturbs both.
        ratio = statistics.median(
            ours / min(times[peer][turn] for peer in peers) for turn, ours in enumerate(times["ours"]))
        print("| " + " | ".join([name, f"{macs / 1e6:.1f}", *cells, f"{ratio:.2f}"]) + " |")


main()
