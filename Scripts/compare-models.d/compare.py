"""Runs every model of a folder in our program and in its format's own runtime. Called by Scripts/compare-models."""

import argparse
import json
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy
import peers


def picture(width, height, channels):
    """Coloured waves and discs: smooth, with edges, every byte in use; the same in every run."""
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float64)
    planes = []
    for channel in range(channels):
        wave = 127.5 + 127.5 * numpy.sin((3 + channel) * x / width + (2 + 2 * channel) * y / height + channel)
        for index in range(4):
            inside = ((x / width - 0.2 - 0.2 * index) ** 2 + (y / height - 0.3 - 0.13 * index) ** 2) < 0.01
            wave[inside] = (60 * index + 90 * channel + 40) % 256
        planes.append(wave)
    return numpy.stack(planes, axis=-1).astype(numpy.uint8)


def write_png(path, pixels):
    """Grey, RGB or RGBA."""
    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + pixels[y].tobytes() for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    pathlib.Path(path).write_bytes(png)


class OurFailure(Exception):
    pass


def call(command):
    result = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines()
        # A usage error says more behind it.
        said = [line for line in lines if line.startswith("Error:")] or lines[-1:]
        raise OurFailure(said[0].removeprefix("Error: ") if said else f"exit {result.returncode}")
    return result.stdout


def our_options(path, wanted):
    mean, scale = wanted.normalization()
    # A picture without colours of its own gives grey as its luma, which is the same number.
    channels = {1: "grey", 3: "rgb", 4: "rgba"}[wanted.channels]
    options = ["--model", path, "--mean", repr(mean), "--scale", repr(scale), "--channels", channels]
    return options + (["--size", f"{wanted.width}x{wanted.height}"] if wanted.is_open else [])


def our_outputs(demo, device, path, wanted, pixels):
    with tempfile.TemporaryDirectory() as folder:
        write_png(f"{folder}/picture.png", pixels)
        # One picture, one frame; bilinear, which gives a picture of the network's size as it is.
        call([demo, "run", f"{folder}/picture.png", *our_options(path, wanted), "--fit", "stretch", "--devices", device,
              "--task", "tensors", "--tensors", f"{folder}/out"])
        files = sorted(pathlib.Path(f"{folder}/out").glob("000000.*.npy"))
        return [numpy.load(file).astype(numpy.float64) for file in files]


def difference(ours, theirs):
    """Largest error as a share of the largest number, and in steps of the output's grid, over all outputs."""
    if len(ours) != len(theirs):
        raise OurFailure(f"{len(ours)} outputs, the peer has {len(theirs)}")
    worst, steps = 0.0, None
    for index, (our, (their, step)) in enumerate(zip(ours, theirs)):
        if our.size != their.size:
            raise OurFailure(f"output {index} is {list(our.shape)}, the peer's {list(their.shape)}")
        gap = numpy.abs(our.reshape(-1) - their.reshape(-1))
        largest = numpy.abs(their).max(initial=0)
        worst = max(worst, float(gap.max(initial=0) / largest) if largest > 0 else float(gap.max(initial=0)))
        if step:
            steps = max(steps or 0, round(float(gap.max(initial=0) / step)))
    return worst, steps


def our_milliseconds(demo, cpu, path, wanted, frames):
    bench = json.loads(call([
        demo, "bench", *our_options(path, wanted), "--device", f"cpu:{cpu}", "--threads", "1", "--lanes", "1",
        "--pictures", "network", "--frames", str(frames), "--json", "-"]))
    return bench["service_ms"]["p50"]


def own_difference(path, size, tensor, theirs):
    """What LiteRT's own two sets of kernels differ by; nothing where the other one lacks an operator."""
    try:
        other = peers.LiteRT(path, size, reference=True)
        other.feed(tensor)
        other.run()
        return difference([values for values, _ in other.outputs()], theirs)
    except (peers.PeerFailure, OurFailure):
        return None, None


