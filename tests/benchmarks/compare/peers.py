"""The peers, each a process of its own that answers commands as engine.cpp does: train N, forward N, gate FILE, memory.

    python peers.py NAME CASE_FOLDER THREADS

All train on the same batch: mean squared error of a linear readout, Adam with PyTorch's defaults. Noise is drawn anew for
every step and unit, as mrnn does. Single precision; `reference` computes the gate's loss and gradients in double.
"""

import resource
import sys
import time
from pathlib import Path

import h5py
import numpy as np

from cases import DT, NOISE, TAU

ALPHA = DT / TAU


def load(folder):
    arrays = {}
    with h5py.File(Path(folder) / "case.h5") as file:
        for group in ("network", "trials"):
            for name, data in file[group].items():
                if isinstance(data, h5py.Dataset):
                    arrays[name] = data[:]
    text = (Path(folder) / "case.toml").read_text()
    arrays["elman"] = 'dynamics = "elman"' in text
    return arrays


class TorchPeer:
    """What the peers in PyTorch share. Effective weights are W = mask sign |V|, or V itself for the Elman case."""

    dtype = "float32"
    compile_step = False

    def __init__(self, folder):
        import torch

        self.torch = torch
        self.kind = getattr(torch, self.dtype)
        self.folder = folder
        a = load(folder)
        self.elman = a["elman"]
        tensor = lambda x: torch.tensor(x, dtype=self.kind)  # noqa: E731
        W = a["W_rec"]
        self.mask = tensor((W != 0).astype(float))
        self.sign = tensor(np.sign(np.where(np.sign(W.sum(0)) == 0, 1.0, np.sign(W.sum(0)))))
        parameter = torch.nn.Parameter
        self.V = parameter(tensor(W if self.elman else np.abs(W)))
        self.V_inp = parameter(tensor(a["W_inp"]))
        self.W_out = parameter(tensor(a["W_out"]))
        self.b_out = parameter(tensor(a["b_out"]))
        self.inputs, self.targets = tensor(a["inputs"]), tensor(a["targets"])
        self.trials, self.steps, _ = a["inputs"].shape
        self.units = W.shape[0]
        self.prepare()
        self.optimiser = torch.optim.Adam(self.parameters(), lr=1e-3)

    def prepare(self):
        pass

    def parameters(self):
        return [self.V, self.V_inp, self.W_out, self.b_out]

    def weights(self):
        if self.elman:
            return self.V * self.mask, self.V_inp
        return self.mask * self.sign * self.V.abs(), self.V_inp.abs()

    def loss(self, noise):
        h = self.run(noise)
        y = h @ self.W_out.T + self.b_out
        return ((y - self.target_order()) ** 2).mean()

    def target_order(self):
        """Targets in the order of run(): (time, trial, unit)."""
        return self.targets.transpose(0, 1)

    def train(self):
        self.optimiser.zero_grad(set_to_none=True)
        self.loss(noise=not self.elman).backward()
        self.optimiser.step()

    def forward(self):
        with self.torch.no_grad():
            self.run(noise=not self.elman)

    def gate(self, file):
        self.optimiser.zero_grad(set_to_none=True)
        loss = self.loss(noise=False)
        loss.backward()
        V, V_inp = self.gradients()
        parts = [np.array([loss.item()]), V.ravel(), V_inp.ravel()]
        np.concatenate([part.astype(np.float64) for part in parts]).tofile(file)

    def gradients(self):
        return self.V.grad.numpy(), self.V_inp.grad.numpy()


class Well(TorchPeer):
    """The same arithmetic written well: weights and input products once for all steps, noise of all steps in one call,
    addmm, a list of states that is stacked once."""

    def step(self, x, h, drive, W):
        torch = self.torch
        drive = torch.addmm(drive, h, W)
        x = drive if self.elman else torch.lerp(x, drive, ALPHA)
        return x, torch.relu(x)

    def run(self, noise):
        torch = self.torch
        W, W_inp = self.weights()
        W = W.T.contiguous()
        inputs = self.inputs.transpose(0, 1)  # (time, trial, channel)
        if noise:
            inputs = inputs + (2.0 / ALPHA) ** 0.5 * NOISE * torch.randn(inputs.shape, dtype=self.kind)
        drives = inputs @ W_inp.T
        if noise:
            drives = drives + (2.0 / ALPHA) ** 0.5 * NOISE * torch.randn(drives.shape, dtype=self.kind)
        x = torch.zeros(self.trials, self.units, dtype=self.kind)
        h = torch.relu(x)
        states = []
        step = self.compiled if self.compile_step else self.step
        for drive in drives.unbind(0):
            x, h = step(x, h, drive, W)
            states.append(h)
        return torch.stack(states)


