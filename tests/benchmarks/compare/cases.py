"""The networks that are timed, as files that every engine reads: a network in mRNNTorch's JSON, its weights and trials
in HDF5, and mrnn's configuration."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np

INPUTS, OUTPUTS = 3, 3
DT, TAU = 10.0, 100.0
NOISE = 0.05


@dataclass(frozen=True)
class Case:
    """N units in ten regions (fewer where N is small), of whose pairs a share `density` is connected."""

    units: int
    density: float
    trials: int
    steps: int
    loop: bool = False  # the cortex - basal ganglia - thalamus loop in place of random pairs
    elman: bool = False  # alpha = 1, no noise: what nn.RNN computes
    quiet: bool = False  # without noise, which an Elman network never has

    @classmethod
    def parse(cls, name):
        """The case of a name: N256_d1_B64_T1000, N256_d1_B64_T1000_quiet, N350_loop_B64_T1000, N512_elman_B64_T1000."""
        found = re.fullmatch(r"N(\d+)_(d[\d.]+|loop|elman)_B(\d+)_T(\d+)(_quiet)?", name)
        if not found or (found[2] == "elman" and found[5]):
            raise ValueError(f"{name} is no case; N256_d1_B64_T1000, N350_loop_B64_T1000, N512_elman_B64_T1000 are")
        units, kind, trials, steps, quiet = found.groups()
        density = float(kind[1:]) if kind.startswith("d") else 1.0
        return cls(int(units), density, int(trials), int(steps), kind == "loop", kind == "elman", bool(quiet))

    @property
    def network(self):
        kind = "loop" if self.loop else "elman" if self.elman else f"d{self.density:g}"
        return f"N{self.units}_{kind}"

    @property
    def name(self):
        return f"{self.network}_B{self.trials}_T{self.steps}{'_quiet' if self.quiet else ''}"

    @property
    def noise(self):
        return 0.0 if self.quiet or self.elman else NOISE

    @property
    def flops_forward(self):
        """Multiply-adds of one time step, counted twice, of the blocks that are present."""
        return 2.0 * self.units**2 * self.trials * present_share(self)

    def shortened(self, steps):
        """The same with so many steps at most, and with noise where the network can have it."""
        return replace(self, steps=min(self.steps, steps), quiet=False)


# The four cases that the goals are stated for.
HEADLINE = [
    Case(100, 1.0, 64, 100),
    Case(256, 1.0, 64, 500),
    Case(400, 0.3, 64, 200),
    Case(1000, 0.25, 256, 50),
]
MORE = [
    Case(350, 0.3, 64, 500, loop=True),
    Case(256, 1.0, 16, 500),
    Case(256, 1.0, 256, 100),
    Case(100, 1.0, 1, 2000),
    Case(1000, 1.0, 1, 100),
    Case(1000, 1.0, 64, 50),
    Case(2000, 1.0, 64, 20),
    Case(256, 1.0, 64, 500, elman=True),
]


def matrix():
    """Every network with every number of trials and of steps, with noise and without, the most telling cases first:
    those of 500 steps, with noise; then without; then shorter and at last longer trials. Elman networks have neither
    noise nor long trials."""
    networks = [
        Case(256, 1.0, 64, 500),
        Case(400, 0.3, 64, 500),
        Case(1000, 0.25, 64, 500),
        Case(100, 1.0, 64, 500),
        Case(350, 0.3, 64, 500, loop=True),
        Case(2000, 1.0, 64, 500),
        Case(256, 1.0, 64, 500, elman=True),
        Case(512, 1.0, 64, 500, elman=True),
    ]
    planes = [(500, False), (500, True), (100, False), (100, True), (2000, False), (2000, True)]
    return [
        replace(network, trials=trials, steps=steps, quiet=quiet)
        for steps, quiet in planes
        for trials in (64, 256, 1, 16)
        for network in networks
        if not (network.elman and (quiet or steps == 2000))
    ]


# The cases of the goals on a GPU, the most telling first.
GPU = [
    Case(256, 1.0, 64, 1000),
    Case(512, 1.0, 64, 1000),
    Case(100, 1.0, 64, 1000),
    Case(1024, 1.0, 256, 200),
    Case(1024, 0.25, 256, 200),
    Case(512, 1.0, 64, 1000, elman=True),
    Case(350, 0.3, 64, 1000, loop=True),
    Case(2048, 1.0, 1024, 20),
]

LOOP_SIZES = [("striatum", 100), ("gpe", 50), ("stn", 50), ("snr", 50), ("thal", 50), ("alm_exc", 35), ("alm_inh", 15)]
LOOP_PAIRS = [
    ("striatum", "striatum"), ("striatum", "gpe"), ("striatum", "snr"), ("gpe", "stn"), ("stn", "snr"), ("snr", "thal"),
    ("thal", "striatum"), ("thal", "alm_exc"), ("thal", "alm_inh"), ("alm_exc", "alm_exc"), ("alm_exc", "alm_inh"),
    ("alm_inh", "alm_exc"), ("alm_inh", "alm_inh"), ("alm_exc", "striatum"),
]  # fmt: skip
LOOP_INHIBITORY = {"striatum", "gpe", "snr", "alm_inh"}


def structure(case):
    """(regions as (name, units, inhibitory), pairs that are connected)."""
    if case.loop:
        return [(name, units, name in LOOP_INHIBITORY) for name, units in LOOP_SIZES], LOOP_PAIRS
    count = 1 if case.elman else 10
    sizes = [case.units // count + (k < case.units % count) for k in range(count)]
    regions = [(f"r{k}", sizes[k], k % 5 == 4) for k in range(count)]
    pairs = [(a[0], b[0]) for a in regions for b in regions]
    chosen = np.random.default_rng(1).permutation(len(pairs))[: round(case.density * len(pairs))]
    return regions, [pairs[k] for k in sorted(chosen)]


def present_share(case):
    regions, pairs = structure(case)
    sizes = {name: units for name, units, _ in regions}
    return sum(sizes[a] * sizes[b] for a, b in pairs) / case.units**2


def configuration(case):
    """Of mrnn."""
    dynamics = "elman" if case.elman else "leaky"
    dale = "none" if case.elman else "abs"
    return f"""# {case.name}
