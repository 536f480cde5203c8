"""One case of compare.py: which engines run it, with how many threads, for how many rounds."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import cases
from engines import Absent, Errors, Timing, compare

TRIAL_STEPS = 50  # of the shortened case that engines are checked and tried with
ONE_TIMING = 0.15  # seconds that a single step is repeated for, where it takes less
ROUNDS_SECONDS = 60.0  # that all rounds of a case may take; two are made anyway
TRIES = 5  # rounds for each that is wanted, while others disturb
STARTING_SECONDS = 5.0  # that an engine takes to begin and to end, about
# Arrays of T x B x N numbers in single precision that an engine has at its peak, rounded up (N 256, B 64, T up to 500).
SEQUENCES = {
    "mrnn": 1,
    "mrnn recompute": 0.2,
    "published": 20,
    "well": 10,
    "compiled": 10,
    "jax": 10,
    "nn_rnn": 10,
    "onednn": 10,
    "products": 2,
}


class NoTime(Exception):
    """A case that would take longer than there is time."""


def wanted(case, names):
    """nn.RNN and oneDNN's are Elman networks without noise; the published one is leaky."""
    elsewhere = {"published"} if case.elman else {"nn_rnn", "onednn"}
    return [name for name in names if name not in elsewhere]


def free_memory():
    """Bytes."""
    with open("/proc/meminfo") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable"))


def remembered(table, key, make):
    """What make() returned or raised the first time."""
    if key not in table:
        try:
            table[key] = make()
        except Absent as why:
            table[key] = why
    if isinstance(table[key], Absent):
        raise table[key]
    return table[key]


@dataclass
class Trial:
    """What a shortened case says of an engine, with the number of threads that suits it."""

    threads: int
    errors: Errors
    train: float  # seconds per time step
    forward: float


class Pace:
    """Whether others use the machine as well, which takes the most from the engines that use it best. A core whose
    other thread is busy does half or two thirds of its work, for tenths of a second or for minutes."""

    CALM = 0.85  # of the best rate seen
    SETTLE = 0.02  # seconds in which the threads of an engine stop spinning
    LONGEST = 2.0  # seconds to wait at a time
    UNKNOWN = -1.0  # while nobody watches: never calm

    def __init__(self, start, patience):
        """@param start  an engine that answers `rate` with what the slowest core does now (compare_machine --watch)
        @param patience  seconds to wait in a case, all together"""
        self.start, self.patience, self.best, self.left = start, patience, 0.0, patience
        self.watcher = None

    def begin(self):
        """A case. A watcher that ended in the one before is started again."""
        self.left = self.patience
        try:
            self.watcher = self.watcher or self.start()
        except Absent as why:
            self.go_unwatched(why)

    def go_unwatched(self, why):
        print(f"the watcher of the machine: {why}; the times of this case from now on count as disturbed", flush=True)
        self.close()
        self.left = 0.0  # there is nothing to wait for

    def now(self):
        time.sleep(self.SETTLE)
        if self.watcher is None:
            return self.UNKNOWN
        try:
            found = float(self.watcher.ask("rate", limit=60.0))
        except Absent as why:  # no fault of the engine that is timed
            self.go_unwatched(why)
            return self.UNKNOWN
        self.best = max(self.best, found)
        return found

    def wait(self):
        """For a calm moment, if one comes soon."""
        start = time.monotonic()
        longest = min(self.LONGEST, self.left)
        found, waited = self.now(), 0.0
        while not self.calm(found) and waited < longest:
            found, waited = self.now(), time.monotonic() - start
        self.left -= waited
        return found

    def calm(self, pace):
        return pace >= self.CALM * self.best

    def close(self):
        if self.watcher is not None:
            self.watcher.close()
        self.watcher = None


