#include "eigen_session.hpp"

#include <algorithm>

#include "state_points.hpp"

namespace mrnn::eigen {
namespace {

std::vector<const Eigen::MatrixXd*> pointers(const std::vector<Eigen::MatrixXd>& first,
                                             const std::vector<Eigen::MatrixXd>& second = {}) {
  std::vector<const Eigen::MatrixXd*> all;
  for (const Eigen::MatrixXd& one : first) all.push_back(&one);
  for (const Eigen::MatrixXd& one : second) all.push_back(&one);
  return all;
}

Index widest(const std::vector<Slice>& slices) {
  Index width = 1;
  for (const Slice& slice : slices) width = std::max(width, slice.width());
  return width;
}

/// Out of (row, lane) of each recorded step into (row, trial).
template <class Scalar, class Out>
void copy_slice(const std::vector<Scalar>& kept, const Slice& slice, BasicSequence<Out>& out) {
  const Scalar* from = kept.data();
  for (Index step = 0; step < out.steps; ++step, from += out.units * slice.width()) {
    for (Index lane = 0; lane < slice.count; ++lane) {
      auto column = out.at(step).col(slice.trials[static_cast<std::size_t>(lane)]);
      for (Index row = 0; row < out.units; ++row) column[row] = static_cast<Out>(from[row * slice.width() + lane]);
    }
  }
}

}  // namespace

template <class Scalar>
EigenSession<Scalar>::EigenSession(const Network& network, const SessionOptions& options)
    : Session(network, options), model_(network), threads_(options.threads) {}

template <class Scalar>
void EigenSession<Scalar>::do_write_parameters(const Parameters& parameters) {
  effective_ = effective_weights(network(), parameters);
  parameters_ = parameters;
  model_.set(parameters);
  drive_weights_.clear();
  readout_weights_.clear();
}

template <class Scalar>
SegmentWeights<Scalar> EigenSession<Scalar>::weights_for(const std::vector<const ScaleWeights*>& scalings,
                                                         Packing packing) {
  auto& readout = readout_weights_[packing];
  if (readout == nullptr) {
    readout = std::make_unique<PackedWeights<Scalar>>(model_.readout_bands, model_.readout_blocks,
                                                      pointers(effective_.readout), packing);
  }
  auto& drive = drive_weights_[{scalings, packing}];
  if (drive == nullptr) {
    EffectiveWeights scaled;
    if (!scalings.empty()) {
      scaled = effective_;
      scale_weights(network(), scaled, scalings);
    }
    const EffectiveWeights& weights = scalings.empty() ? effective_ : scaled;
    drive = std::make_unique<PackedWeights<Scalar>>(model_.drive_bands, model_.drive_blocks,
                                                    pointers(weights.recurrent, weights.input), packing);
  }
  return {drive.get(), readout.get()};
}

template <class Scalar>
void EigenSession<Scalar>::do_load(const Trials& trials) {
  // Scaled weights belong to interventions of the batch before; plain ones stay.
  std::erase_if(drive_weights_, [](const auto& entry) { return !entry.first.first.empty(); });
  slices_.clear();
  recordings_.clear();
  trials_ = {};
  trials_.count = trials.count;
  trials_.steps = trials.steps;
  trials_.inputs = trials.inputs;
  trials_.stimulus = trials.stimulus;
  trials_.initial_state = trials.initial_state;
  trials_.ids = trials.ids;
  trials_.interventions = trials.interventions;

  slices_ = make_slices(network(), trials_);
  slice_weights_.assign(slices_.size(), {});
  for (std::size_t k = 0; k < slices_.size(); ++k) {
    for (const Segment& segment : slices_[k].segments) {
      slice_weights_[k].push_back(weights_for(segment.scalings, packing_for(slices_[k].width())));
    }
  }
  workspaces_.clear();
  for (std::size_t k = 0; k < std::min(threads_.size(), slices_.size()); ++k) {
    workspaces_.emplace_back(model_, widest(slices_));
  }
}

template <class Scalar>
void EigenSession<Scalar>::do_forward(const Record& record, Noise noise) {
  record_ = record;
  recordings_.resize(slices_.size());
  const auto task = [&](std::size_t k) {
    return SliceTask<Scalar>{model_, trials_, slices_[k], slice_weights_[k], record_, noise, options().seed};
  };
  for (std::size_t k = 0; k < slices_.size(); ++k) make_room(task(k), recordings_[k]);
  threads_.run(slices_.size(),
               [&](std::size_t k, std::size_t thread) { run_slice(task(k), workspaces_[thread], recordings_[k]); });
}

template <class Scalar>
template <class Out>
void EigenSession<Scalar>::copy(Quantity what, BasicSequence<Out>& out) const {
  for (std::size_t k = 0; k < slices_.size(); ++k) {
    const Recording<Scalar>& kept = recordings_[k];
    copy_slice(what == Quantity::x ? kept.x : what == Quantity::h ? kept.h : kept.y, slices_[k], out);
  }
}

template <class Scalar>
void EigenSession<Scalar>::do_read_activity(Quantity what, Sequence& out) const {
  copy(what, out);
}

template <class Scalar>
void EigenSession<Scalar>::do_read_activity(Quantity what, FloatSequence& out) const {
  copy(what, out);
}

template <class Scalar>
Eigen::MatrixXd EigenSession<Scalar>::do_advance(const StatePoints& points) const {
  return StatePointSteps(network(), parameters_, effective_, trials_).advance(points);
}

template <class Scalar>
Jacobians EigenSession<Scalar>::do_jacobian(const StatePoints& points) const {
  return StatePointSteps(network(), parameters_, effective_, trials_).jacobian(points);
}

template <class Scalar>
std::size_t EigenSession<Scalar>::bytes(const Network& network, const SessionOptions& options, Index trials,
                                        Index steps, const Record& record) {
  const Model<Scalar> model(network);
  const Index width = slice_width(trials);
  const Index slices = (trials + width - 1) / width;
  const Index selected = record.units.empty() ? network.units() : record.units.size();
  const Index kept = record.steps.size() == 0 ? steps : record.steps.size();
  const Index rows =
      selected * (static_cast<Index>(record.x) + static_cast<Index>(record.h)) + (record.y ? network.outputs() : 0);

  std::size_t weights = 0;  // free and effective
  for (const auto* blocks : {&network.recurrent_blocks(), &network.input_blocks(), &network.readout_blocks()}) {
    for (const Block& block : *blocks) weights += static_cast<std::size_t>(2 * block.to.size * block.from.size);
  }
  const std::size_t packed =
      PackedWeights<Scalar>::bytes(model.drive_bands) + PackedWeights<Scalar>::bytes(model.readout_bands);
  const auto threads = static_cast<std::size_t>(std::min<Index>(ThreadPool::resolve(options.threads), slices));
  const auto inputs = static_cast<std::size_t>(trials * steps * network.inputs()) * sizeof(double);
  const auto activity = static_cast<std::size_t>(kept * rows * slices * width) * sizeof(Scalar);
  return weights * sizeof(double) + packed + threads * Workspace<Scalar>::bytes(model, width) + inputs + activity;
}

template class EigenSession<float>;
template class EigenSession<double>;

}  // namespace mrnn::eigen
