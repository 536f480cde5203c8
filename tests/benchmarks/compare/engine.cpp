// mrnn as one of the engines of the comparisons: reads commands from stdin, answers each with one line.
//
//   open FOLDER  the case of a folder (cases.py): `done`
//   gate FILE    without noise, to a file of doubles: loss, h of the last step [trials x N], dW_rec [N x N], dW_inp [N
//   x I] train N      N training steps (load, forward, backward, Adam): seconds a step forward N    N forward passes of
//   the loaded trials, outputs y of all steps recorded: seconds a pass memory       bytes at the peak, less what was
//   resident before `open`; what the backend plans where it is not eigen describe     the device, as JSON
//
// A device may run on after forward() has returned, so the time of N passes ends with one reading of the last one's y;
// update() waits by itself, since it returns a norm.
//
// Usage: compare_engine [--backend NAME] [--plugins FOLDER] [--recompute]

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

#include "mrnn/eigen_backend.hpp"
#include "mrnn/experiment.hpp"
#include "mrnn/optimiser.hpp"

namespace {

using mrnn::Index;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::size_t peak_bytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

struct Options {
  std::string backend = "eigen";
  std::string plugins = MRNN_PLUGINS_DIR;
  bool recompute = false;
};

class Engine {
 public:
  Engine(const std::string& folder, const mrnn::Runtime& runtime, const Options& options)
      : before_(resident_bytes()),
        experiment_(mrnn::ConfigNode::read_file(folder + "/case.toml"), runtime, {{}, options.backend, {}, {}}),
        trials_(experiment_.trials_of(experiment_.simulations().front())) {
    const auto root = static_cast<Index>(std::ceil(std::sqrt(static_cast<double>(trials_.steps))));
    record_.backward_every = options.recompute ? root : 1;
    session_ = experiment_.backend().open(experiment_.network(), experiment_.session_options());
    session_->write_parameters(experiment_.parameters());
    session_->load(trials_);
  }

  void train() {
    session_->load(trials_);
    session_->forward(record_, mrnn::Noise::on);
    session_->backward({});
    session_->update({{}, 1e-3, ++number_});
    for (std::uint64_t& id : trials_.ids) id += static_cast<std::uint64_t>(trials_.count);
    loaded_ = false;
  }

  void forward(int count) {
    mrnn::Record outputs;
    outputs.y = true;
    for (int k = 0; k < count; ++k) session_->forward(outputs, mrnn::Noise::on);
    session_->read_activity_float(mrnn::Quantity::y);
  }

  /// After update() a session wants its trials again.
  void load_if_needed() {
    if (!loaded_) session_->load(trials_);
    loaded_ = true;
  }

  void gate(const std::string& file) {
    load_if_needed();
    mrnn::Record end;
    end.h = true;
    end.steps = {trials_.steps - 1, trials_.steps};
    session_->forward(end, mrnn::Noise::off);
    const Eigen::MatrixXd activity = session_->read_activity(mrnn::Quantity::h).at(0).transpose();
    session_->forward(record_, mrnn::Noise::off);
    const double loss = session_->backward({}).total;
    const mrnn::Parameters gradients = session_->read_gradients();
    const mrnn::Network& network = experiment_.network();
    std::ofstream out(file, std::ios::binary);
    const auto write = [&out](const Eigen::MatrixXd& matrix) {
      const Eigen::MatrixXd rows = matrix.transpose();
      out.write(reinterpret_cast<const char*>(rows.data()), rows.size() * static_cast<Index>(sizeof(double)));
    };
    write(Eigen::MatrixXd::Constant(1, 1, loss));
    write(activity);
    write(mrnn::dense(network.recurrent_blocks(), gradients.recurrent, network.units(), network.units()));
    write(mrnn::dense(network.input_blocks(), gradients.input, network.units(), network.inputs()));
  }

  std::size_t memory() const {
    const mrnn::Backend& backend = experiment_.backend();
    if (backend.name() != "eigen") {
      return backend.memory(experiment_.network(), experiment_.session_options(), trials_.count, trials_.steps,
                            record_);
    }
    return peak_bytes() > before_ ? peak_bytes() - before_ : 0;
  }

  std::string device() const { return experiment_.backend().device(experiment_.session_options()); }

 private:
  std::size_t before_ = 0;
  mrnn::Experiment experiment_;
  mrnn::Trials trials_;
  mrnn::Record record_;
  std::unique_ptr<mrnn::Session> session_;
  std::int64_t number_ = 0;
  bool loaded_ = true;
};

/// Seconds of work(), divided by `count`.
template <class Work>
double seconds_each(int count, Work&& work) {
  const double start = now();
  work();
  return (now() - start) / count;
}

/// Answers one command that needs a case.
void answer(Engine& engine, const std::string& command) {
  if (command == "memory") {
    std::cout << engine.memory() << std::endl;
  } else if (command == "describe") {
    std::cout << "{\"device\": \"" << engine.device() << "\"}" << std::endl;
  } else if (command == "gate") {
    std::string file;
    std::cin >> file;
    engine.gate(file);
    std::cout << "done" << std::endl;
  } else {
    int count = 1;
    std::cin >> count;
    if (command == "train") {
      std::cout << seconds_each(count, [&] {
        for (int k = 0; k < count; ++k) engine.train();
      }) << std::endl;
    } else {
      engine.load_if_needed();
      std::cout << seconds_each(count, [&] { engine.forward(count); }) << std::endl;
    }
  }
}

void serve(const mrnn::Runtime& runtime, const Options& options) {
  std::unique_ptr<Engine> engine;
  std::cout << "ready" << std::endl;
  std::string command;
  while (std::cin >> command) {
    if (command == "open") {
      std::string folder;
      std::cin >> folder;
      engine = nullptr;  // its memory goes before the next one's comes
      engine = std::make_unique<Engine>(folder, runtime, options);
      std::cout << "done" << std::endl;
    } else if (engine) {
      answer(*engine, command);
    } else {
      std::cout << "failed: " << command << " needs a case; open one" << std::endl;
    }
  }
}

Options read(int count, char** arguments) {
  Options options;
  for (int k = 1; k < count; ++k) {
    const std::string word = arguments[k];
    if (word == "--recompute") {
      options.recompute = true;
    } else if (word == "--backend" && k + 1 < count) {
      options.backend = arguments[++k];
    } else if (word == "--plugins" && k + 1 < count) {
      options.plugins = arguments[++k];
    } else {
      throw std::invalid_argument("usage: compare_engine [--backend NAME] [--plugins FOLDER] [--recompute]");
    }
  }
  return options;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    const Options options = read(count, arguments);
    mrnn::Runtime runtime;
    runtime.attach("eigen", mrnn::eigen::attach);
    runtime.load(options.plugins + "/dataset.so");
    if (options.backend != "eigen") runtime.load(options.plugins + "/" + options.backend + ".so");
    std::cout.precision(9);
    serve(runtime, options);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