class Run:
    """One engine in one case, timed round after round."""

    ACTIONS = ("train", "forward")

    def __init__(self, engine, timing, seconds, limit, pace):
        """@param seconds  of a training step, about    @param limit  seconds that an answer may take"""
        self.engine, self.timing, self.limit, self.pace = engine, timing, limit, pace
        self.count = max(1, round(ONE_TIMING / seconds))
        self.taken = {action: [] for action in self.ACTIONS}  # seconds, and the lesser pace before and after

    def warm_up(self):
        for _ in range(2 if self.count > 1 else 1):  # some compile at the first call
            for action in self.ACTIONS:
                self.engine.seconds(action, 1, self.limit)

    def lacking(self, wanted):
        """Actions with fewer calm timings than so many."""
        return [action for action in self.ACTIONS if len(self.calm(action)) < wanted]

    def measure(self, wanted):
        for action in self.lacking(wanted):
            before = self.pace.wait()
            seconds = self.engine.seconds(action, self.count, self.limit)
            self.taken[action].append((seconds, min(before, self.pace.now())))

    def calm(self, action):
        """Seconds of the timings that nobody disturbed."""
        return [seconds for seconds, pace in self.taken[action] if self.pace.calm(pace)]

    def finish(self):
        """Calm timings count, where there are any."""
        for action in self.ACTIONS:
            setattr(self.timing, action, self.calm(action) or [seconds for seconds, _ in self.taken[action]])
        self.timing.calm = all(self.calm(action) for action in self.ACTIONS)
        self.timing.memory = int(self.engine.ask("memory"))


