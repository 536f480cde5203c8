"""What both comparisons share: engines as processes, the gate, and what was measured."""

import json
import os
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import cases

HERE = Path(__file__).parent
# Relative errors that single precision may have. Activity is off by 1e-6 or so, but by 2e-5 and more where products are
# in TF32. So is the gradient, or by some 1e-5 where rounding moves a unit across the threshold of its ReLU at one step.
ACTIVITY_TOLERANCE = 1e-5
GRADIENT_TOLERANCE = 2e-4
# The same for engines that trade digits for speed: (activity, gradient).
TOLERANCES = {"mrnn_bf16x3": (1e-4, 2e-3), "mrnn_tf32": (3e-2, 1e-1)}


class Absent(Exception):
    """An engine that cannot run here."""


class Engine:
    """A process that answers each command with one line (engine.cpp, peers.py)."""

    def __init__(self, name, command, environment):
        self.name = name
        self.log = tempfile.TemporaryFile("w+", errors="replace")
        self.process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env=environment,
            start_new_session=True,  # so that what a compiler leaves behind ends with it
        )

    def send(self, *words):
        try:
            self.process.stdin.write(" ".join(map(str, words)) + "\n")
            self.process.stdin.flush()
        except OSError:
            raise Absent(self.last_words()) from None

    def receive(self, limit=600.0):
        """@param limit  seconds to wait"""
        if not select.select([self.process.stdout], [], [], max(limit, 0.01))[0]:
            self.stop()
            raise Absent(f"no answer within {limit:.0f} s")
        answer = self.process.stdout.readline().strip()
        if not answer:
            raise Absent(self.last_words())
        if answer.startswith("failed: "):
            self.stop()
            raise Absent(answer.removeprefix("failed: "))
        return answer

    def ask(self, *words, limit=600.0):
        self.send(*words)
        return self.receive(limit)

    def last_words(self):
        self.stop()
        self.log.seek(0)
        lines = self.log.read().strip().splitlines()
        return ": ".join([f"ended with status {self.process.returncode}", *lines[-1:]])

    def seconds(self, action, count=1, limit=600.0):
        """Of one action, the mean of so many in a row."""
        return float(self.ask(action, count, limit=limit))

    def stop(self):
        try:
            self.process.wait(timeout=0.5)  # it may be ending by itself, with its last words
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            pass  # the kernel holds it; there is nothing more to be done

    def close(self):
        try:
            self.process.stdin.close()
            self.process.wait(timeout=10)
        except (OSError, subprocess.TimeoutExpired):
            pass
        self.stop()
        self.process.stdout.close()
        self.log.close()


def environment(threads, libraries=None, tf32=False):
    """@param tf32  whether TF32 is allowed to an engine that asks for it"""
    found = dict(os.environ, OMP_NUM_THREADS=str(threads), NPROC=str(threads), NVIDIA_TF32_OVERRIDE="0")  # NPROC: XLA
    if tf32:
        found.pop("NVIDIA_TF32_OVERRIDE")
    found |= {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "TF_CPP_MIN_LOG_LEVEL": "2"}
    for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        found.pop(variable, None)
    if libraries:
        found["LD_LIBRARY_PATH"] = ":".join(filter(None, [str(libraries), found.get("LD_LIBRARY_PATH")]))
    return found


def start_peer(name, device, threads):
    command = [sys.executable, HERE / "peers.py", name, "--device", device, "--threads", threads]
    return Engine(name, command, environment(threads))


def start_mrnn(name, build, threads, *words, libraries=None, products="ieee"):
    """@param products  backend.products of the configuration"""
    command = [build / "tests/benchmarks/compare_engine", "--plugins", build / "plugins", *words]
    if products != "ieee":
        command += ["--products", products]
    return Engine(name, command, environment(threads, libraries, tf32=products == "tf32"))


def start_onednn(build, threads):
    program = build / "tests/benchmarks/compare_onednn"
    if not program.exists():
        raise Absent("built without oneDNN; libdnnl-dev brings it")
    return Engine("onednn", [program], environment(threads))


@dataclass
class Errors:
    """Of an engine against the reference, relative."""

    activity: float = float("nan")
    gradient: float = float("nan")

    def check(self, engine, label=""):
        activity, gradient = TOLERANCES.get(engine, (ACTIVITY_TOLERANCE, GRADIENT_TOLERANCE))
        if not (self.activity < activity and self.gradient < gradient):  # NaN fails
            raise Absent(
                f"{label or engine} differs from the reference by {self.activity:.2g} in activity and "
                f"{self.gradient:.2g} in gradients: no time is worth printing"
            )


def compare(case, found, reference):
    """@param found, reference  what `gate` writes: loss, h of the last step, gradients of W_rec and of W_inp"""
    if found.shape != reference.shape:
        return Errors()
    ends = np.cumsum([1, case.trials * case.units, case.units**2])
    parts = zip(np.split(found, ends), np.split(reference, ends), strict=True)
    loss, activity, *gradients = (np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in parts)
    return Errors(float(activity), float(np.max([loss, *gradients])))


@dataclass
class Timing:
    """What was measured of one engine in one case."""

    case: cases.Case
    engine: str
    threads: int = 0
    steps: int = 0  # time steps it ran; 0: those of the case
    train: list = field(default_factory=list)  # seconds a step of the optimiser
    forward: list = field(default_factory=list)  # seconds a pass
    memory: int = 0  # bytes at the peak; 0: it does not say
    errors: Errors = field(default_factory=Errors)
    note: str = ""  # why it was not measured
    calm: bool = True  # whether nobody else used the machine at these times, as far as is known

    def per_step(self, action):
        """Microseconds per time step, the median."""
        times = getattr(self, action)
        return statistics.median(times) / (self.steps or self.case.steps) * 1e6 if times else float("nan")

    def __str__(self):
        """A line for the screen."""
        text = f"{self.case.name:>22}  {self.engine:<15} train {self.per_step('train'):10.2f} us/step  "
        text += f"forward {self.per_step('forward'):9.2f}  {self.memory / 2**20:8.0f} MiB  "
        text += f"error {self.errors.activity:.0e} {self.errors.gradient:.0e}  rounds {len(self.train)}"
        text += f"  threads {self.threads}" if self.threads else ""
        text += "" if self.calm else "  disturbed"
        return text + (f"  T = {self.steps}" if self.steps else "")


class Stopwatch:
    """Seconds left of a budget."""

    def __init__(self, budget):
        self.end = time.monotonic() + budget

    def left(self):
        return self.end - time.monotonic()


def description(engine, limit=60.0):
    return json.loads(engine.ask("describe", limit=limit))