class Compiled(Well):
    """The same with the step through torch.compile (the whole loop, unrolled, takes minutes to compile)."""

    compile_step = True

    def prepare(self):
        self.compiled = self.torch.compile(self.step, dynamic=False)


class Reference(Well):
    dtype = "float64"


class Published(TorchPeer):
    """mRNNTorch as published: its module, with a linear readout."""

    def prepare(self):
        from mrnntorch.mrnn.leaky_mrnn import mRNN

        torch = self.torch
        constrained = not self.elman
        self.model = mRNN(
            config=str(Path(self.folder) / "network.json"),
            activation="relu",
            noise_level_act=NOISE,
            noise_level_inp=NOISE,
            rec_constrained=constrained,
            inp_constrained=constrained,
            device="cpu",
            dt=DT,
            tau=TAU,
        )
        with torch.no_grad():
            self.model.W_rec.copy_(self.V)
            self.model.W_inp.copy_(self.V_inp)
        self.x0 = torch.zeros(self.trials, self.units)

    def parameters(self):
        return [self.model.W_rec, self.model.W_inp, self.W_out, self.b_out]

    def target_order(self):
        return self.targets  # (trial, time, unit)

    def run(self, noise):
        return self.model(self.inputs, self.x0, noise=noise)[1]

    def gradients(self):
        return self.model.W_rec.grad.numpy(), self.model.W_inp.grad.numpy()


class TorchRnn(TorchPeer):
    """torch.nn.RNN, for the Elman case only."""

    def prepare(self):
        torch = self.torch
        self.rnn = torch.nn.RNN(self.inputs.shape[2], self.units, nonlinearity="relu", bias=False)
        with torch.no_grad():
            self.rnn.weight_hh_l0.copy_(self.V)
            self.rnn.weight_ih_l0.copy_(self.V_inp)

    def parameters(self):
        return [self.rnn.weight_hh_l0, self.rnn.weight_ih_l0, self.W_out, self.b_out]

    def run(self, noise):
        return self.rnn(self.inputs.transpose(0, 1))[0]

    def gradients(self):
        return self.rnn.weight_hh_l0.grad.numpy(), self.rnn.weight_ih_l0.grad.numpy()


class Products(TorchPeer):
    """Nothing but the products of a step, dense, by the library of PyTorch: W h, W^T delta, and the weight gradient in
    one product over all steps. What a loop over library calls cannot go below."""

    def prepare(self):
        torch = self.torch
        self.h = torch.rand(self.steps, self.trials, self.units)
        self.W, self.out = self.V.detach().T.contiguous(), torch.empty(self.trials, self.units)

    def forward(self):
        for t in range(self.steps):
            self.torch.mm(self.h[t], self.W, out=self.out)

    def train(self):
        self.forward()
        W = self.W.T
        for t in range(self.steps):
            self.torch.mm(self.h[t], W, out=self.out)
        flat = self.h.reshape(-1, self.units)
        flat.T @ flat


PEERS = {
    "published": Published,
    "well": Well,
    "compiled": Compiled,
    "nn_rnn": TorchRnn,
    "products": Products,
    "reference": Reference,
}


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def main():
    name, folder, threads = sys.argv[1:4]
    import torch

    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    before = resident()
    peer = PEERS[name](folder)
    print("ready", flush=True)
    for line in sys.stdin:
        command, *rest = line.split()
        if command == "memory":
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            print(max(0, peak - before), flush=True)
        elif command == "gate":
            peer.gate(rest[0])
            print("done", flush=True)
        else:
            action = peer.train if command == "train" else peer.forward
            start = time.perf_counter()
            for _ in range(int(rest[0])):
                action()
            print((time.perf_counter() - start) / int(rest[0]), flush=True)


if __name__ == "__main__":
    main()
