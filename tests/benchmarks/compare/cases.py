"""The networks that are timed, as files that every engine reads: a network in mRNNTorch's JSON, its weights and trials in
HDF5, and mrnn's configuration."""

import json
from dataclasses import dataclass
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

    @property
    def name(self):
        kind = "loop" if self.loop else "elman" if self.elman else f"d{self.density:g}"
        return f"N{self.units}_{kind}_B{self.trials}_T{self.steps}"

    @property
    def flops_forward(self):
        """Multiply-adds of one time step, counted twice, of the blocks that are present."""
        return 2.0 * self.units**2 * self.trials * present_share(self)


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
    regions = [(f"r{k}", case.units // count, k % 5 == 4) for k in range(count)]
    pairs = [(a[0], b[0]) for a in regions for b in regions]
    chosen = np.random.default_rng(1).permutation(len(pairs))[: round(case.density * len(pairs))]
    return regions, [pairs[k] for k in sorted(chosen)]


def present_share(case):
    regions, pairs = structure(case)
    sizes = {name: units for name, units, _ in regions}
    return sum(sizes[a] * sizes[b] for a, b in pairs) / case.units**2


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
    dynamics = "elman" if case.elman else "leaky"
    noise = 0.0 if case.elman else NOISE
    dale = "none" if case.elman else "abs"
    (folder / "case.toml").write_text(f"""# {case.name}
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
noise = {{ recurrent = {noise}, input = {noise} }}

[[output]]
name = "out"
units = {OUTPUTS}

[task]
plugin = "dataset"
file = "case.h5"
group = "trials"

[[simulation]]
name = "batch"
trials = {case.trials}
""")
    return arrays


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
    radius = np.abs(np.linalg.eigvals(W)).max() if case.units <= 400 else 0.6 * np.sqrt((W**2).sum(1).max())
    W *= (0.8 if case.elman else 0.9) / radius
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
