// mrnn as one of the engines of compare.py: reads commands from stdin, answers each with one line.
//
//   train N      N training steps (load, forward, backward, Adam): seconds a step
//   forward N    N forward passes (load, forward, nothing recorded): seconds a pass
//   gate FILE    loss and gradients without noise to a file of doubles: loss, dW_rec [N x N], dW_inp [N x I]
//   memory       peak resident memory in bytes, less what was resident before the first session was opened
//
// Usage: engine CONFIG [store | recompute]

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
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

class Engine {
 public:
  Engine(const mrnn::Experiment& experiment, bool recompute)
      : experiment_(experiment), trials_(experiment.trials_of(experiment.simulations().front())) {
    const auto root = static_cast<Index>(std::ceil(std::sqrt(static_cast<double>(trials_.steps))));
    record_.backward_every = recompute ? root : 1;
    before_ = resident_bytes();
    session_ = experiment.backend().open(experiment.network(), experiment.session_options());
    session_->write_parameters(experiment.parameters());
  }

  void train() {
    session_->load(trials_);
    session_->forward(record_, mrnn::Noise::on);
    session_->backward({});
    session_->update({{}, 1e-3, ++number_});
    for (std::uint64_t& id : trials_.ids) id += static_cast<std::uint64_t>(trials_.count);
  }

  void forward() {
    session_->load(trials_);
    session_->forward({}, mrnn::Noise::on);
  }

  void gate(const std::string& file) {
    session_->load(trials_);
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
    write(mrnn::dense(network.recurrent_blocks(), gradients.recurrent, network.units(), network.units()));
    write(mrnn::dense(network.input_blocks(), gradients.input, network.units(), network.inputs()));
  }

  std::size_t memory() const { return peak_bytes() > before_ ? peak_bytes() - before_ : 0; }

 private:
  const mrnn::Experiment& experiment_;
  mrnn::Trials trials_;
  mrnn::Record record_;
  std::unique_ptr<mrnn::Session> session_;
  std::int64_t number_ = 0;
  std::size_t before_ = 0;
};

template <class Function>
double seconds_each(int count, Function&& function) {
  const double start = now();
  for (int k = 0; k < count; ++k) function();
  return (now() - start) / count;
}

void serve(Engine& engine) {
  std::cout << "ready" << std::endl;
  std::string command;
  while (std::cin >> command) {
    if (command == "memory") {
      std::cout << engine.memory() << std::endl;
    } else if (command == "gate") {
      std::string file;
      std::cin >> file;
      engine.gate(file);
      std::cout << "done" << std::endl;
    } else {
      int count = 1;
      std::cin >> count;
      std::cout << (command == "train" ? seconds_each(count, [&] { engine.train(); })
                                       : seconds_each(count, [&] { engine.forward(); }))
                << std::endl;
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    std::cerr << "usage: engine CONFIG [store | recompute]\n";
    return 2;
  }
  try {
    mrnn::Runtime runtime;
    runtime.attach("eigen", mrnn::eigen::attach);
    runtime.load(std::string(MRNN_PLUGINS_DIR) + "/dataset.so");
    const mrnn::Experiment experiment(mrnn::ConfigNode::read_file(arguments[1]), runtime);
    Engine engine(experiment, count > 2 && std::string(arguments[2]) == "recompute");
    std::cout.precision(9);
    serve(engine);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
