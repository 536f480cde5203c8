"""Loads a finished run and redraws two of its figures: python redraw_figures.py RUN_FOLDER [OUTPUT_FOLDER]

The cells (# %%) open as a notebook in Jupyter, VS Code or Spyder. Needs h5py, numpy and matplotlib.
"""

# %% What is in the run
import sys
from pathlib import Path

import h5py
import matplotlib

matplotlib.use("Agg")  # draw to files; leave this line out in a notebook
import matplotlib.pyplot as plt
import numpy as np

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/cbgtcl")
output = Path(sys.argv[2]) if len(sys.argv) > 2 else folder

# The first eight colours of mrnn's figures: those of Okabe & Ito (2008), told apart with impaired colour vision, with
# olive for their yellow and dark grey for their black. Regions take theirs in the network's order.
palette = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#949426", "#555555"]

results = h5py.File(folder / "results.h5")
dt = results["network"].attrs["dt"]  # ms
structure = results["network/structure"]
regions = {
    name: slice(start, start + units)
    for name, start, units in zip(
        structure["region_name"].asstr()[:], structure["region_start"][:], structure["region_units"][:]
    )
}
print("simulations:", ", ".join(results["simulations"]))
print("analyses:   ", ", ".join(results.get("analyses", {})))

# %% Figure 1: mean activity of each region by condition, from the activity itself
simulation = results["simulations/control"]
h = simulation["h"][:]  # (trial, time, unit)
time = dt * simulation["steps"][:]
condition = simulation["trials/condition"].asstr()[:]

figure, panels = plt.subplots(1, len(regions), figsize=(2.6 * len(regions), 2.4), sharex=True, layout="constrained")
for panel, (name, units) in zip(np.atleast_1d(panels), regions.items()):
    for colour, value in zip(palette, sorted(set(condition))):
        of_trial = h[condition == value][:, :, units].mean(axis=2)  # (trial, time)
        mean = of_trial.mean(axis=0)
        sem = of_trial.std(axis=0, ddof=min(1, len(of_trial) - 1)) / np.sqrt(len(of_trial))
        panel.plot(time, mean, color=colour, label=value)
        panel.fill_between(time, mean - sem, mean + sem, color=colour, alpha=0.3, linewidth=0)
    panel.set(title=name, xlabel="time (ms)")
np.atleast_1d(panels)[0].set_ylabel("activity h")
np.atleast_1d(panels)[-1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5), frameon=False)
figure.savefig(output / "activity.pdf")
figure.savefig(output / "activity.png", dpi=200)

# %% Figure 2: eigenvalues of the linearised network, from an analysis
spectra = [group for group in results.get("analyses", {}).values() if "eigenvalues_real" in group and "states" in group]
figure, panel = plt.subplots(figsize=(3.4, 3.2), layout="constrained")
for group in spectra[:1]:
    states = group["states"].asstr()[:]  # simulation, trial and step of each
    real, imaginary = group["eigenvalues_real"][:], group["eigenvalues_imag"][:]  # (state, eigenvalue)
    for colour, state, x, y in zip(palette, states, real, imaginary):
        panel.plot(x, y, ".", color=colour, markersize=4, label=state)
    print("units of the eigenvalues:", group["eigenvalues_real"].attrs["units"])
panel.add_patch(plt.Circle((0.0, 0.0), 1.0, fill=False, color="0.6"))
panel.set(xlabel="real part", ylabel="imaginary part", aspect="equal")
panel.legend(loc="upper center", bbox_to_anchor=(0.5, -0.25), frameon=False, fontsize=6)
figure.savefig(output / "spectrum.pdf")
figure.savefig(output / "spectrum.png", dpi=200)
print("drawn:", output / "activity.png", "and", output / "spectrum.png")
