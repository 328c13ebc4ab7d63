"""Sessions of coexec.py over the library that COEXEC_LIBRARY names, with a small network of random weights."""

from __future__ import annotations

import gc
import os
import select
import signal
import subprocess
import sys
import threading
import time
import unittest
import weakref
from typing import Any, Iterator

import coexec

try:
    import numpy
except ImportError:
    numpy = None

SMALL = {"builtin": "conv_mnist_16"}


def open_session(**options: Any) -> coexec.Session:
    """On one core, measuring nothing."""
    if "pool" not in options:
        options = {"devices": "cpu:0", "tuning": "off", **options}
    return coexec.Session(**{**SMALL, **options})


class Frames:
    """Grey frames of 32 x 24, and whether each is still alive."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.alive: list[Any] = []

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if len(self.alive) == self.count:
            raise StopIteration
        frame = numpy.full((24, 32, 3), len(self.alive) % 256, numpy.uint8)
        self.alive.append(weakref.ref(frame))
        return frame


def grey(value: int = 0) -> coexec.Picture:
    return coexec.Picture(bytes([value]) * (32 * 24), "gray8", 32, 24)


@unittest.skipUnless(numpy, "numpy is not installed")
class FrameLifeTests(unittest.TestCase):
    def test_in_order_and_let_go_with_their_results(self) -> None:
        frames = Frames(200)
        sequences = []
        with open_session() as session:
            for result in session.run(frames):
                sequences.append(result.sequence)
                # The thread that submitted the last ones may not have returned from that yet.
                held = [frame for frame in frames.alive[: result.sequence + 1] if frame() is not None]
                self.assertLessEqual(len(held), 2, f"after the result of frame {result.sequence}")
                self.assertIsNone(result.error)
            report = session.report()
        self.assertEqual(sequences, list(range(200)))
        self.assertEqual([frame() for frame in frames.alive], [None] * 200)
        self.assertEqual((report.submitted, report.received, report.failed, report.in_flight), (200, 200, 0, 0))

    def test_alive_while_the_library_has_them(self) -> None:
        with open_session(window=4) as session:
            array = numpy.zeros((2000, 2000, 3), numpy.uint8)
            alive = weakref.ref(array)
            lent = threading.Event()
            submit = session._library.coexec_submit

            def look(*arguments: Any) -> int:
                self.assertIsNotNone(alive())
                lent.set()
                return submit(*arguments)

            session._library.coexec_submit = look
            try:
                session.submit(array)
            finally:
                session._library.coexec_submit = submit
            self.assertTrue(lent.is_set())
            del array
            self.assertIsNotNone(session.receive())
            self.assertIsNone(alive())

    def test_let_go_by_flush_and_close(self) -> None:
        frames = Frames(8)
        session = open_session(window=8)
        for frame in frames:
            session.submit(frame)
            del frame
        self.assertEqual(session.flush(), 8)
        session.close()
        gc.collect()
        self.assertEqual([reference() for reference in frames.alive], [None] * 8)

    def test_let_go_when_dropped(self) -> None:
        frames = Frames(500)
        with open_session(admission="drop-oldest", window=2) as session:
            results = list(session.run(frames))
        self.assertEqual([result.sequence for result in results], list(range(500)))
        dropped = [result for result in results if result.dropped]
        for result in dropped:
            self.assertEqual((result.dropped, result.device, result.classes), ("overflow", None, []))
        self.assertEqual([reference() for reference in frames.alive], [None] * 500)

    def test_refused_ones_are_let_go(self) -> None:
        with open_session() as session:
            session.finish()
            array = numpy.zeros((8, 8, 3), numpy.uint8)
            alive = weakref.ref(array)
            with self.assertRaises(coexec.Invalid) as caught:
                session.submit(array)
            del array, caught
            gc.collect()
            self.assertIsNone(alive())


class ResultTests(unittest.TestCase):
    def test_what_a_result_has(self) -> None:
        tag = object()
        with open_session(top=3, name="test") as session:
            picture = grey(7)
            picture.pts, picture.tag = -5, tag
            session.submit(picture)
            result = session.receive(10)
            self.assertEqual((result.pts, result.sequence, result.dropped, result.error), (-5, 0, None, None))
            self.assertIs(result.tag, tag)
            self.assertGreater(result.latency, 0)
            self.assertGreaterEqual(result.latency, result.service)
            [tensor] = result.tensors
            top = result.top(2)
            self.assertEqual(len(top), 2)
            self.assertGreaterEqual(top[0].score, top[1].score)
            self.assertEqual((session.model.outputs, session.pool.report() is not None), (1, True))
            device = session.report().devices[0]
            self.assertEqual(device.name, result.device)
            values = memoryview(tensor.values).tolist()
        # The session is gone, the result isn't.
        self.assertEqual(memoryview(result.tensors[0].values).tolist(), values)
        del result
        gc.collect()
        self.assertEqual(memoryview(tensor.values).tolist(), values)
        self.assertTrue(memoryview(tensor.values).readonly)

    def test_copied_pixels_may_change(self) -> None:
        pixels = bytearray(32 * 24)
        with open_session(window=20) as session:
            for value in range(20):
                pixels[:] = bytes([value]) * len(pixels)
                session.submit(coexec.Picture(pixels, "gray8", 32, 24, tag=value, copy=True))
            session.finish()
            pixels.append(0)  # nobody reads them any more
            self.assertEqual([result.tag for result in session], list(range(20)))

    def test_descriptor(self) -> None:
        with open_session() as session:
            self.assertEqual(select.select([session], [], [], 0)[0], [])
            session.submit(grey())
            self.assertEqual(select.select([session], [], [], 10)[0], [session])
            self.assertIsNotNone(session.receive(0))


class WaitingTests(unittest.TestCase):
    def test_time_outs(self) -> None:
        with open_session(window=2) as session:
            for timeout in (0, 0.005, 0.15):
                start = time.monotonic()
                with self.assertRaises(coexec.TimedOut):
                    session.receive(timeout)
                self.assertGreaterEqual(time.monotonic() - start, timeout)
            session.submit(grey())
            session.submit(grey())
            with self.assertRaises(TimeoutError):  # the window is full until somebody receives
                session.submit(grey(), timeout=0.02)
            self.assertEqual([session.receive(10).sequence, session.receive(10).sequence], [0, 1])
            session.submit(grey(), timeout=0)

    def test_interrupt(self) -> None:
        with open_session() as session:
            threading.Timer(0.1, session.interrupt).start()
            with self.assertRaises(coexec.Interrupted):
                session.receive()
            session.interrupt(False)
            session.submit(grey())
            self.assertEqual(session.receive(10).sequence, 0)

    def test_closing_ends_waiting(self) -> None:
        session = open_session()
        threading.Timer(0.1, session.close).start()
        start = time.monotonic()
        with self.assertRaisesRegex(coexec.Invalid, "closed"):
            session.receive()
        self.assertLess(time.monotonic() - start, 2)
        for call in (session.receive, session.finish, session.flush, session.report, lambda: session.submit(grey())):
            with self.assertRaisesRegex(coexec.Invalid, "closed"):
                call()
        session.close()

    def test_ctrl_c(self) -> None:
        with open_session() as session:
            threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGINT]).start()
            with self.assertRaises(KeyboardInterrupt):
                session.receive()

    def test_refusals_say_why(self) -> None:
        with open_session() as session:
            for crop in [(30, 0, 8, 8), (0, -1, 8, 8)]:
                with self.assertRaisesRegex(coexec.Invalid, "inside"):
                    session.submit(coexec.Picture(numpy.zeros((8, 32, 3), numpy.uint8), crop=crop))

    def test_configure(self) -> None:
        with open_session(window=1) as session:
            session.submit(grey())
            with self.assertRaises(coexec.TimedOut):
                session.submit(grey(), timeout=0)
            session.configure(window=3, priority=2)
            session.submit(grey(), timeout=1)
            with self.assertRaisesRegex(coexec.Invalid, "1000"):
                session.configure(priority=1000)
            with self.assertRaises(coexec.Invalid):
                session.configure(window=1 << 40)


class RunTests(unittest.TestCase):
    def test_left_early(self) -> None:
        with open_session() as session:
            for result in session.run(grey() for _ in range(1000)):
                if result.sequence == 3:
                    break
            results = list(session.run(grey() for _ in range(5)))
            self.assertEqual(len(results), 5)
            self.assertEqual([result.sequence - results[0].sequence for result in results], [0, 1, 2, 3, 4])

    def test_left_while_the_source_waits(self) -> None:
        gives = threading.Event()

        def camera() -> Iterator[coexec.Picture]:
            yield grey()
            gives.wait(30)
            yield grey()

        start = time.monotonic()
        with open_session() as session:
            for _ in session.run(camera()):
                break
            self.assertEqual(len(list(session.run([grey()]))), 1)
            self.assertLess(time.monotonic() - start, 20)
            gives.set()
            self.assertEqual(len(list(session.run([grey(), grey()]))), 2)

    def test_a_source_that_fails(self) -> None:
        def source() -> Iterator[coexec.Picture]:
            yield from (grey(), grey())
            raise RuntimeError("no more film")

        received = []
        with open_session() as session:
            with self.assertRaisesRegex(RuntimeError, "no more film"):
                for result in session.run(source()):
                    received.append(result)
        self.assertEqual(len(received), 2)

    def test_pictures_that_cannot_be(self) -> None:
        with open_session() as session:
            with self.assertRaisesRegex(coexec.Invalid, "need width and height"):
                list(session.run([grey(), coexec.Picture(b"abc", "rgb")]))


class PoolTests(unittest.TestCase):
    def test_two_sessions_on_one_pool(self) -> None:
        counts = {}
        with coexec.Pool("cpu:0", tuning="off") as pool:
            with open_session(pool=pool, name="a") as first, open_session(pool=pool, name="b", weight=3) as second:
                def run(session: coexec.Session, name: str) -> None:
                    counts[name] = [result.sequence for result in session.run(grey() for _ in range(50))]

                threads = [threading.Thread(target=run, args=pair) for pair in ((first, "a"), (second, "b"))]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                with self.assertRaisesRegex(coexec.Invalid, "are open"):
                    pool.close()
                self.assertIsInstance(pool.report(), dict)
                self.assertIn("# TYPE", pool.prometheus())
        self.assertEqual(counts, {"a": list(range(50)), "b": list(range(50))})
        with self.assertRaisesRegex(coexec.Invalid, "closed"):
            pool.report()


class ErrorTests(unittest.TestCase):
    def test_the_librarys_words(self) -> None:
        for options, words in [
            ({"model": "/nowhere/model.onnx", "builtin": None}, "/nowhere/model.onnx"),
            ({"builtin": "no_such_network"}, "no_such_network"),
            ({"devices": "npu9"}, "npu9"),
            ({"builtin": None}, "."),
        ]:
            with self.assertRaisesRegex(coexec.Error, words):
                open_session(**options)

    def test_arguments(self) -> None:
        with self.assertRaisesRegex(coexec.Invalid, "no admission 'newest'"):
            open_session(admission="newest")
        with self.assertRaisesRegex(coexec.Invalid, "for a pool of the session's own"):
            with coexec.Pool("cpu:0", tuning="off") as pool:
                open_session(pool=pool, tuning="off")

    def test_a_library_that_is_not_there(self) -> None:
        script = "import coexec\ntry: coexec.Pool()\nexcept coexec.Error as error: print(error)"
        done = subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, "COEXEC_LIBRARY": "/nowhere.so"}, capture_output=True,
            text=True, check=True)
        self.assertIn("/nowhere.so", done.stdout)


class ProcessTests(unittest.TestCase):
    def run_script(self, script: str) -> str:
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_exit_without_close(self) -> None:
        self.run_script(f"""
import coexec
session = coexec.Session(builtin="{SMALL['builtin']}", devices="cpu:0", tuning="off")
for _ in range(2): session.submit(coexec.Picture(bytes(768), "gray8", 32, 24))
""")

    def test_without_numpy(self) -> None:
        output = self.run_script(f"""
import sys
sys.modules["numpy"] = None
import coexec
with coexec.Session(builtin="{SMALL['builtin']}", devices="cpu:0", tuning="off") as session:
    for result in session.run([coexec.Picture(bytes(768), "gray8", 32, 24)] * 3):
        values = result.tensors[0].values
        print(result.sequence, type(values).__name__, values.format, values.readonly)
""")
        self.assertEqual(output, "".join(f"{index} memoryview f True\n" for index in range(3)))

    def test_sessions_that_are_let_go(self) -> None:
        def threads() -> int:
            return len(os.listdir("/proc/self/task"))

        open_session()
        gc.collect()
        floor = threads()
        for _ in range(5):
            open_session()
            gc.collect()
        self.assertLessEqual(threads(), floor)


if __name__ == "__main__":
    unittest.main()