class Comparison:
    """Runs cases. Each is tried first with fewer steps and with noise, so that cases that differ in these two alone
    share a trial: there an engine is checked against the reference, its number of threads is chosen, and what a time
    step takes tells whether the whole case is worth its time."""

    def __init__(self, start, names, cores, place, rounds, longest, pace):
        """@param start  the engine of a name and a number of threads    @param place  a folder for shortened cases
        @param longest  seconds of a training step"""
        self.start, self.names, self.cores, self.place = start, names, cores, Path(place)
        self.rounds, self.longest, self.pace = rounds, longest, pace
        self.absent = {}  # why, by engine
        self.trials, self.references = {}, {}

    def run(self, case, watch):
        """Timings; those of engines that do not run this case have a note in place of times. NoTime where it needs more
        than is left."""
        chosen, notes = {}, []
        for name in wanted(case, self.names):
            try:
                chosen[name] = self.worth_running(case, name)
            except Absent as why:
                self.note(notes, case, name, why)
        needed = self.needed(case, list(chosen.values()))
        left = watch.left()
        if needed > left:
            raise NoTime(f"it needs about {needed / 60:.1f} min, {max(left, 0.0) / 60:.1f} are left")
        with tempfile.TemporaryDirectory() as folder:
            cases.write(case, folder)
            return self.measure(case, folder, chosen, notes) + notes

    def worth_running(self, case, name):
        """Its trial; Absent where it does not run the case."""
        if name in self.absent:
            raise Absent(self.absent[name])
        need, free = SEQUENCES[name] * 4.0 * case.steps * case.trials * case.units, free_memory()
        if need > 0.8 * free:
            raise Absent(f"needs about {need / 2**30:.1f} GiB, {free / 2**30:.1f} are free")
        short = case.shortened(TRIAL_STEPS)
        trial = remembered(self.trials, (short, name), lambda: self.try_out(short, name))
        if trial.train * case.steps > self.longest:
            raise Absent(f"a training step would take {trial.train * case.steps:.0f} s")
        return trial

    def note(self, notes, case, name, why):
        if name not in self.absent:
            notes.append(Timing(case, name, note=str(why)))
            print(f"{case.name:>22}  {name}: {why}", flush=True)

    def opened(self, name, folder, threads):
        try:
            engine = self.start(name, threads)
            engine.receive()
        except Absent as why:
            self.absent[name] = str(why)
            print(f"{name}: absent ({why})", flush=True)
            raise
        engine.ask("open", folder)
        return engine

    def folder_of(self, short):
        folder = self.place / short.name
        if not folder.exists():
            cases.write(short, folder)
        return folder

    def try_out(self, short, name):
        reference = remembered(self.references, short, lambda: self.reference(short))
        found = []
        choices = {self.cores} if name.startswith("mrnn") else {1, self.cores}  # mrnn takes all cores by itself
        for threads in sorted(choices):
            engine = self.opened(name, self.folder_of(short), threads)
            try:
                errors = check(short, engine, reference)
                train, forward = (quickest(engine, action) / short.steps for action in ("train", "forward"))
            finally:
                engine.close()
            found.append(Trial(threads, errors, train, forward))
        return min(found, key=lambda trial: trial.train)

    def reference(self, short):
        try:
            engine = self.opened("reference", self.folder_of(short), self.cores)
            try:
                return gated(engine)
            finally:
                engine.close()
        except Absent as why:
            raise Absent(f"there is no reference to check against: {why}") from None

    def rounds_of(self, seconds):
        """@param seconds  of one round"""
        return max(min(2, self.rounds), min(self.rounds, int(ROUNDS_SECONDS / max(seconds, 1e-9))))

    def needed(self, case, trials):
        """Seconds, about."""
        one_round = round_seconds(case, trials)
        return (1 + self.rounds_of(one_round)) * one_round + STARTING_SECONDS * len(trials)

    def measure(self, case, folder, chosen, notes):
        runs = []
        try:
            for name, trial in chosen.items():
                try:
                    engine = self.opened(name, folder, trial.threads)
                except Absent as why:
                    self.note(notes, case, name, why)
                    continue
                timing = Timing(case, name, trial.threads, errors=trial.errors)
                runs.append(Run(engine, timing, case.steps * trial.train, 120.0 + 4.0 * self.longest, self.pace))
            alive = self.each(runs, Run.warm_up, notes)
            one_round = round_seconds(case, [chosen[run.timing.engine] for run in alive])
            alive = self.rounds_until_calm(alive, self.rounds_of(one_round), notes)
            alive = self.each(alive, Run.finish, notes)
        finally:
            for run in runs:
                run.engine.close()
        for run in alive:
            print(run.timing, flush=True)
        return [run.timing for run in alive]

    def rounds_until_calm(self, runs, rounds, notes):
        """Times engines in turn until each has so many timings that nobody disturbed, or patience ends."""
        self.pace.begin()
        for number in range(TRIES * rounds):
            if number >= rounds and self.pace.left <= 0.0:
                break
            runs = self.each(runs, lambda run: run.measure(rounds), notes)
        return runs

    def each(self, runs, work, notes):
        """Those that did not fail."""
        alive = []
        for run in runs:
            try:
                work(run)
                alive.append(run)
            except Absent as why:
                self.note(notes, run.timing.case, run.timing.engine, why)
        return alive


def round_seconds(case, trials):
    """What a training step and a pass of each engine take, repeated where they are short."""
    return sum(max(1.3 * ONE_TIMING, case.steps * (trial.train + trial.forward)) for trial in trials)


def quickest(engine, action):
    """Seconds: the least of three once it has warmed up, or of one that takes long."""
    engine.seconds(action)
    first = engine.seconds(action)
    return first if first > 1.0 else min([first, *(engine.seconds(action) for _ in range(2))])


def gated(engine):
    with tempfile.NamedTemporaryFile() as file:
        engine.ask("gate", file.name)
        return np.fromfile(file.name)


def check(case, engine, reference):
    if engine.name == "products":
        return Errors()
    errors = compare(case, gated(engine), reference)
    try:
        errors.check(engine.name)
    except Absent as why:
        if engine.name.startswith("mrnn"):
            raise SystemExit(str(why)) from None  # what is compared must be right; peers are left out
        raise
    return errors
