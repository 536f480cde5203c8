// The RNN primitive of oneDNN as one of the engines of the comparisons: answers the commands of commands.hpp, for Elman
// cases alone. The network, its weights and trials are read as mrnn reads them.
//
// h_t = relu(W h_{t-1} + W_in u_t) by the primitive, forward and backward, in the layouts that it prefers; the linear
// readout and its mean squared error by oneDNN's product; Adam with PyTorch's defaults. It runs with OMP_NUM_THREADS.

#include <cmath>
#include <dnnl.hpp>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "commands.hpp"
#include "mrnn/eigen_backend.hpp"
#include "mrnn/experiment.hpp"
#include "mrnn/runtime.hpp"

namespace {

using Memory = dnnl::memory;
using mrnn::Index;
using Dims = Memory::dims;
using Tag = Memory::format_tag;
using Numbers = std::vector<float>;
using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr auto kind = Memory::data_type::f32;

Memory::desc described(const Dims& dims, Tag tag) {
  return {dims, kind, tag};
}

/// Row-major out = a b, each of them transposed or not. @param mnk  rows and columns of out, and what is summed over
void multiply(char turn_a, char turn_b, const Dims& mnk, const float* a, const float* b, float* out) {
  const auto m = mnk[0], n = mnk[1], k = mnk[2];
  const auto status =
      dnnl::sgemm(turn_a, turn_b, m, n, k, 1.0F, a, turn_a == 'N' ? k : m, b, turn_b == 'N' ? n : k, 0.0F, out, n);
  if (status != dnnl::status::success) throw std::runtime_error("oneDNN could not multiply matrices");
}

/// A parameter with its gradient and moments.
struct Parameter {
  Numbers value, gradient, first, second;

  explicit Parameter(Numbers values)
      : value(std::move(values)), gradient(value.size()), first(value.size()), second(value.size()) {}

  /// Kingma & Ba 2015, with epsilon outside the root.
  void step(int number) {
    constexpr float rate = 1e-3F, b1 = 0.9F, b2 = 0.999F, epsilon = 1e-8F;
    const float corrected = rate / (1.0F - std::pow(b1, static_cast<float>(number)));
    const float root = 1.0F / std::sqrt(1.0F - std::pow(b2, static_cast<float>(number)));
    for (std::size_t k = 0; k < value.size(); ++k) {
      first[k] = b1 * first[k] + (1.0F - b1) * gradient[k];
      second[k] = b2 * second[k] + (1.0F - b2) * gradient[k] * gradient[k];
      value[k] -= corrected * first[k] / (root * std::sqrt(second[k]) + epsilon);
    }
  }
};

/// Element (row, column) of W at row + rows x column: `ldigo` of oneDNN, from units first.
Numbers weights(const Eigen::MatrixXd& W) {
  const Eigen::MatrixXf single = W.cast<float>();
  return {single.data(), single.data() + single.size()};
}

/// Steps of (unit, trial) as (time, trial, unit).
Numbers numbers(const mrnn::Sequence& all) {
  return {all.data.begin(), all.data.end()};
}

class Engine {
 public:
  /// @param before  bytes that were resident when the program began
  Engine(const std::string& folder, const mrnn::Runtime& runtime, std::size_t before)
      : Engine(mrnn::Experiment(mrnn::ConfigNode::read_file(folder + "/case.toml"), runtime)) {
    before_ = before;
  }

  void load_if_needed() const {}

  void train() {
    load();
    run_forward();
    run_backward();
    ++number_;
    for (Parameter* parameter : {&recurrent_, &input_, &readout_, &readout_bias_}) parameter->step(number_);
    pack();
  }

  void forward(int count) {
    for (int k = 0; k < count; ++k) {
      forward_infer_.execute(stream_, {{DNNL_ARG_SRC_LAYER, u_},
                                       {DNNL_ARG_SRC_ITER, start_},
                                       {DNNL_ARG_WEIGHTS_LAYER, packed_input_},
                                       {DNNL_ARG_WEIGHTS_ITER, packed_recurrent_},
                                       {DNNL_ARG_BIAS, bias_},
                                       {DNNL_ARG_DST_LAYER, h_}});
      read_out();
    }
    stream_.wait();
  }

  void gate(const std::string& file) {
    load();
    run_forward();
    const double loss = run_backward();
    const auto turned = [](const Numbers& values, Index rows, Index columns) {
      return Eigen::MatrixXf(Eigen::Map<const Eigen::MatrixXf>(values.data(), rows, columns));
    };
    benchmark::GateFile out(file);
    out.write(Eigen::MatrixXd::Constant(1, 1, loss));
    const float* last = static_cast<const float*>(h_.get_data_handle()) + (steps_ - 1) * trials_ * units_;
    out.write(Eigen::Map<const RowMajor>(last, trials_, units_));
    out.write(turned(recurrent_.gradient, units_, units_));
    out.write(turned(input_.gradient, units_, inputs_));
  }

  std::size_t memory() const { return benchmark::peak_since(before_); }
  std::string device() const {
    const dnnl_version_t* version = dnnl_version();
    return "CPU, oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor);
  }

