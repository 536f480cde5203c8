"""Runs tests/benchmarks/compare with engines that only pretend: speed_comparison.py COMPARE_FOLDER

What compare.py does with its engines is what is tested: no engine computes anything, and no time is measured."""

import contextlib
import csv
import io
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

sys.path.insert(0, sys.argv.pop(1))

import case_files  # noqa: E402
import cases  # noqa: E402
import compare  # noqa: E402
import measure  # noqa: E402
from engines import Absent, Engine, Errors, Timing, environment  # noqa: E402
from report import bytes_per_step, read_csv, write_csv  # noqa: E402

LIMITS = {"model": "A machine", "threads": 2, "flops_one": 1e9, "flops_all": 2e9, "bytes_one": 1e9, "bytes_all": 1e9}
# Seconds per time step of training, with one thread and with two.
SPEEDS = {"mrnn": (1e-5, 1e-5), "well": (1e-4, 2e-4), "published": (1e-3, 9e-4), "jax": (2.0, 2.0)}


class Pretender:
    """An engine of a speed; one that fails at a command where `failing` says so; one whose numbers are wrong."""

    pace = []  # of the machine at the next moments, from the last to the first; 1 at all others
    now = 1.0
    opened = []  # (name, threads, case)
    counts = set()  # (name, case, actions in a row)
    failing = {}
    wrong = ()

    def __init__(self, name, threads):
        self.name, self.threads = name, threads
        self.fail("start")

    def fail(self, command):
        if Pretender.failing.get(self.name) == command:
            raise Absent(f"no luck with {command}")

    def receive(self):
        return "ready"

    def ask(self, command, *words, limit=None):
        self.fail(command)
        if command == "rate":
            Pretender.now = Pretender.pace.pop() if Pretender.pace else 1.0
            return str(Pretender.now)
        if command == "open":
            self.case = cases.Case.parse((Path(words[0]) / "case.toml").read_text().splitlines()[0][2:])
            Pretender.opened.append((self.name, self.threads, self.case.name))
        elif command == "gate":
            units, trials = self.case.units, self.case.trials
            size = 1 + trials * units + units**2 + cases.INPUTS * units
            np.full(size, 2.0 if self.name in Pretender.wrong else 1.0).tofile(words[0])
        return "4096"

    def seconds(self, action, count=1, limit=None):
        self.fail(action)
        Pretender.counts.add((self.name, self.case.name, count))
        pace = min([Pretender.now, *Pretender.pace[-1:]])  # others may come meanwhile
        seconds = SPEEDS[self.name][self.threads - 1] * self.case.steps / pace
        return seconds if action == "train" else seconds / 4

    def stop(self):
        pass

    close = stop


