#include "scyfi.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "mrnn/linear_algebra.hpp"
#include "mrnn/parallel.hpp"
#include "mrnn/random.hpp"

namespace fixed_points {
namespace {

/// Seeds worked on between two looks at the user's wish to stop.
constexpr Index seeds_at_once = 64;

std::vector<Index> count_up(Index count) {
  std::vector<Index> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), Index{0});
  return all;
}

}  // namespace

bool is_piecewise_linear(const mrnn::Network& network, const std::vector<Index>& units) {
  return std::ranges::all_of(units, [&](Index unit) {
    const mrnn::Activation kind = network.activations()[static_cast<std::size_t>(unit)];
    return kind == mrnn::Activation::relu || kind == mrnn::Activation::linear;
  });
}

Scyfi::Scyfi(const StepMap& map, const SearchOptions& options, std::uint64_t seed, std::vector<Index> numbers)
    : map_(map),
      options_(options),
      seed_(seed),
      numbers_(std::move(numbers)),
      weights_(map.recurrent()),
      drive_(map.inside() + map.outside()) {
  const Eigen::MatrixXd zero = Eigen::MatrixXd::Zero(map.size(), map.moments());
  leak_ = map.gains(zero.leftCols(1), {0}).leak.col(0);
  alpha_ = 1.0 - leak_.array();
  fixed_ = map.change(zero, count_up(map.moments()));
  for (Index i = 0; i < map.size(); ++i) {
    const auto unit = static_cast<std::size_t>(i);
    if (map.is_rate() && map.held()[unit]) alpha_(i) = 0.0;
    const mrnn::Activation kind = map.network().activations()[static_cast<std::size_t>(map.units()[unit])];
    const bool rectified = map.is_rate() && kind == mrnn::Activation::relu;
    for (Index k = 0; k < map.moments(); ++k) {
      fixed_(i, k) -= alpha_(i) * (rectified ? std::max(0.0, drive_(i, k)) : drive_(i, k));
    }
  }
}

Scyfi::Affine Scyfi::affine(const Pattern& pattern, Index moment) const {
  Eigen::VectorXd active(map_.size()), free(map_.size());
  for (Index i = 0; i < map_.size(); ++i) {
    active(i) = pattern[static_cast<std::size_t>(i)] ? 1.0 : 0.0;
    free(i) = map_.held()[static_cast<std::size_t>(i)] ? 0.0 : 1.0;
  }
  Affine step;
  step.post = map_.is_rate() ? Eigen::VectorXd(alpha_.cwiseProduct(active)) : alpha_;
  step.pre = map_.is_rate() ? free : Eigen::VectorXd(free.cwiseProduct(active));
  step.constant = step.post.cwiseProduct(drive_.col(moment)) + fixed_.col(moment);
  return step;
}

Eigen::VectorXd Scyfi::apply(const Affine& step, const Eigen::VectorXd& x) const {
  const Eigen::VectorXd sum = weights_ * step.pre.cwiseProduct(x);
  return leak_.cwiseProduct(x) + step.post.cwiseProduct(sum) + step.constant;
}

Eigen::MatrixXd Scyfi::jacobian(const Affine& step) const {
  Eigen::MatrixXd matrix = step.post.asDiagonal() * weights_ * step.pre.asDiagonal();
  matrix.diagonal() += leak_;
  return matrix;
}

/// Which units are active: those with x > 0, for rate dynamics those whose drive is.
Scyfi::Pattern Scyfi::pattern(const Eigen::VectorXd& x, Index moment) const {
  Eigen::VectorXd sign = x;
  if (map_.is_rate()) {
    for (Index i = 0; i < sign.size(); ++i) {
      if (map_.held()[static_cast<std::size_t>(i)]) sign(i) = 0.0;  // within the drive already
    }
    sign = (weights_ * sign + drive_.col(moment)).eval();
  }
  Pattern pattern(static_cast<std::size_t>(sign.size()));
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const mrnn::Activation kind = map_.network().activations()[static_cast<std::size_t>(map_.units()[i])];
    pattern[i] = kind == mrnn::Activation::linear || sign(static_cast<Index>(i)) > 0.0;
  }
  return pattern;
}

std::vector<Scyfi::Pattern> Scyfi::patterns_from(Eigen::VectorXd x, Index moment, Index period) const {
  std::vector<Pattern> patterns;
  for (Index step = 0; step < period; ++step) {
    patterns.push_back(pattern(x, moment));
    x = apply(affine(patterns.back(), moment), x);
  }
  return patterns;
}

/// x[0] = P x[0] + s, with P = J_k ... J_1 and s what the constants come to.
std::vector<Eigen::VectorXd> Scyfi::candidate(const std::vector<Pattern>& guess, Index moment) const {
  Eigen::MatrixXd product = Eigen::MatrixXd::Identity(map_.size(), map_.size());
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(map_.size());
  std::vector<Affine> steps;
  for (const Pattern& pattern : guess) {
    steps.push_back(affine(pattern, moment));
    const Eigen::MatrixXd matrix = jacobian(steps.back());
    product = steps.size() == 1 ? matrix : Eigen::MatrixXd(matrix * product);
    sum = (matrix * sum).eval() + steps.back().constant;
  }
  product = -product;
  product.diagonal().array() += 1.0;
  if (!product.allFinite()) return {};
  const auto first = mrnn::solve_if_regular(product, sum);
  if (!first) return {};
  std::vector<Eigen::VectorXd> x{*first};
  for (std::size_t step = 0; step + 1 < steps.size(); ++step) x.push_back(apply(steps[step], x.back()));
  return x;
}

