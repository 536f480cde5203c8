// mrnn as one of the engines of the comparisons: answers the commands of commands.hpp.
//
// Training makes the next batch while the device computes, as mrnn's trainer does: the same trials with other ids,
// which are converted and sent each time. A device may run on after forward() has returned, so the time of N passes
// ends with one reading of the last one's y; update() waits by itself, since it returns a norm.
//
// Usage: compare_engine [--backend NAME] [--plugins FOLDER] [--products NAME] [--recompute]

#include <array>
#include <cmath>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "commands.hpp"
#include "mrnn/eigen_backend.hpp"
#include "mrnn/experiment.hpp"
#include "mrnn/optimiser.hpp"
#include "mrnn/runtime.hpp"

namespace {

using mrnn::Index;

struct Options {
  std::string backend = "eigen";
  std::string plugins = MRNN_PLUGINS_DIR;
  std::string products = "ieee";
  bool recompute = false;
};

std::vector<std::string> overrides(const Options& options) {
  return {"backend.products=\"" + options.products + "\""};
}

class Engine {
 public:
  Engine(const std::string& folder, const mrnn::Runtime& runtime, const Options& options)
      : before_(benchmark::resident_bytes()),
        experiment_(mrnn::ConfigNode::read_file(folder + "/case.toml", overrides(options)), runtime,
                    {{}, options.backend, {}, {}}),
        trials_(experiment_.trials_of(experiment_.simulations().front())) {
    const auto root = static_cast<Index>(std::ceil(std::sqrt(static_cast<double>(trials_.steps))));
    record_.backward_every = options.recompute ? root : 1;
    session_ = experiment_.backend().open(experiment_.network(), experiment_.session_options());
    session_->write_parameters(experiment_.parameters());
    session_->load(trials_);
    for (auto& batch : batches_) batch = std::make_shared<mrnn::Trials>(trials_);
  }

  /// Load, forward, backward with the next batch beside it, Adam.
  void train() {
    session_->load(*batches_[place_]);
    session_->forward(record_, mrnn::Noise::on);
    place_ = 1 - place_;
    session_->backward({}, [this] {
      first_id_ += static_cast<std::uint64_t>(trials_.count);
      mrnn::Trials& next = *batches_[place_];
      for (std::size_t k = 0; k < next.ids.size(); ++k) next.ids[k] = first_id_ + trials_.ids[k];
      session_->prepare(batches_[place_]);
    });
    session_->update({{}, 1e-3, ++number_});
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
    benchmark::GateFile out(file);
    out.write(Eigen::MatrixXd::Constant(1, 1, loss));
    out.write(activity);
    out.write(mrnn::dense(network.recurrent_blocks(), gradients.recurrent, network.units(), network.units()));
    out.write(mrnn::dense(network.input_blocks(), gradients.input, network.units(), network.inputs()));
  }

  std::size_t memory() const {
    const mrnn::Backend& backend = experiment_.backend();
    if (backend.name() != "eigen") {
      return backend.memory(experiment_.network(), experiment_.session_options(), mrnn::shape_of(trials_), record_)
          .total();
    }
    return benchmark::peak_since(before_);
  }

  std::string device() const { return experiment_.backend().device(experiment_.session_options()); }

 private:
  std::size_t before_ = 0;
  mrnn::Experiment experiment_;
  mrnn::Trials trials_;
  mrnn::Record record_;
  std::unique_ptr<mrnn::Session> session_;
  std::array<std::shared_ptr<mrnn::Trials>, 2> batches_;  ///< take turns
  std::size_t place_ = 0;                                 ///< of the batch that comes next
  std::uint64_t first_id_ = 0;
  std::int64_t number_ = 0;
  bool loaded_ = true;
};

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
    } else if (word == "--products" && k + 1 < count) {
      options.products = arguments[++k];
    } else {
      throw std::invalid_argument(
          "usage: compare_engine [--backend NAME] [--plugins FOLDER] [--products NAME] [--recompute]");
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
    benchmark::serve([&](const std::string& folder) { return std::make_unique<Engine>(folder, runtime, options); });
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