class Program(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.output = Path(place.name) / "results"
        Pretender.opened, Pretender.counts, Pretender.failing, Pretender.wrong = [], set(), {}, ()
        Pretender.pace, Pretender.now = [], 1.0
        for name, value in {
            "compare.start": lambda name, build, threads: Pretender(name, threads),
            "compare.machine": lambda build: dict(LIMITS),
            "compare.watcher": lambda build: Pretender("watch", 2),
            "measure.Pace.SETTLE": 0.0,
            "measure.Pace.LONGEST": 0.01,
            "os.sched_getaffinity": lambda process: {0, 1},
        }.items():
            patch = mock.patch(name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def run_program(self, *words, engines=("mrnn", "well")):
        with contextlib.redirect_stdout(io.StringIO()) as screen:
            compare.main([*words, "--output", str(self.output), "--engines", *engines])
        self.screen, self.text = screen.getvalue(), (self.output / "comparison.md").read_text()
        with open(self.output / "comparison.csv", newline="") as file:
            return {(row["case"], row["engine"]): row for row in csv.DictReader(file)}

    def test_cases_with_and_without_noise_are_measured(self):
        rows = self.run_program("--cases", "N20_d1_B2_T100", "N20_d1_B2_T100_quiet", "--rounds", "3")
        self.assertEqual(len(rows), 4)
        row = rows["N20_d1_B2_T100_quiet", "well"]
        self.assertAlmostEqual(float(row["train_us_per_step"]), 100.0)
        self.assertAlmostEqual(float(row["forward_us_per_step"]), 25.0)
        self.assertEqual((row["rounds"], row["peak_bytes"], row["note"]), ("3", "4096", ""))
        self.assertIn("| N20_d1_B2_T100_quiet | 10.00 | 100.0, 10.0x |", self.text)
        self.assertIn("PyTorch, written well: 10.0 times as long to train, geometric mean of 2 cases.", self.text)

    def test_timings_that_others_disturb_do_not_count(self):
        # Before and after each of two timings. Others come during mrnn's second one of training, and stay for a while.
        Pretender.pace = list(reversed([1.0] * 8 + [1.0, 0.5] + [0.5] * 5))
        rows = self.run_program("--cases", "N20_d1_B2_T100", "--rounds", "3")
        mrnn, well = (rows["N20_d1_B2_T100", name] for name in ("mrnn", "well"))
        self.assertEqual((mrnn["rounds"], mrnn["calm"], well["rounds"], well["calm"]), ("3", "yes", "3", "yes"))
        for name in ("train_us_per_step", "train_us_per_step_least", "train_us_per_step_most"):
            self.assertAlmostEqual(float(mrnn[name]), 10.0)

    def test_patience_ends(self):
        Pretender.pace = list(reversed([1.0] + [0.5] * 10_000))
        with mock.patch("measure.Pace.SETTLE", 0.01):
            rows = self.run_program("--cases", "N20_d1_B2_T100", "--rounds", "3", "--patience", "0.05")
        row = rows["N20_d1_B2_T100", "mrnn"]
        self.assertEqual((row["rounds"], row["calm"]), ("3", "no"))

    def test_a_machine_that_others_use_all_the_time_is_said_to_be_disturbed(self):
        Pretender.pace = list(reversed([1.0] + [0.5] * 10_000))
        rows = self.run_program("--cases", "N20_d1_B2_T100", "--rounds", "2")
        row = rows["N20_d1_B2_T100", "well"]
        self.assertEqual((row["rounds"], row["calm"]), ("10", "no"))  # five tries for each
        self.assertAlmostEqual(float(row["train_us_per_step"]), 200.0)
        self.assertIn("| 10, disturbed |", self.text)

    def test_a_watcher_that_ends_is_said_and_started_again_for_the_next_case(self):
        # Of the first round, it sees mrnn's training and the moment before mrnn's forward pass.
        brief = "for answer in ('ready', 1, 1, 1): print(answer, flush=True); input()\nraise SystemExit('no memory')"
        watchers = [lambda: Pretender("watch", 2), lambda: started([sys.executable, "-c", brief])]
        with mock.patch("compare.watcher", lambda build: watchers.pop()()):
            rows = self.run_program("--cases", "N20_d1_B2_T100", "N20_d1_B4_T100", "--rounds", "3")
        self.assertIn("the watcher of the machine: ended with status 1: no memory; the times of this", self.screen)
        seen = {key: (row["rounds"], row["calm"], row["note"]) for key, row in rows.items()}
        self.assertEqual(seen["N20_d1_B2_T100", "mrnn"], ("1", "no", ""))
        self.assertEqual(seen["N20_d1_B2_T100", "well"], ("3", "no", ""))
        for name in ("mrnn", "well"):
            self.assertEqual(seen["N20_d1_B4_T100", name], ("3", "yes", ""))

    def test_without_a_watcher_engines_are_timed_and_count_as_disturbed(self):
        for command in ("start", "rate"):
            with self.subTest(command):
                Pretender.failing = {"watch": command}
                rows = self.run_program("--cases", "N20_d1_B2_T100", "N20_d1_B4_T100", "--rounds", "3")
                self.assertEqual(len(rows), 4)
                for row in rows.values():
                    self.assertEqual((row["rounds"], row["calm"], row["note"]), ("3", "no", ""))
                self.assertEqual(self.screen.count(f"the watcher of the machine: no luck with {command}; "), 2)

    def test_threads_are_chosen_once_on_a_shortened_case_with_noise(self):
        names = ["N20_d1_B2_T100", "N20_d1_B2_T100_quiet", "N20_d1_B2_T200"]
        rows = self.run_program("--cases", *names, engines=("mrnn", "well", "published"))
        self.assertEqual({rows[name, "well"]["threads"] for name in names}, {"1"})
        self.assertEqual({rows[name, "published"]["threads"] for name in names}, {"2"})
        for name in ("well", "published"):
            tried = [words[1:] for words in Pretender.opened if words[0] == name][:2]
            self.assertEqual(tried, [(1, "N20_d1_B2_T50"), (2, "N20_d1_B2_T50")])
            self.assertEqual(sum(words[0] == name for words in Pretender.opened), 2 + len(names))
        self.assertEqual(sum(words[0] == "reference" for words in Pretender.opened), 1)

    def test_short_steps_are_timed_several_in_a_row(self):
        self.run_program("--cases", "N20_d1_B2_T100", engines=("mrnn", "published"))
        counts = {(name, count) for name, case, count in Pretender.counts if case == "N20_d1_B2_T100"}
        self.assertEqual(counts, {("mrnn", 1), ("mrnn", 150), ("published", 1), ("published", 2)})

    def test_a_resumed_run_keeps_what_there_is_and_runs_the_rest(self):
        self.run_program("--cases", "N20_d1_B2_T100", "--rounds", "4")
        before = (self.output / "comparison.csv").read_text()
        Pretender.opened = []
        rows = self.run_program("--cases", "N20_d1_B2_T100", "N20_d1_B4_T100", "--resume")
        self.assertEqual(len(rows), 4)
        self.assertTrue((self.output / "comparison.csv").read_text().startswith(before))
        self.assertEqual({words[2] for words in Pretender.opened}, {"N20_d1_B4_T50", "N20_d1_B4_T100"})
        self.assertEqual(len(self.run_program("--cases", "N20_d1_B4_T100")), 2)  # begins anew

    def test_shares_are_of_the_best_that_the_machine_was_seen_to_do(self):
        self.run_program("--cases", "N20_d1_B2_T100", engines=("mrnn",))
        self.assertIn("1 GFLOP/s on one, 2 on all; 1.0 GB/s read", self.text)
        self.assertIn("| 24.0 |", self.text)  # 6 x 20^2 x 2 in 10 us, of 2e9 a second
        busy = {name: value / 2 for name, value in LIMITS.items() if "_" in name}
        with mock.patch("compare.machine", lambda build: LIMITS | busy):
            self.run_program("--cases", "N20_d1_B2_T100", "--resume", engines=("mrnn",))
            self.assertIn("| 24.0 |", self.text)
            self.run_program("--cases", "N20_d1_B2_T100", engines=("mrnn",))
            self.assertIn("| 48.0 |", self.text)

    def test_an_interrupted_run_leaves_the_cases_it_measured(self):
        with mock.patch("measure.Run.measure", interrupted_in("N20_d1_B4_T100")):
            rows = self.run_program("--cases", "N20_d1_B2_T100", "N20_d1_B4_T100", "N20_d1_B8_T100")
        self.assertEqual({case for case, _ in rows}, {"N20_d1_B2_T100"})
        self.assertIn("Not run, 2 in all: N20_d1_B4_T100, N20_d1_B8_T100.", self.text)

    def test_a_spent_budget_names_what_was_not_run(self):
        rows = self.run_program("--matrix", "--budget", "0")
        self.assertEqual(rows, {})
        self.assertIn("Not run, 160 in all: N256_d1_B64_T500, N400_d0.3_B64_T500, ", self.text)

    def test_a_case_that_does_not_fit_the_budget_does_not_keep_later_ones_away(self):
        # 5 s for each engine to begin and end; published needs 1.125 ms x 5,000 steps x (1 + 7) rounds = 45 s beside.
        names = ["N20_d1_B2_T5000", "N20_d1_B2_T10"]
        rows = self.run_program("--cases", *names, "--budget", "0.5", engines=("mrnn", "published"))
        self.assertEqual({case for case, _ in rows}, {"N20_d1_B2_T10"})
        self.assertIn("Not run, 1 in all: N20_d1_B2_T5000.", self.text)

    def test_an_engine_that_takes_too_long_is_left_out(self):
        rows = self.run_program("--cases", "N20_d1_B2_T100", "--longest", "20", engines=("mrnn", "jax"))
        self.assertEqual(rows["N20_d1_B2_T100", "jax"]["note"], "a training step would take 200 s")
        self.assertEqual(rows["N20_d1_B2_T100", "jax"]["rounds"], "")
        self.assertEqual(rows["N20_d1_B2_T100", "mrnn"]["rounds"], "7")
        self.assertIn("Not measured in N20_d1_B2_T100: JAX scan (a training step would take 200 s).", self.text)
        resumed = self.run_program("--cases", "N20_d1_B2_T100", "--resume", engines=("mrnn", "jax"))
        self.assertEqual(resumed, rows)

    def test_an_engine_that_takes_too_much_memory_is_left_out_before_it_begins(self):
        with mock.patch("measure.free_memory", lambda: 100_000):
            rows = self.run_program("--cases", "N20_d1_B2_T100")  # 10 arrays of 16 kB; one for mrnn
        self.assertEqual(rows["N20_d1_B2_T100", "well"]["note"], "needs about 0.0 GiB, 0.0 are free")
        self.assertEqual(rows["N20_d1_B2_T100", "mrnn"]["rounds"], "7")
        self.assertNotIn("well", {words[0] for words in Pretender.opened})

    def test_an_engine_that_fails_is_noted_and_the_others_go_on(self):
        for command in ("open", "gate", "train", "memory"):
            with self.subTest(command):
                Pretender.failing = {"well": command}
                rows = self.run_program("--cases", "N20_d1_B2_T10")
                self.assertEqual(rows["N20_d1_B2_T10", "well"]["note"], f"no luck with {command}")
                self.assertEqual(rows["N20_d1_B2_T10", "mrnn"]["rounds"], "7")

    def test_an_engine_that_cannot_run_here_is_named_once(self):
        Pretender.failing = {"well": "start"}
        rows = self.run_program("--cases", "N20_d1_B2_T10", "N20_d1_B4_T10")
        self.assertEqual({engine for _, engine in rows}, {"mrnn"})
        self.assertEqual(self.text.count("Absent: PyTorch, written well (no luck with start)."), 1)

    def test_nothing_is_timed_without_a_reference(self):
        Pretender.failing = {"reference": "start"}
        rows = self.run_program("--cases", "N20_d1_B2_T10")
        note = rows["N20_d1_B2_T10", "mrnn"]["note"]
        self.assertEqual(note, "there is no reference to check against: no luck with start")

    def test_wrong_numbers_leave_a_peer_out_and_end_the_run_for_mrnn(self):
        Pretender.wrong = ("well",)
        rows = self.run_program("--cases", "N20_d1_B2_T10")
        self.assertIn("no time is worth printing", rows["N20_d1_B2_T10", "well"]["note"])
        Pretender.wrong = ("mrnn",)
        with self.assertRaisesRegex(SystemExit, "mrnn differs from the reference by 1 in activity"):
            self.run_program("--cases", "N20_d1_B2_T10")

    def test_long_cases_have_two_rounds(self):
        rows = self.run_program("--cases", "N20_d1_B2_T30000", engines=("mrnn", "published"))  # 34 s a round
        self.assertEqual(rows["N20_d1_B2_T30000", "mrnn"]["rounds"], "2")


def started(command):
    engine = Engine("watch", command, environment(1))
    engine.receive()
    return engine


def interrupted_in(name):
    measured = measure.Run.measure

    def step(run, wanted):
        if run.timing.case.name == name:
            raise KeyboardInterrupt
        measured(run, wanted)

    return step


class Cases(unittest.TestCase):
    def test_names_say_whether_there_is_noise(self):
        for name in ("N256_d1_B64_T500", "N400_d0.3_B1_T100_quiet", "N350_loop_B64_T500_quiet", "N512_elman_B64_T100"):
            self.assertEqual(cases.Case.parse(name).name, name)
        self.assertEqual(cases.Case.parse("N256_d1_B64_T500_quiet").noise, 0.0)
        self.assertEqual(cases.Case.parse("N256_d1_B64_T500").noise, cases.NOISE)
        for name in ("N512_elman_B64_T100_quiet", "N256_d1_B64_T500_loud"):
            with self.assertRaisesRegex(ValueError, "is no case"):
                cases.Case.parse(name)

    def test_the_files_of_a_quiet_case_differ_in_their_noise_alone(self):
        texts, arrays = [], []
        for name in ("N20_d0.5_B2_T3", "N20_d0.5_B2_T3_quiet"):
            with tempfile.TemporaryDirectory() as folder:
                cases.write(cases.Case.parse(name), folder)
                texts.append((Path(folder) / "case.toml").read_text().splitlines()[1:])
                arrays.append(case_files.load(folder))
        loud, quiet = arrays
        self.assertEqual((loud.pop("noisy"), quiet.pop("noisy")), (True, False))
        for name, array in loud.items():
            np.testing.assert_array_equal(array, quiet[name])
        changed = [lines for lines in zip(*texts, strict=True) if lines[0] != lines[1]]
        self.assertEqual([line for _, line in changed], ["noise = { recurrent = 0.0, input = 0.0 }"])

    def test_the_matrix_begins_with_what_its_figure_shows(self):
        matrix = cases.matrix()
        self.assertEqual((len(matrix), len({case.name for case in matrix})), (160, 160))
        self.assertEqual(matrix[0].name, "N256_d1_B64_T500")
        self.assertTrue(all(case.steps == 500 and not case.quiet for case in matrix[:32]))
        for units in (100, 256, 350, 400, 1000, 2000):
            kinds = {(c.trials, c.steps, c.quiet) for c in matrix if c.units == units and not c.elman}
            self.assertEqual(len(kinds), 4 * 3 * 2)


class Report(unittest.TestCase):
    def test_bytes_of_a_time_step(self):
        case = cases.Case.parse("N20_d1_B2_T5")
        self.assertAlmostEqual(bytes_per_step(case, "forward"), 20 * 20 * 4)
        self.assertAlmostEqual(bytes_per_step(case, "train"), 2.2 * 20 * 20 * 4 + 2 * 20 * 2 * 4)

    def test_timings_come_back_from_their_file(self):
        case = cases.Case.parse("N20_d1_B2_T10_quiet")
        rounds = ([3e-3], [3e-3, 5e-3], [4e-3, 3e-3, 9e-3], [4e-3, 3e-3, 9e-3, 5e-3])
        timings = [Timing(case, "mrnn", 2, 0, times, times, 77, Errors(1e-7, 1e-6)) for times in rounds]
        timings += [Timing(case, "well", 1, 5, [1.0], [2.0]), Timing(case, "jax", note="takes, well, long")]
        timings += [Timing(case, "published", 1, 0, [1.0], [2.0], calm=False)]
        with tempfile.TemporaryDirectory() as folder:
            first, second = Path(folder) / "first.csv", Path(folder) / "second.csv"
            write_csv(first, timings)
            write_csv(second, read_csv(first))
            self.assertEqual(rows_of(first), rows_of(second))
            self.assertEqual(read_csv(Path(folder) / "none.csv"), [])

    def test_the_figure_of_the_matrix_is_drawn(self):
        try:
            from figures import figure
        except ImportError:
            self.skipTest("no matplotlib here")
        timings = []
        for case in cases.matrix():
            for number, name in enumerate(measure.wanted(case, ["mrnn", "well", "onednn"])):
                if (case.trials, name) != (256, "well"):
                    timings.append(Timing(case, name, train=[1e-3 * case.units * (1 + number)]))
        with tempfile.TemporaryDirectory() as folder:
            figure(timings, Path(folder) / "figure.png")
            self.assertGreater((Path(folder) / "figure.png").stat().st_size, 20_000)


def rows_of(file):
    """Numbers to eight digits."""

    def rounded(text):
        try:
            return f"{float(text):.8g}"
        except ValueError:
            return text

    with open(file, newline="") as rows:
        return [[rounded(text) for text in row] for row in csv.reader(rows)]


if __name__ == "__main__":
    unittest.main()