Scyfi::Orbit Scyfi::search(const Eigen::VectorXd& seed, Index moment, Index period) const {
  const Index number = numbers_[static_cast<std::size_t>(moment)];
  mrnn::RandomStream random(seed_, mrnn::Stream::analyses, mrnn::name_id("scyfi") + static_cast<std::uint64_t>(number));
  const auto draw = [&] {
    std::vector<Pattern> guess(static_cast<std::size_t>(period), Pattern(static_cast<std::size_t>(map_.size())));
    for (Pattern& pattern : guess) {
      for (std::size_t i = 0; i < pattern.size(); ++i) pattern[i] = random.uniform() < 0.5;
    }
    return guess;
  };
  Orbit orbit;
  std::vector<Pattern> guess = number % 2 == 0 ? patterns_from(seed, moment, period) : draw();
  std::set<std::vector<Pattern>> seen;
  while (orbit.solved < options_.iterations) {
    ++orbit.solved;
    orbit.x = candidate(guess, moment);
    std::vector<Pattern> own;
    for (const Eigen::VectorXd& x : orbit.x) own.push_back(pattern(x, moment));
    if (!orbit.x.empty() && own == guess) return orbit;
    const bool is_new = !orbit.x.empty() && seen.insert(guess).second;
    guess = is_new ? std::move(own) : draw();
  }
  orbit.x.clear();
  return orbit;
}

Search Scyfi::fixed_points(const Eigen::MatrixXd& seeds, const Tell& tell) const {
  Search found;
  found.x = seeds;
  found.ending.assign(static_cast<std::size_t>(seeds.cols()), Ending::unfinished);
  found.iterations.assign(found.ending.size(), 0);
  for (Index first = 0; first < seeds.cols(); first += seeds_at_once) {
    const Index count = std::min(seeds_at_once, seeds.cols() - first);
    std::vector<Orbit> orbits(static_cast<std::size_t>(count));
    mrnn::parallel_for(count, map_.threads(), [&](Index k) {
      orbits[static_cast<std::size_t>(k)] = search(seeds.col(first + k), first + k, 1);
    });
    for (Index k = 0; k < count; ++k) {
      const Orbit& orbit = orbits[static_cast<std::size_t>(k)];
      const auto seed = static_cast<std::size_t>(first + k);
      found.iterations[seed] = orbit.solved;
      if (orbit.x.empty()) continue;
      found.ending[seed] = Ending::fixed;
      found.x.col(first + k) = orbit.x.front();
    }
    tell(count);
  }
  found.q = 0.5 * map_.change(found.x, count_up(seeds.cols())).colwise().squaredNorm().transpose();
  return found;
}

std::vector<Cycle> Scyfi::cycles(const Eigen::MatrixXd& seeds, Index period, double distance, const Tell& tell) const {
  std::vector<Cycle> cycles;
  for (Index first = 0; first < seeds.cols(); first += seeds_at_once) {
    const Index count = std::min(seeds_at_once, seeds.cols() - first);
    std::vector<Orbit> orbits(static_cast<std::size_t>(count));
    mrnn::parallel_for(count, map_.threads(), [&](Index k) {
      orbits[static_cast<std::size_t>(k)] = search(seeds.col(first + k), first + k, period);
    });
    for (Index k = 0; k < count; ++k) {
      const std::vector<Eigen::VectorXd>& x = orbits[static_cast<std::size_t>(k)].x;
      const auto same = [&](std::size_t step) { return (x[step] - x[0]).norm() <= distance; };
      bool shorter = x.empty();
      for (std::size_t step = 1; step < x.size(); ++step) shorter = shorter || same(step);
      if (shorter) continue;
      Eigen::VectorXd end = x[0];
      for (Index step = 0; step < period; ++step) end += map_.change(end, {first + k});
      cycles.push_back({first + k, 0, {}, x, 0.5 * (end - x[0]).squaredNorm(), eigenvalues(x, first + k)});
    }
    tell(count);
  }
  return cycles;
}

Eigen::VectorXcd Scyfi::eigenvalues(const std::vector<Eigen::VectorXd>& x, Index moment) const {
  Eigen::MatrixXd product = Eigen::MatrixXd::Identity(map_.size(), map_.size());
  for (const Eigen::VectorXd& state : x) product = (jacobian(affine(pattern(state, moment), moment)) * product).eval();
  Eigen::VectorXcd values = mrnn::general_eigen(product, mrnn::EigenVectors::none).values;
  std::ranges::stable_sort(values, std::ranges::greater{}, [](const auto& value) { return std::abs(value); });
  return values;
}

}  // namespace fixed_points
