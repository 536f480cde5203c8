"""The peers in PyTorch, on a processor or on a GPU."""

import gc
from pathlib import Path

import torch

from case_files import ALPHA, DT, NOISE, NOISE_OF_DRIVE, TAU, load, resident, resident_peak, write_gate


class TorchPeer:
    """What they share. Effective weights are W = mask sign |V|, or V itself for the Elman case."""

    kind = torch.float32
    optimiser_options = {}
    device = torch.device("cpu")
    before = 0

    @classmethod
    def start(cls, device, threads):
        torch.set_num_threads(threads)
        torch.manual_seed(1)
        torch.set_float32_matmul_precision("highest")
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        if device == "cuda":
            if not torch.cuda.is_available():
                raise RuntimeError("PyTorch sees no GPU")
            torch.zeros(1, device="cuda")  # the context is made here, before anything is timed
        cls.device = torch.device(device)
        cls.before = resident()

    @classmethod
    def describe(cls):
        found = {"torch": torch.__version__}
        if cls.device.type == "cuda":
            properties = torch.cuda.get_device_properties(cls.device)
            found |= {
                "cuda": torch.version.cuda,
                "cudnn": torch.backends.cudnn.version(),
                "processors": properties.multi_processor_count,
                "capability": [properties.major, properties.minor],
            }
        return found

    @classmethod
    def clear_memory(cls):
        gc.collect()
        if cls.device.type == "cuda":
            torch.cuda.synchronize()
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()

    def __init__(self, folder, steps):
        self.folder = folder
        a = load(folder, steps)
        self.elman, self.noisy = a["elman"], a["noisy"]
        tensor = lambda x: torch.tensor(x, dtype=self.kind, device=self.device)  # noqa: E731
        self.mask, self.sign = tensor(a["mask"]), tensor(a["sign"])
        parameter = torch.nn.Parameter
        self.V = parameter(tensor(a["W_rec"]) if self.elman else tensor(a["W_rec"]).abs())
        self.V_inp = parameter(tensor(a["W_inp"]))
        self.W_out = parameter(tensor(a["W_out"]))
        self.b_out = parameter(tensor(a["b_out"]))
        self.batch = [torch.tensor(a[name], dtype=self.kind) for name in ("inputs", "targets")]
        if self.device.type == "cuda":
            self.batch = [array.pin_memory() for array in self.batch]
        self.inputs, self.targets = (torch.empty_like(array, device=self.device) for array in self.batch)
        self.load()
        self.trials, self.steps, _ = a["inputs"].shape
        self.units = len(a["W_rec"])
        self.prepare()
        self.optimiser = torch.optim.Adam(self.parameters(), lr=1e-3, **self.adam())

    def prepare(self):
        pass

    def drop(self):
        """Lets go of what the collector would not."""

    def adam(self):
        return {}

    def load(self):
        for here, there in zip((self.inputs, self.targets), self.batch, strict=True):
            here.copy_(there, non_blocking=True)

    def wait(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def memory(self):
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated()
        return max(0, resident_peak() - self.before)

    def parameters(self):
        return [self.V, self.V_inp, self.W_out, self.b_out]

    def weights(self):
        if self.elman:
            return self.V * self.mask, self.V_inp
        return self.mask * self.sign * self.V.abs(), self.V_inp.abs()

    def outputs(self, h):
        return h @ self.W_out.T + self.b_out

    def loss(self, h):
        return ((self.outputs(h) - self.target_order()) ** 2).mean()

    def target_order(self):
        """Targets in the order of run(): (time, trial, unit)."""
        return self.targets.transpose(0, 1)

    def last(self, h):
        """h of the last step."""
        return h[-1]

    def train(self):
        self.load()
        self.step_of_training()

    def step_of_training(self):
        self.optimiser.zero_grad(set_to_none=True)
        self.loss(self.run(self.noisy)).backward()
        self.optimiser.step()

    def forward(self):
        with torch.no_grad():
            self.outputs(self.run(self.noisy))

    def gate(self, file):
        loss, h = self.quiet_gradients()
        write_gate(file, *(x.detach().cpu().numpy() for x in (loss, h, *self.gradients())))

    def quiet_gradients(self):
        """Loss and h of the last step without noise; gradients to the parameters."""
        self.optimiser.zero_grad(set_to_none=True)
        h = self.run(noise=False)
        loss = self.loss(h)
        loss.backward()
        return loss.detach(), self.last(h).detach()

    def gradients(self):
        """Of W_rec and W_inp."""
        return [parameter.grad for parameter in self.parameters()[:2]]


class Well(TorchPeer):
    """The same arithmetic written well: weights and input products once for all steps, noise of all steps in one call,
    addmm, a list of states that is stacked once."""

    def adam(self):
        return {"fused": True} if self.device.type == "cuda" else {}

    def one_step(self, x, h, drive, W):
        drive = torch.addmm(drive, h, W)
        x = drive if self.elman else torch.lerp(x, drive, ALPHA)
        return x, torch.relu(x)

    def step_function(self):
        return self.one_step

    def start_state(self):
        return torch.zeros(self.trials, self.units, dtype=self.kind, device=self.device)

    def run(self, noise):
        W, W_inp = self.weights()
        W = W.T.contiguous()
        inputs = self.inputs.transpose(0, 1)  # (time, trial, channel)
        if noise:
            inputs = inputs + NOISE_OF_DRIVE * torch.randn_like(inputs)
        drives = inputs @ W_inp.T
        if noise:
            drives = drives + NOISE_OF_DRIVE * torch.randn_like(drives)
        x = self.start_state()
        h = torch.relu(x)
        states = []
        step = self.step_function()
        for drive in drives.unbind(0):
            x, h = step(x, h, drive, W)
            states.append(h)
        return torch.stack(states)


class Reference(Well):
    kind = torch.float64


class Compiled(Well):
    """The same with the step through torch.compile (the whole loop, unrolled, takes minutes to compile)."""

    def prepare(self):
        torch.compiler.reset()  # so that cases do not count as recompilations of one another
        self.compiled = torch.compile(self.one_step, dynamic=False)

    def step_function(self):
        return self.compiled

    def start_state(self):
        # The first step is then compiled as all others are.
        return super().start_state().requires_grad_(torch.is_grad_enabled())


class Captured:
    """The work of a peer captured as CUDA graphs: the forward pass, and the training step with backward pass and Adam.
    Noise comes from PyTorch's generator, which moves on at each replay. The gate is captured too."""

    graphs = None

    @classmethod
    def start(cls, device, threads):
        if device != "cuda":
            raise RuntimeError("CUDA graphs need a GPU")
        super().start(device, threads)

    def adam(self):
        return {"fused": True, "capturable": True}

    def drop(self):
        torch.cuda.synchronize()
        self.graphs = None

    def replay(self, name, work, warm=1):
        """Runs work() from its graph, which the first call makes; returns what work() returned."""
        if self.graphs is None:
            self.graphs = {}
        if name not in self.graphs:
            self.graphs[name] = self.capture(work, warm)
        graph, result = self.graphs[name]
        graph.replay()
        return result

    def capture(self, work, warm):
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(warm):
                work()
        torch.cuda.current_stream().wait_stream(side)
        torch.cuda.synchronize()
        gc.collect()
        self.optimiser.zero_grad(set_to_none=True)  # gradients then live in the memory of the graph
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            result = work()
        return graph, result

    def quiet_work(self):
        return *super().quiet_gradients(), *self.gradients()

    def gate(self, file):
        results = self.replay("gate", self.quiet_work)
        torch.cuda.synchronize()
        write_gate(file, *(x.detach().cpu().numpy() for x in results))
        del results
        self.drop()

    def step_of_training(self):
        self.replay("train", super().step_of_training, warm=2)

    def forward(self):
        self.replay("forward", self.forward_work)

    def forward_work(self):
        with torch.no_grad():
            return self.outputs(self.run(self.noisy))


class Graph(Captured, Well):
    """Written well, captured."""


class CompiledGraph(Captured, Compiled):
    """Its step compiled, captured."""


class Published(TorchPeer):
    """mRNNTorch itself, its module as published, with a linear readout."""

    @classmethod
    def start(cls, device, threads):
        from mrnntorch.mrnn.leaky_mrnn import mRNN

        super().start(device, threads)
        cls.module = mRNN

    def prepare(self):
        if self.elman:
            raise RuntimeError("its leaky network is what is measured")
        self.model = self.module(
            config=str(Path(self.folder) / "network.json"),
            activation="relu",
            noise_level_act=NOISE,
            noise_level_inp=NOISE,
            device=str(self.device),
            dt=DT,
            tau=TAU,
        )
        with torch.no_grad():
            self.model.W_rec.copy_(self.V)
            self.model.W_inp.copy_(self.V_inp)
        self.x0 = torch.zeros(self.trials, self.units, device=self.device)

    def parameters(self):
        return [self.model.W_rec, self.model.W_inp, self.W_out, self.b_out]

    def target_order(self):
        return self.targets  # (trial, time, unit)

    def last(self, h):
        return h[:, -1]

    def run(self, noise):
        return self.model(self.inputs, self.x0, noise=noise)[1]


class TorchRnn(TorchPeer):
    """torch.nn.RNN, for the Elman case only."""

    def prepare(self):
        if not self.elman:
            raise RuntimeError("it computes the Elman case only")
        channels = self.inputs.shape[2]
        self.rnn = torch.nn.RNN(channels, self.units, nonlinearity="relu", bias=False, device=self.device)
        with torch.no_grad():
            self.rnn.weight_hh_l0.copy_(self.V)
            self.rnn.weight_ih_l0.copy_(self.V_inp)

    def parameters(self):
        return [self.rnn.weight_hh_l0, self.rnn.weight_ih_l0, self.W_out, self.b_out]

    def run(self, noise):
        return self.rnn(self.inputs.transpose(0, 1))[0]


class Products(TorchPeer):
    """Nothing but the products of a step, dense, by the library of PyTorch: W h, W^T delta, and the weight gradient in
    one product over all steps. What a loop over library calls cannot go below."""

    def prepare(self):
        self.h = torch.rand(self.steps, self.trials, self.units, device=self.device)
        self.W = self.V.detach().T.contiguous()
        self.out = torch.empty(self.trials, self.units, device=self.device)

    def forward(self):
        for t in range(self.steps):
            torch.mm(self.h[t], self.W, out=self.out)

    def step_of_training(self):
        self.forward()
        W = self.W.T
        for t in range(self.steps):
            torch.mm(self.h[t], W, out=self.out)
        flat = self.h.reshape(-1, self.units)
        flat.T @ flat
