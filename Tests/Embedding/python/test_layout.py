"""coexec.py's structs, constants and functions are those of coexec.h, by a C compiler's word."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import coexec

HEADER = Path(__file__).resolve().parents[3] / "Sources/CCoExec/include/coexec.h"

STRUCTS = {
    "coexec_pool_options": coexec._PoolOptions,
    "coexec_stream_options": coexec._StreamOptions,
    "coexec_picture": coexec._Picture,
    "coexec_tensor": coexec._Tensor,
    "coexec_class": coexec._Class,
    "coexec_point": coexec._Point,
    "coexec_box": coexec._Box,
    "coexec_map": coexec._Map,
    "coexec_result": coexec._Result,
    "coexec_stream_report": coexec._StreamReport,
    "coexec_device_report": coexec._DeviceReport,
    "coexec_model_info": coexec._ModelInfo,
}


def constants() -> dict[str, int]:
    """What coexec.py knows of the header's constants, by their names there."""
    named = {
        "COEXEC_API_VERSION": coexec._API_VERSION, "COEXEC_NO_TUNING": coexec._TUNINGS["off"],
        "COEXEC_TUNE_WHILE_RUNNING": coexec._TUNINGS["while-running"],
        "COEXEC_JSON": coexec._JSON, "COEXEC_PROMETHEUS": coexec._PROMETHEUS,
    }
    for status in ("OK", "TIMEOUT", "END", "INTERRUPTED", "DROPPED", "ERROR", "INVALID", "UNAVAILABLE"):
        named[f"COEXEC_{status}"] = getattr(coexec, f"_{status}")
    for name, (number, _, _) in coexec._FORMATS.items():
        named[f"COEXEC_{name.upper()}"] = number
    for name, number in coexec._ADMISSIONS.items():
        named[f"COEXEC_{name.upper().replace('-', '_')}"] = number
    for name, number in coexec._MATRICES.items():
        named[f"COEXEC_{name.upper()}" if name else "COEXEC_MATRIX_AUTO"] = number
    for name, number in coexec._RANGES.items():
        named[f"COEXEC_{name.upper()}" if name else "COEXEC_RANGE_AUTO"] = number
    for number, name in coexec._DROPS.items():
        named[f"COEXEC_{name.upper()}" if name else "COEXEC_NOT_DROPPED"] = number
    for number, name in coexec._KINDS.items():
        named[f"COEXEC_{name.upper()}"] = number
    return named


class Header:
    """What the header declares, read as far as these tests need."""

    def __init__(self) -> None:
        text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.S)
        text = re.sub(r"\bCOEXEC_N(?:ULLABLE|ONNULL)\b", "", text)
        self.constants = set(re.findall(r"\b(COEXEC_[A-Z0-9_]+) = ", text))
        self.constants |= set(re.findall(r"#define (COEXEC_[A-Z0-9_]+) \w*\d", text))
        self.functions = {
            name: 0 if parameters == "void" else parameters.count(",") + 1
            for name, parameters in re.findall(r"^(?:\w+ |\* *)+(coexec_\w+)\(([^;]*)\);", text, flags=re.M)
        }
        self.structs = {
            name: [field for line in body.split(";") for field in self.fields(line)]
            for body, name in re.findall(r"typedef struct \{(.*?)\} (coexec_\w+);", text, flags=re.S)
        }

    @staticmethod
    def fields(declaration: str) -> list[str]:
        pointer = re.search(r"\(\s*\*\s*(\w+)\s*\)", declaration)
        if pointer:
            return [pointer.group(1)]
        parts = [part.strip() for part in declaration.split(",")]
        return [re.search(r"(\w+)(?:\[\d+\])?$", part).group(1) for part in parts if part]


@unittest.skipUnless(shutil.which("cc"), "no C compiler")
class LayoutTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.header = Header()
        lines = ['#include <stdio.h>', '#include "coexec.h"', "int main(void) {"]
        for name in sorted(cls.header.constants):
            lines.append(f'    printf("{name} %lld\\n", (long long){name});')
        for struct, fields in cls.header.structs.items():
            lines.append(f'    printf("{struct} %zu\\n", sizeof({struct}));')
            for field in fields:
                size = f"sizeof((({struct} *)0)->{field})"
                lines.append(f'    printf("{struct}.{field} %zu %zu\\n", offsetof({struct}, {field}), {size});')
        lines.append("    return 0;\n}")
        with tempfile.TemporaryDirectory() as folder:
            source, program = os.path.join(folder, "layout.c"), os.path.join(folder, "layout")
            Path(source).write_text("\n".join(lines))
            subprocess.run(["cc", "-std=c11", f"-I{HEADER.parent}", source, "-o", program], check=True)
            output = subprocess.run([program], check=True, capture_output=True, text=True).stdout
        cls.values = {line.split()[0]: [int(value) for value in line.split()[1:]] for line in output.splitlines()}

    def test_constants(self) -> None:
        self.assertEqual(
            constants(), {name: self.values[name][0] for name in self.header.constants})

    def test_structs(self) -> None:
        self.assertEqual(set(STRUCTS), set(self.header.structs))
        for name, struct in STRUCTS.items():
            self.assertEqual([ctypes.sizeof(struct)], self.values[name], name)
            self.assertEqual([field[0] for field in struct._fields_], self.header.structs[name])
            for field, *_ in struct._fields_:
                place = getattr(struct, field)
                self.assertEqual([place.offset, place.size], self.values[f"{name}.{field}"], f"{name}.{field}")

    def test_functions(self) -> None:
        self.assertEqual(
            {name: len(arguments) for name, (_, arguments) in coexec._FUNCTIONS.items()}, self.header.functions)


if __name__ == "__main__":
    unittest.main()