 private:
  explicit Engine(const mrnn::Experiment& experiment)
      : Engine(experiment, experiment.trials_of(experiment.simulations().front())) {}

  Engine(const mrnn::Experiment& experiment, const mrnn::Trials& trials)
      : trials_(trials.count),
        steps_(trials.steps),
        units_(experiment.network().units()),
        inputs_(experiment.network().inputs()),
        outputs_(experiment.network().outputs()),
        recurrent_(weights(
            mrnn::dense(experiment.network().recurrent_blocks(), experiment.parameters().recurrent, units_, units_))),
        input_(
            weights(mrnn::dense(experiment.network().input_blocks(), experiment.parameters().input, units_, inputs_))),
        readout_(weights(
            mrnn::dense(experiment.network().readout_blocks(), experiment.parameters().readout, outputs_, units_))),
        readout_bias_(Numbers(static_cast<std::size_t>(outputs_), 0.0F)),
        batch_inputs_(numbers(trials.inputs)),
        batch_targets_(numbers(trials.targets)) {
    if (experiment.network().spec().dynamics != mrnn::Dynamics::elman) {
      throw std::invalid_argument("it computes the Elman case only");
    }
    y_.resize(static_cast<std::size_t>(steps_ * trials_ * outputs_));
    prepare();
    load();
    pack();
  }

  void prepare() {
    const Dims h{steps_, trials_, units_}, u{steps_, trials_, inputs_};
    const Dims from_input{1, 1, inputs_, 1, units_}, from_units{1, 1, units_, 1, units_};
    const Memory::desc bias = described({1, 1, 1, units_}, Tag::ldgo);
    const Memory::desc start = described({1, 1, trials_, units_}, Tag::ldnc);
    const Memory::desc none, sequence = described(h, Tag::tnc), given = described(u, Tag::tnc);
    const Memory::desc any_input = described(from_input, Tag::any), any_units = described(from_units, Tag::any);
    const auto relu = dnnl::algorithm::eltwise_relu;
    const auto way = dnnl::rnn_direction::unidirectional_left2right;
    using Forward = dnnl::vanilla_rnn_forward;
    using Backward = dnnl::vanilla_rnn_backward;
    const auto forward = [&](dnnl::prop_kind how, const Memory::desc& input, const Memory::desc& units) {
#if DNNL_VERSION_MAJOR >= 3
      return Forward::primitive_desc(engine_, how, relu, way, given, start, input, units, bias, sequence, none);
#else
      return Forward::primitive_desc(Forward::desc(how, relu, way, given, start, input, units, bias, sequence, none),
                                     engine_);
#endif
    };
    const auto training = forward(dnnl::prop_kind::forward_training, any_input, any_units);
    const auto inference =
        forward(dnnl::prop_kind::forward_inference, training.weights_layer_desc(), training.weights_iter_desc());
#if DNNL_VERSION_MAJOR >= 3
    const auto backward = Backward::primitive_desc(engine_, dnnl::prop_kind::backward, relu, way, given, start,
                                                   any_input, any_units, bias, sequence, none, given, start, any_input,
                                                   any_units, bias, sequence, none, training);
#else
    const auto backward = Backward::primitive_desc(
        Backward::desc(dnnl::prop_kind::backward, relu, way, given, start, any_input, any_units, bias, sequence, none,
                       given, start, any_input, any_units, bias, sequence, none),
        engine_, training);
#endif
    forward_ = Forward(training);
    forward_infer_ = Forward(inference);
    backward_ = Backward(backward);
    u_ = Memory(given, engine_);
    diff_u_ = Memory(given, engine_);
    h_ = Memory(sequence, engine_);
    bias_ = Memory(bias, engine_);
    diff_bias_ = Memory(bias, engine_);
    clear(bias_);
    start_ = Memory(start, engine_);
    diff_start_ = Memory(start, engine_);
    clear(start_);
    diff_h_ = Memory(sequence, engine_);
    packed_input_ = Memory(training.weights_layer_desc(), engine_);
    packed_recurrent_ = Memory(training.weights_iter_desc(), engine_);
    back_input_ = Memory(backward.weights_layer_desc(), engine_);
    back_recurrent_ = Memory(backward.weights_iter_desc(), engine_);
    diff_input_ = Memory(backward.diff_weights_layer_desc(), engine_);
    diff_recurrent_ = Memory(backward.diff_weights_iter_desc(), engine_);
    workspace_ = Memory(training.workspace_desc(), engine_);
    plain_input_ = Memory(described(from_input, Tag::ldigo), engine_, input_.value.data());
    plain_recurrent_ = Memory(described(from_units, Tag::ldigo), engine_, recurrent_.value.data());
    input_gradient_ = Memory(described(from_input, Tag::ldigo), engine_, input_.gradient.data());
    recurrent_gradient_ = Memory(described(from_units, Tag::ldigo), engine_, recurrent_.gradient.data());
  }

  static void clear(Memory& numbers) {
    std::fill_n(static_cast<char*>(numbers.get_data_handle()), numbers.get_desc().get_size(), char{0});
  }

