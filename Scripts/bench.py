"""What the comparing scripts share: the release build's `stream-demo bench`, as a function."""

import json
import pathlib
import subprocess
import sys

NETWORKS = "alexnet,googlenet,mobilenet_v1,resnet50,squeezenet"
DEMO = pathlib.Path(__file__).resolve().parent.parent / ".build/release/stream-demo"


def bench(network, device, frames):
    """The JSON of `bench`. Ends the program where that fails."""
    if not DEMO.is_file():
        sys.exit("no .build/release/stream-demo: run 'swift build -c release' first")
    command = [DEMO, "bench", "--network", network, "--device", device, "--frames", str(frames), "--json", "-"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {result.stderr.strip()}")
    return json.loads(result.stdout)
