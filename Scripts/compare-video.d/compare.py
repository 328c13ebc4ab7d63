"""What `Scripts/compare-video` does once all is there."""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

import networks
import onnx

HERE = pathlib.Path(__file__).resolve().parent
NETWORK = "mobilenet_v1_0.25"


def output(*command):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {(result.stderr or result.stdout).strip()[-2000:]}")
    return result


def make_video(path, frames):
    """Moving gradients and edges, with grain, so that the decoder has residuals to decode."""
    source = "testsrc2=size=1920x1080:rate=30,noise=alls=8:allf=t"
    output(
        "ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-frames:v", frames, "-c:v", "libx264", "-preset", "veryfast",
        "-crf", "26", "-pix_fmt", "yuv420p", path)


def decoding_seconds(video):
    """CPU time of decoding alone, on one thread."""
    text = output("ffmpeg", "-benchmark", "-threads", "1", "-i", video, "-f", "null", "-").stderr
    user, system = re.search(r"bench: utime=([\d.]+)s stime=([\d.]+)s", text).groups()
    return float(user) + float(system)


def lane_seconds(demo, video):
    """One core's time for a frame of the video's size."""
    size = output(
        "ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height", "-of", "csv=s=x:p=0",
        video).stdout.strip()
    command = [demo, "bench", "--network", NETWORK, "--device", "cpu:0", "--pictures", size, "--json", "-"]
    return json.loads(output(*command).stdout)["latency_ms"]["p50"] / 1e3


def ours(demo, video):
    result = json.loads(output(demo, "run", video, "--network", NETWORK, "--json", "-").stdout)
    return result["frames"], result["fps"]


def peer(name, model, video, decoders, threads):
    count, seconds = output(
        sys.executable, HERE / "peer.py", name, model, video, decoders, threads).stdout.split()
    return int(count), int(count) / float(seconds)


def main():
    parser = argparse.ArgumentParser(prog="compare-video")
    parser.add_argument("--demo", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--folder", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=600, help="of the video that is made")
    parser.add_argument("--video", help="an H.264 video in MP4 instead of one that is made")
    options = parser.parse_args()
    if options.rounds < 1 or options.frames < 1:
        parser.error("rounds and frames are at least 1")

    cores = len(os.sched_getaffinity(0))
    folder = pathlib.Path(options.folder)
    video = options.video or folder / "video.mp4"
    if not options.video:
        print("compare-video: making the video", file=sys.stderr)
        make_video(video, options.frames)
    model = folder / "network.onnx"
    onnx.save(networks.build("mobilenet_v1_quarter")[0], model)

    # A thread for each core, or one that leaves the others to the decoder.
    ways = {"CoExec": lambda: ours(options.demo, video)}
    for name, title in (("onnxruntime", "ONNX Runtime"), ("openvino", "OpenVINO")):
        for threads in sorted({1, cores}):
            label = f"GStreamer, {title}, {threads} thread" + ("s" if threads > 1 else "")
            ways[label] = lambda name=name, threads=threads: peer(name, model, video, cores, threads)
    rates, counts = {label: [] for label in ways}, {}
    decoding, lanes = [], []
    for round in range(options.rounds):
        print(f"compare-video: round {round + 1} of {options.rounds}", file=sys.stderr)
        for label, way in ways.items():
            counts[label], rate = way()
            rates[label].append(rate)
        decoding.append(decoding_seconds(video))
        lanes.append(lane_seconds(options.demo, video))
    if len(set(counts.values())) > 1:
        sys.exit(f"not all had the same frames: {counts}")
    frames = counts["CoExec"]

    decode, lane = statistics.median(decoding) / frames, statistics.median(lanes)
    limit = cores / (decode + lane)
    own = statistics.median(rates["CoExec"])
    load = os.getloadavg()[0]
    print(f"{frames} frames, {cores} cores, {options.rounds} rounds in turn, load {load:.1f} at the end")
    print(f"a frame: decoding {decode * 1e3:.2f} ms of a core, {NETWORK} {lane * 1e3:.2f} ms")
    print(f"{'':38} {'frames/s':>9} {'of the limit':>13} {'CoExec ÷ it':>12}")
    for label, values in rates.items():
        rate = statistics.median(values)
        print(f"{label:38} {rate:9.1f} {rate / limit:13.2f} {own / rate:12.2f}")
    print(f"{'limit: cores ÷ (decoding + network)':38} {limit:9.1f} {1:13.2f} {own / limit:12.2f}")


main()