experiment = {{ name = "benchmark", seed = 1 }}
backend = {{ precision = "float32" }}

[network]
file = "network.json"
weights = "case.h5"
dynamics = "{dynamics}"
activation = "relu"
dt = {DT}
tau = {TAU}
dale = "{dale}"
noise = {{ recurrent = {case.noise}, input = {case.noise} }}

[[output]]
name = "out"
units = {OUTPUTS}

[task]
plugin = "dataset"
file = "case.h5"
group = "trials"
shuffle = false

[[simulation]]
name = "batch"
trials = {case.trials}
"""


def write(case, folder):
    """Writes the files of a case and returns what the peers need of it."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    regions, pairs = structure(case)
    sign = lambda inhibitory: "neg" if inhibitory else "pos"  # noqa: E731
    network = {
        "recurrent_regions": [{"name": n, "num_units": u, "sign": sign(i)} for n, u, i in regions],
        "input_regions": [{"name": "cue", "num_units": INPUTS, "sign": "pos"}],
        "recurrent_connections": [{"src_region": a, "dst_region": b} for a, b in pairs],
        "input_connections": [{"src_region": "cue", "dst_region": n} for n, _, _ in regions],
    }
    (folder / "network.json").write_text(json.dumps(network, indent=1))
    arrays = draw(case, regions, pairs)
    with h5py.File(folder / "case.h5", "w") as file:
        file.attrs["format_version"] = 1
        for name in ("W_rec", "W_inp", "W_out", "b_out"):
            file[f"network/{name}"] = arrays[name]
        for name in ("inputs", "targets"):
            file[f"trials/{name}"] = arrays[name]
    (folder / "case.toml").write_text(configuration(case))
    return arrays


def spectral_radius(W):
    """By how much W lengthens a vector a step in the long run. Within a few per cent, and quick where W is large."""
    x = np.random.default_rng(3).normal(size=len(W))
    lengths = []
    for _ in range(200):
        x = W @ x
        lengths.append(np.linalg.norm(x))
        x /= lengths[-1]
    return np.exp(np.log(lengths[50:]).mean())


def draw(case, regions, pairs):
    random = np.random.default_rng(2)
    start, at = {}, 0
    for name, units, _ in regions:
        start[name], at = at, at + units
    size = {name: units for name, units, _ in regions}
    inhibitory = {name: i for name, _, i in regions}
    W = np.zeros((case.units, case.units))
    mask = np.zeros_like(W)
    column_sign = np.ones(case.units)
    for name, units, i in regions:
        column_sign[start[name] : start[name] + units] = -1.0 if i else 1.0
    for a, b in pairs:
        rows, columns = slice(start[b], start[b] + size[b]), slice(start[a], start[a] + size[a])
        mask[rows, columns] = 1.0
        gain = 4.0 if inhibitory[a] else 1.0  # about as much inhibition as excitation
        W[rows, columns] = gain * random.uniform(0.0, 1.0, (size[b], size[a]))
    if case.elman:
        W = random.normal(size=W.shape)
    else:
        W *= column_sign
    W *= (0.8 if case.elman else 0.9) / spectral_radius(W)
    sequence = lambda channels: random.uniform(0.0, 1.0, (case.trials, case.steps, channels))  # noqa: E731
    return {
        "W_rec": W,
        "mask": mask,
        "sign": column_sign,
        "W_inp": random.uniform(0.0, 0.3, (case.units, INPUTS)),
        "W_out": random.normal(0.0, 1.0 / np.sqrt(case.units), (OUTPUTS, case.units)),
        "b_out": np.zeros(OUTPUTS),
        "inputs": sequence(INPUTS),
        "targets": sequence(OUTPUTS),
    }
