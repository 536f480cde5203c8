#include "sums.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "mrnn/error.hpp"

namespace gramians {
namespace {

using Eigen::MatrixXd;
using mrnn::Index;

constexpr double epsilon = std::numeric_limits<double>::epsilon();
/// 2^40 steps: a mode that has not died out by then does not.
constexpr Index most_doublings = 40;

enum class Side : std::uint8_t { reached, seen };

/// P S P^T, or P^T S P: symmetric, so only half of it is computed.
MatrixXd transform(const MatrixXd& p, const MatrixXd& s, Side side) {
  const MatrixXd half = side == Side::reached ? MatrixXd(p * s) : MatrixXd(p.transpose() * s);
  MatrixXd result = MatrixXd::Zero(s.rows(), s.cols());
  if (side == Side::reached) {
    result.triangularView<Eigen::Lower>() += half * p.transpose();
  } else {
    result.triangularView<Eigen::Lower>() += half * p;
  }
  result.triangularView<Eigen::StrictlyUpper>() = result.transpose();
  return result;
}

/// sums <- first + A^m sums (A^m)^T and the like; returns the largest share that this added to any of them.
double add(const MatrixXd& power, const Sums& first, Sums& sums) {
  double share = 0.0;
  const auto one = [&](const MatrixXd& start, MatrixXd& sum, Side side) {
    const MatrixXd moved = transform(power, sum, side);
    const double before = moved.cwiseAbs().maxCoeff();
    sum = start + moved;
    if (!sum.allFinite()) throw mrnn::RunError("the gramians overflow: a shorter horizon keeps them finite");
    share = std::max(share, before / std::max(sum.cwiseAbs().maxCoeff(), std::numeric_limits<double>::min()));
  };
  for (std::size_t i = 0; i < sums.reached.size(); ++i) one(first.reached[i], sums.reached[i], Side::reached);
  for (std::size_t i = 0; i < sums.seen.size(); ++i) one(first.seen[i], sums.seen[i], Side::seen);
  return share;
}

Sums sum_all(const MatrixXd& a, const Sums& first, const std::function<void()>& tick) {
  Sums sums = first;
  MatrixXd power = a;
  for (Index doubling = 0; doubling < most_doublings; ++doubling) {
    const double share = add(power, sums, sums);
    tick();
    if (share <= epsilon) return sums;
    power = (power * power).eval();
    if (!power.allFinite()) break;
  }
  throw mrnn::RunError("the gramians over infinite time do not converge; set the key horizon");
}

}  // namespace

Sums sum_powers(const MatrixXd& a, const Sums& first, Index terms, const std::function<void()>& tick) {
  if (terms == 0) return sum_all(a, first, tick);
  // The bits of `terms` from the second highest on: S(2m) = S(m) + A^m S(m) A^m^T, S(m + 1) = Q + A S(m) A^T.
  Sums sums = first;
  MatrixXd power = a;
  const auto number = static_cast<std::uint64_t>(terms);
  for (int bit = std::bit_width(number) - 2; bit >= 0; --bit) {
    add(power, sums, sums);
    power = (power * power).eval();
    if ((number >> bit & 1U) != 0U) {
      add(a, first, sums);
      power = (power * a).eval();
    }
    tick();
  }
  return sums;
}

Index doublings(double spectral_radius, Index terms) {
  if (terms > 0) return std::bit_width(static_cast<std::uint64_t>(terms)) - 1;
  // Until the largest mode has decayed to the rounding, twice per sum.
  const double steps = -0.5 * std::log(epsilon) / std::max(-std::log(spectral_radius), 1e-12);
  return std::clamp<Index>(static_cast<Index>(std::ceil(std::log2(std::max(steps, 1.0)))) + 1, 1, most_doublings);
}

}  // namespace gramians
