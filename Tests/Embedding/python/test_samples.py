"""The samples of docs/python.md run as they stand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/python.md").read_text(), flags=re.S | re.M)
MODELS = {"mobilenet_v1.tflite": "models/mobilenet_v1_0.25_128_quant.tflite"}  # of COEXEC_DATA


class SampleTests(unittest.TestCase):
    def test_samples(self) -> None:
        data = os.environ.get("COEXEC_DATA")
        self.assertGreater(len(SAMPLES), 3)
        for number, sample in enumerate(SAMPLES, 1):
            with self.subTest(sample=number), tempfile.TemporaryDirectory() as folder:
                models = [name for name in MODELS if name in sample]
                lacks = [
                    models and not data, '"ffmpeg"' in sample and not shutil.which("ffmpeg"),
                    "import numpy" in sample and not find_spec("numpy"),
                ]
                if any(lacks):
                    continue
                for name in models:
                    os.symlink(Path(data) / MODELS[name], Path(folder) / name)
                done = subprocess.run(
                    [sys.executable, "-c", sample], cwd=folder, capture_output=True, text=True, timeout=120)
                self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
