"""Times mrnn and every peer that can be imported, interleaved, on the same weights and trials.

    cmake -S . -B build -DMRNN_BENCHMARKS=ON && cmake --build build
    python3 -m venv venv && venv/bin/pip install torch numpy h5py matplotlib
    venv/bin/python tests/benchmarks/compare/compare.py --build build --output benchmarks

Peers: `published` is mRNNTorch itself where it can be imported (PYTHONPATH), the others are in peers.py. Each engine is a
process of its own and runs with the number of threads that is fastest for it. Before any time is printed, its loss and
gradients without noise are compared with a reference in double precision. Writes comparison.csv, comparison.md and
comparison.png.
"""

import argparse
import csv
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import cases
from report import write_report

HERE = Path(__file__).parent
TOLERANCE = 2e-4  # relative, of gradients in single precision


class Absent(Exception):
    """An engine that cannot run here."""


class Engine:
    """A process that answers commands (engine.cpp, peers.py)."""

    def __init__(self, name, command, threads):
        self.name, self.threads = name, threads
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
        for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
            environment.pop(variable, None)
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment
        )
        if self.answer() != "ready":
            raise Absent(self.last_words())

    def answer(self):
        return self.process.stdout.readline().strip()

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        answer = self.answer()
        if not answer:
            raise Absent(self.last_words())
        return answer

    def last_words(self):
        self.process.wait(timeout=10)
        self.log.seek(0)
        lines = self.log.read().strip().splitlines()
        return lines[-1] if lines else f"ended with status {self.process.returncode}"

    def seconds(self, action, count=1):
        return float(self.ask(action, count))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


@dataclass
class Timing:
    """What was measured of one engine in one case."""

    case: cases.Case
    engine: str
    threads: int = 0
    train: list = field(default_factory=list)  # seconds a step of the optimiser
    forward: list = field(default_factory=list)  # seconds a pass
    memory: int = 0
    error: float = float("nan")  # of the gradients, relative to the reference

    def per_step(self, action):
        """Microseconds per time step, the median."""
        times = getattr(self, action)
        return statistics.median(times) / self.case.steps * 1e6 if times else float("nan")


def commands(build, folder):
    engine = [str(build / "tests/benchmarks/compare_engine"), str(folder / "case.toml")]
    peer = lambda name: lambda threads: [sys.executable, str(HERE / "peers.py"), name, str(folder), str(threads)]  # noqa: E731
    return {
        "mrnn": lambda threads: engine,
        "mrnn recompute": lambda threads: [*engine, "recompute"],
        "published": peer("published"),
        "well": peer("well"),
        "compiled": peer("compiled"),
        "nn_rnn": peer("nn_rnn"),
        "products": peer("products"),
    }


def wanted(case, names):
    """nn.RNN is an Elman network without noise; the published one is leaky."""
    return [n for n in names if (n != "nn_rnn" or case.elman) and (n != "published" or not case.elman)]


def gate(engine, reference):
    """Largest relative error of loss and gradients."""
    if engine.name == "products":
        return float("nan")
    with tempfile.NamedTemporaryFile() as file:
        engine.ask("gate", file.name)
        found = np.fromfile(file.name)
    error = np.linalg.norm(found - reference) / np.linalg.norm(reference)
    if not error < TOLERANCE:
        raise SystemExit(f"{engine.name}: gradients differ from the reference by {error:.2g}; no time is worth printing")
    return error


def reference_gradients(folder):
    engine = Engine("reference", [sys.executable, str(HERE / "peers.py"), "reference", str(folder), "1"], 1)
    with tempfile.NamedTemporaryFile() as file:
        engine.ask("gate", file.name)
        values = np.fromfile(file.name)
    engine.close()
    return values


def fastest(name, make, reference, cores):
    """The engine with the number of threads that suits it, warmed up."""
    best = None
    choices = [cores] if name.startswith("mrnn") else sorted({1, cores})  # mrnn takes all cores by itself
    for threads in choices:
        engine = Engine(name, make(threads), threads)
        error = gate(engine, reference)
        engine.seconds("train")
        engine.seconds("forward")
        seconds = min(engine.seconds("train") for _ in range(3))
        if best is None or seconds < best[1]:
            if best is not None:
                best[0].close()
            best = (engine, seconds, error)
        else:
            engine.close()
    return best


def measure(case, build, names, rounds, cores, absent):
    with tempfile.TemporaryDirectory() as folder:
        cases.write(case, folder)
        reference = reference_gradients(Path(folder))
        engines = []
        for name, make in commands(build, Path(folder)).items():
            if name not in wanted(case, names) or name in absent:
                continue
            try:
                engine, seconds, error = fastest(name, make, reference, cores)
            except Absent as why:
                absent[name] = str(why)
                print(f"{name}: absent ({why})")
                continue
            engines.append((engine, max(1, round(0.3 / seconds)), Timing(case, name, engine.threads, error=error)))
        for _ in range(rounds):
            for engine, count, timing in engines:
                timing.train.append(engine.seconds("train", count))
                timing.forward.append(engine.seconds("forward", count))
        for engine, _, timing in engines:
            timing.memory = int(engine.ask("memory"))
            engine.close()
            print(
                f"{case.name:>24}  {timing.engine:<15} threads {timing.threads}  train {timing.per_step('train'):10.1f} "
                f"us/step  forward {timing.per_step('forward'):9.1f}  {timing.memory / 2**20:8.0f} MiB",
                flush=True,
            )
        return [timing for _, _, timing in engines]


def machine(build):
    found = json.loads(subprocess.check_output([build / "tests/benchmarks/compare_machine"], text=True))
    model = next(
        (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    return found | {"model": model}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--output", type=Path, default=Path("benchmarks"))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--headline", action="store_true", help="the four cases of the goals only")
    parser.add_argument("--engines", nargs="*", help="default: all")
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    names = options.engines or list(commands(options.build, Path()))
    absent, timings = {}, []
    limits = machine(options.build)
    print(limits)
    for case in cases.HEADLINE if options.headline else cases.HEADLINE + cases.MORE:
        timings += measure(case, options.build, names, options.rounds, cores, absent)
    after = machine(options.build)
    limits["flops_all"] = max(limits["flops_all"], after["flops_all"])
    options.output.mkdir(parents=True, exist_ok=True)
    with open(options.output / "comparison.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["case", "engine", "threads", "train_us_per_step", "forward_us_per_step", "peak_bytes", "error"])
        for t in timings:
            table.writerow(
                [t.case.name, t.engine, t.threads, t.per_step("train"), t.per_step("forward"), t.memory, t.error]
            )
    write_report(options.output, timings, limits, absent)


if __name__ == "__main__":
    main()