def compare(path, options, size):
    row = {"model": pathlib.Path(path).name, "peer": None, "devices": {}, "ratio": None}
    try:
        peer = peers.peer(path, size)
        wanted = peer.input
        pixels = picture(wanted.width, wanted.height, wanted.channels)
        peer.feed(wanted.tensor(pixels))
        peer.run()
        theirs = peer.outputs()
        row["peer"] = peer.name
        if path.endswith(".tflite"):
            row["peer_error"], row["peer_steps"] = own_difference(path, size, wanted.tensor(pixels), theirs)
    except peers.PeerFailure as failure:
        row["peer_failure"] = str(failure)
        return row
    for device in options.devices.split(","):
        try:
            error, steps = difference(our_outputs(options.demo, device, path, wanted, pixels), theirs)
            row["devices"][device] = {"error": error, "steps": steps}
        except (OurFailure, subprocess.TimeoutExpired) as failure:
            row["devices"][device] = {"failure": str(failure)}
    if options.rounds > 0 and all("failure" not in result for result in row["devices"].values()):
        ratios = []
        for _ in range(options.rounds):
            usable = os.sched_getaffinity(0)
            os.sched_setaffinity(0, {options.cpu})
            peer_ms = peers.milliseconds(peer)
            # Our program is to find all CPUs.
            os.sched_setaffinity(0, usable)
            ours = our_milliseconds(options.demo, options.cpu, path, wanted, max(10, int(500 / peer_ms)))
            ratios.append((ours / peer_ms, ours, peer_ms))
        row["ratio"], row["ms"], row["peer_ms"] = (statistics.median(column) for column in zip(*ratios))
    return row


def cell(result):
    if "failure" in result:
        return "no: " + result["failure"].replace("|", "/")
    return f"{result['error']:.1e}" + (f", {result['steps']} steps" if result["steps"] is not None else "")


def main():
    parser = argparse.ArgumentParser(prog="compare-models", description="A folder's models beside their runtimes.")
    parser.add_argument("--demo", required=True, help=argparse.SUPPRESS)
    parser.add_argument("folder", help="of .onnx and .tflite files")
    parser.add_argument("--devices", default="cpu:0,gpu:1", help="results are compared on each; default cpu:0,gpu:1")
    parser.add_argument("--size", default="320x320", help="of pictures where a model leaves it open; default 320x320")
    parser.add_argument("--rounds", type=int, default=3, help="of timing, both in turn; 0 for none; default 3")
    parser.add_argument("--cpu", type=int, default=min(os.sched_getaffinity(0)), help="to time on; default the first")
    parser.add_argument("--json", help="a file for the rows, too")
    options = parser.parse_args()
    size = tuple(int(part) for part in options.size.split("x"))
    paths = sorted(
        str(path) for path in pathlib.Path(options.folder).iterdir() if path.suffix in (".onnx", ".tflite"))
    if not paths:
        sys.exit(f"compare-models: no .onnx or .tflite in {options.folder}")
    devices = options.devices.split(",")
    print("| model | " + " | ".join(f"{device}: largest error" for device in devices)
          + " | peer's kernels among themselves | ours ÷ peer (ms) |")
    print("|---" * (len(devices) + 3) + "|")
    rows = []
    for path in paths:
        row = compare(path, options, size)
        rows.append(row)
        if row["peer"] is None:
            print(f"| {row['model']} | " + " | ".join("" for _ in devices) + f" | peer: {row['peer_failure']} | |")
            continue
        own = ""
        if row.get("peer_error") is not None:
            own = cell({"error": row["peer_error"], "steps": row["peer_steps"]})
        ratio = f"{row['ratio']:.2f} ({row['ms']:.2f})" if row["ratio"] else ""
        print(f"| {row['model']} | " + " | ".join(cell(row["devices"][d]) for d in devices) + f" | {own} | {ratio} |",
              flush=True)
    run = [row for row in rows if row["peer"] and all("failure" not in row["devices"][d] for d in devices)]
    peer = [row for row in rows if row["peer"]]
    print(f"\n{len(run)} of the {len(peer)} models that their runtime runs, run on {options.devices}; {len(rows)} files.")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"rows": rows}, indent=1) + "\n")


main()
