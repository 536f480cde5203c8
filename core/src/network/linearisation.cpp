#include "mrnn/linearisation.hpp"

#include <algorithm>
#include <map>
#include <variant>

#include "mrnn/error.hpp"
#include "mrnn/formulas.hpp"

namespace mrnn {
namespace {

/// 0 for units whose activity is held during that step, 1 for the others.
Eigen::VectorXd unclamped(const Network& network, const Trials& trials, Index trial, Index step) {
  Eigen::VectorXd free = Eigen::VectorXd::Ones(network.units());
  for (const Intervention& intervention : trials.interventions) {
    const auto* clamp = std::get_if<Clamp>(&intervention.what);
    if (clamp == nullptr || !intervention.steps.contains(step) || !intervention.acts_on(trial)) continue;
    for (const UnitRange& range : clamp->units.ranges()) free.segment(range.start, range.size).setZero();
  }
  return free;
}

/// For leaky and elman dynamics, the activity after the step is phi(x+), so that at fixed x
/// dh+ / dh = alpha diag(phi'(x+)) W. Rate dynamics have this derivative within their J already.
void make_partial(const Session& session, const Trials& trials, const StatePoints& points, Jacobians& gains) {
  const Network& network = session.network();
  gains.leak.setZero();
  if (network.spec().dynamics == Dynamics::rate) return;
  const Eigen::MatrixXd next = session.advance(points);
  for (Index k = 0; k < next.cols(); ++k) {
    const auto point = static_cast<std::size_t>(k);
    const Eigen::VectorXd free = unclamped(network, trials, points.trials[point], points.steps[point]);
    for (Index n = 0; n < next.rows(); ++n) {
      gains.post(n, k) *=
          free(n) * formulas::activation_slope(network.activations()[static_cast<std::size_t>(n)], next(n, k));
    }
  }
  gains.pre.setOnes();
}

bool overlaps(const UnitRange& range, const std::vector<Index>& position) {
  for (Index unit = range.start; unit < range.end(); ++unit) {
    if (position[static_cast<std::size_t>(unit)] >= 0) return true;
  }
  return false;
}

/// Where each unit of the network stands among `units`; -1: nowhere.
std::vector<Index> positions(const std::vector<Index>& units, Index network_units) {
  std::vector<Index> position(static_cast<std::size_t>(network_units), -1);
  for (std::size_t i = 0; i < units.size(); ++i) position[static_cast<std::size_t>(units[i])] = static_cast<Index>(i);
  return position;
}

}  // namespace

Jacobians linearise(const Session& session, const Trials& trials, const StatePoints& points, LinearForm form) {
  Jacobians gains = session.jacobian(points);
  if (form == LinearForm::continuous) {
    const double dt = session.network().spec().dt;
    gains.leak = (gains.leak.array() - 1.0) / dt;
    gains.post /= dt;
  } else if (form == LinearForm::partial) {
    make_partial(session, trials, points, gains);
  }
  return gains;
}

WeightsInForce::WeightsInForce(const Network& network, const Parameters& parameters)
    : network_(network), unscaled_(effective_weights(network, parameters)) {}

const EffectiveWeights& WeightsInForce::at(const Trials& trials, Index trial, Index step) {
  const std::vector<const ScaleWeights*> scalings = scalings_at(trials.interventions, trial, step);
  if (scalings.empty()) return unscaled_;
  if (!scaled_ || scalings != scalings_) {
    scaled_ = unscaled_;
    scale_weights(network_, *scaled_, scalings);
    scalings_ = scalings;
  }
  return *scaled_;
}

Eigen::MatrixXd WeightsInForce::grouped(const Trials& trials, const std::vector<Index>& which,
                                        const std::vector<Index>& steps, const Eigen::Ref<const Eigen::MatrixXd>& v,
                                        const Product& product) {
  const Index moments = std::ssize(which);
  if (std::ssize(steps) != moments || moments == 0 || v.cols() % moments != 0) {
    throw ShapeError("the columns of a product do not fit its trials and steps");
  }
  std::map<std::vector<const ScaleWeights*>, std::vector<Index>> groups;
  for (std::size_t k = 0; k < which.size(); ++k) {
    groups[scalings_at(trials.interventions, which[k], steps[k])].push_back(static_cast<Index>(k));
  }
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(network_.units(), v.cols());
  const Index width = v.cols() / moments;
  for (const auto& [scalings, members] : groups) {
    const auto first = static_cast<std::size_t>(members.front());
    const EffectiveWeights& weights = at(trials, which[first], steps[first]);
    std::vector<Index> columns;
    for (const Index k : members) {
      for (Index c = 0; c < width; ++c) columns.push_back(k * width + c);
    }
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(out.rows(), std::ssize(columns));
    product(weights, v(Eigen::all, columns), sum);
    out(Eigen::all, columns) = sum;
  }
  return out;
}

Eigen::MatrixXd WeightsInForce::multiply(const Trials& trials, const std::vector<Index>& which,
                                         const std::vector<Index>& steps, const Eigen::Ref<const Eigen::MatrixXd>& v) {
  return grouped(trials, which, steps, v, [this](const EffectiveWeights& weights, const auto& in, auto& out) {
    mrnn::multiply(network_.recurrent_blocks(), weights.recurrent, in, out);
  });
}

Eigen::MatrixXd WeightsInForce::external_drive(const Trials& trials, const std::vector<Index>& which,
                                               const std::vector<Index>& steps) {
  Eigen::MatrixXd inputs(network_.inputs(), std::ssize(which));
  Eigen::MatrixXd stimulus(network_.units(), std::ssize(which));
  for (std::size_t k = 0; k < which.size(); ++k) {
    inputs.col(static_cast<Index>(k)) = trials.inputs.at(steps[k]).col(which[k]);
    stimulus.col(static_cast<Index>(k)) = stimulus_at(trials, network_.units(), which[k], steps[k]);
  }
  return stimulus +
         grouped(trials, which, steps, inputs, [this](const EffectiveWeights& weights, const auto& in, auto& out) {
           mrnn::multiply(network_.input_blocks(), weights.input, in, out);
         });
}

Linearisation::Linearisation(const Network& network, const std::vector<Eigen::MatrixXd>& recurrent,
                             const Jacobians& gains, Index column, const Selection& units)
    : network_(network), recurrent_(recurrent) {
  if (recurrent.size() != network.recurrent_blocks().size() || gains.leak.rows() != network.units() || column < 0 ||
      column >= gains.leak.cols()) {
    throw ShapeError("the weights or gains of a linearisation do not fit its network");
  }
  leak_ = gains.leak.col(column);
  post_ = gains.post.col(column);
  pre_ = gains.pre.col(column);
  units_ = (units.empty() ? Selection({{0, network.units()}}) : units).indices();
  const std::vector<Index> position = positions(units_, network.units());
  for (std::size_t b = 0; b < recurrent.size(); ++b) {
    const Block& block = network.recurrent_blocks()[b];
    if (overlaps(block.to, position) && overlaps(block.from, position)) blocks_.push_back(b);
  }
}

bool Linearisation::finite() const {
  if (!leak_.allFinite() || !post_.allFinite() || !pre_.allFinite()) return false;
  return std::ranges::all_of(blocks_, [this](std::size_t b) { return recurrent_[b].allFinite(); });
}

Eigen::MatrixXd Linearisation::dense() const {
  std::vector<UnitRange> ranges;
  for (const Index unit : units_) ranges.push_back({unit, 1});
  return dense_from(Selection(std::move(ranges)));
}

Eigen::MatrixXd Linearisation::dense_from(const Selection& from) const {
  const std::vector<Index> row = positions(units_, network_.units());
  const std::vector<Index> column = positions(from.indices(), network_.units());
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(size(), from.size());
  for (std::size_t b = 0; b < recurrent_.size(); ++b) {
    const Block& block = network_.recurrent_blocks()[b];
    for (Index j = 0; j < block.from.size; ++j) {
      const Index source = block.from.start + j;
      const Index c = column[static_cast<std::size_t>(source)];
      if (c < 0) continue;
      for (Index i = 0; i < block.to.size; ++i) {
        const Index target = block.to.start + i;
        const Index r = row[static_cast<std::size_t>(target)];
        if (r >= 0) matrix(r, c) += post_(target) * recurrent_[b](i, j) * pre_(source);
      }
    }
  }
  for (const Index unit : units_) {
    const Index c = column[static_cast<std::size_t>(unit)];
    if (c >= 0) matrix(row[static_cast<std::size_t>(unit)], c) += leak_(unit);
  }
  return matrix;
}

Eigen::MatrixXd Linearisation::product(const Eigen::Ref<const Eigen::MatrixXd>& v, Direction direction) const {
  const bool forward = direction == Direction::forward;
  const Eigen::VectorXd& before = forward ? pre_ : post_;
  const Eigen::VectorXd& after = forward ? post_ : pre_;
  Eigen::MatrixXd in = Eigen::MatrixXd::Zero(network_.units(), v.cols());
  Eigen::MatrixXd out = in;
  for (Index i = 0; i < size(); ++i) {
    const Index unit = units_[static_cast<std::size_t>(i)];
    in.row(unit) = before(unit) * v.row(i);
  }
  for (const std::size_t b : blocks_) {
    const Block& block = network_.recurrent_blocks()[b];
    auto to = forward ? block.to : block.from;
    auto from = forward ? block.from : block.to;
    auto sum = out.middleRows(to.start, to.size);
    if (forward) {
      sum.noalias() += recurrent_[b] * in.middleRows(from.start, from.size);
    } else {
      sum.noalias() += recurrent_[b].transpose() * in.middleRows(from.start, from.size);
    }
  }
  Eigen::MatrixXd result(size(), v.cols());
  for (Index i = 0; i < size(); ++i) {
    const Index unit = units_[static_cast<std::size_t>(i)];
    result.row(i) = leak_(unit) * v.row(i) + after(unit) * out.row(unit);
  }
  return result;
}

Eigen::MatrixXd Linearisation::apply(const Eigen::Ref<const Eigen::MatrixXd>& v) const {
  return product(v, Direction::forward);
}

Eigen::MatrixXd Linearisation::apply_transposed(const Eigen::Ref<const Eigen::MatrixXd>& v) const {
  return product(v, Direction::transposed);
}

}  // namespace mrnn