  void load() {
    std::copy(batch_inputs_.begin(), batch_inputs_.end(), static_cast<float*>(u_.get_data_handle()));
  }

  void reorder(Memory& from, Memory& to) {
    dnnl::reorder(from, to).execute(stream_, from, to);
  }

  void pack() {
    reorder(plain_input_, packed_input_);
    reorder(plain_recurrent_, packed_recurrent_);
    reorder(plain_input_, back_input_);
    reorder(plain_recurrent_, back_recurrent_);
    stream_.wait();
  }

  void read_out() {
    stream_.wait();
    // W_out lies as [units x outputs], row by row.
    multiply('N', 'N', {steps_ * trials_, outputs_, units_}, static_cast<const float*>(h_.get_data_handle()),
             readout_.value.data(), y_.data());
    for (std::size_t k = 0; k < y_.size(); ++k) y_[k] += readout_bias_.value[k % readout_bias_.value.size()];
  }

  void run_forward() {
    forward_.execute(stream_, {{DNNL_ARG_SRC_LAYER, u_},
                               {DNNL_ARG_SRC_ITER, start_},
                               {DNNL_ARG_WEIGHTS_LAYER, packed_input_},
                               {DNNL_ARG_WEIGHTS_ITER, packed_recurrent_},
                               {DNNL_ARG_BIAS, bias_},
                               {DNNL_ARG_DST_LAYER, h_},
                               {DNNL_ARG_WORKSPACE, workspace_}});
    read_out();
  }

  /// Gradients of all parameters; the loss.
  double run_backward() {
    double loss = 0.0;
    const auto count = static_cast<double>(y_.size());
    std::fill(readout_bias_.gradient.begin(), readout_bias_.gradient.end(), 0.0F);
    for (std::size_t k = 0; k < y_.size(); ++k) {
      const double error = static_cast<double>(y_[k]) - static_cast<double>(batch_targets_[k]);
      loss += error * error / count;
      y_[k] = static_cast<float>(2.0 * error / count);
      readout_bias_.gradient[k % readout_bias_.value.size()] += y_[k];
    }
    const auto rows = steps_ * trials_;
    multiply('T', 'N', {units_, outputs_, rows}, static_cast<const float*>(h_.get_data_handle()), y_.data(),
             readout_.gradient.data());
    multiply('N', 'T', {rows, units_, outputs_}, y_.data(), readout_.value.data(),
             static_cast<float*>(diff_h_.get_data_handle()));
    for (Memory* sum : {&diff_input_, &diff_recurrent_, &diff_bias_}) clear(*sum);  // the primitive adds to them
    backward_.execute(stream_, {{DNNL_ARG_SRC_LAYER, u_},
                                {DNNL_ARG_SRC_ITER, start_},
                                {DNNL_ARG_WEIGHTS_LAYER, back_input_},
                                {DNNL_ARG_WEIGHTS_ITER, back_recurrent_},
                                {DNNL_ARG_BIAS, bias_},
                                {DNNL_ARG_DST_LAYER, h_},
                                {DNNL_ARG_WORKSPACE, workspace_},
                                {DNNL_ARG_DIFF_DST_LAYER, diff_h_},
                                {DNNL_ARG_DIFF_SRC_LAYER, diff_u_},
                                {DNNL_ARG_DIFF_SRC_ITER, diff_start_},
                                {DNNL_ARG_DIFF_WEIGHTS_LAYER, diff_input_},
                                {DNNL_ARG_DIFF_WEIGHTS_ITER, diff_recurrent_},
                                {DNNL_ARG_DIFF_BIAS, diff_bias_}});
    reorder(diff_input_, input_gradient_);
    reorder(diff_recurrent_, recurrent_gradient_);
    stream_.wait();
    return loss;
  }

  std::size_t before_ = 0;
  Index trials_, steps_, units_, inputs_, outputs_;
  Parameter recurrent_, input_, readout_, readout_bias_;
  Numbers batch_inputs_, batch_targets_, y_;
  int number_ = 0;

  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  dnnl::primitive forward_, forward_infer_, backward_;
  Memory u_, diff_u_, h_, diff_h_, workspace_;
  Memory bias_, diff_bias_;    ///< zero and not trained: there is no primitive without
  Memory start_, diff_start_;  ///< h_{-1}, zero; without it oneDNN 2.6.3 takes another for dL/dW
  Memory packed_input_, packed_recurrent_, back_input_, back_recurrent_, diff_input_, diff_recurrent_;
  Memory plain_input_, plain_recurrent_, input_gradient_, recurrent_gradient_;  ///< in the arrays of the parameters
};

}  // namespace

int main() {
  try {
    mrnn::Runtime runtime;
    runtime.attach("eigen", mrnn::eigen::attach);
    runtime.load(std::string(MRNN_PLUGINS_DIR) + "/dataset.so");
    const std::size_t before = benchmark::resident_bytes();
    benchmark::serve([&](const std::string& folder) { return std::make_unique<Engine>(folder, runtime, before); });
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
