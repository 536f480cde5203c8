"""Reads what cases.py writes."""

from pathlib import Path

import h5py
import numpy as np

from cases import DT, NOISE, TAU

ALPHA = DT / TAU
NOISE_OF_DRIVE = (2.0 / ALPHA) ** 0.5 * NOISE  # both noises enter the drive, which alpha scales


def load(folder, steps=None):
    """Arrays of a case by name, `mask` and `sign` of the weights, `elman`, `noisy`; the first `steps` of each trial."""
    arrays = {}
    with h5py.File(Path(folder) / "case.h5") as file:
        for group in ("network", "trials"):
            for name, data in file[group].items():
                if isinstance(data, h5py.Dataset):
                    arrays[name] = data[:]
    arrays["inputs"], arrays["targets"] = arrays["inputs"][:, :steps], arrays["targets"][:, :steps]
    W = arrays["W_rec"]
    arrays["mask"] = (W != 0).astype(float)
    arrays["sign"] = np.where(W.sum(0) < 0, -1.0, 1.0)
    configuration = (Path(folder) / "case.toml").read_text()
    arrays["elman"] = 'dynamics = "elman"' in configuration
    arrays["noisy"] = "recurrent = 0.0," not in configuration
    return arrays


def write_gate(file, *parts):
    """Loss, h of the last step [trials x units], gradients of W_rec and of W_inp."""
    np.concatenate([np.asarray(part, dtype=np.float64).ravel() for part in parts]).tofile(file)


def resident_peak():
    """Bytes of this process at its peak; getrusage() counts that of the process which started it as well."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:"))


def resident():
    import resource

    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
