#include "fit.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <optional>
#include <utility>

#include "mrnn/linear_algebra.hpp"

namespace psychometric {
namespace {

using Eigen::MatrixXd;
using Eigen::Vector4d;

/// Parameters (offset, slope, guess, lapse), with x scaled to [-1, 1].
constexpr Index offset = 0, slope = 1, guess = 2, lapse = 3;

/// Probabilities beyond are as good as 0: their logarithms stay finite.
constexpr double least_probability = 1e-300;

/// The problem in scaled x: data, bounds, and which parameters move together.
class Problem {
 public:
  Problem(const Points& points, Shape shape, const Lapses& lapses) : shape_(shape), lapses_(lapses) {
    const double low = points.front().variable, high = points.back().variable;
    middle_ = 0.5 * (low + high);
    half_ = 0.5 * (high - low);
    double gap = 2.0;
    for (const mrnn::Choices& point : points) {
      points_.push_back({(point.variable - middle_) / half_, point.chosen, point.trials});
      if (points_.size() > 1) gap = std::min(gap, points_.back().variable - points_[points_.size() - 2].variable);
    }
    // Steeper, the curve would go from 0.7 % to 99.3 % between neighbouring points, which choices cannot tell.
    constexpr double steepest = 10.0, narrowest = 0.02;
    limit_ = steepest / std::max(gap, narrowest);
  }

  /// log likelihood
  double value(const Vector4d& w) const {
    double sum = 0.0;
    for (const mrnn::Choices& point : points_) {
      const auto [p, q] = probabilities(w, point.variable);
      sum += point.chosen * std::log(p) + (point.trials - point.chosen) * std::log(q);
    }
    return sum;
  }

  /// Its gradient by the free parameters, and the Fisher information.
  void slopes(const Vector4d& w, Vector4d& gradient, Eigen::Matrix4d& information) const {
    gradient.setZero();
    information.setZero();
    const double span = 1.0 - w(guess) - w(lapse);
    for (const mrnn::Choices& point : points_) {
      const double z = w(offset) + w(slope) * point.variable;
      const auto [p, q] = probabilities(w, point.variable);
      const double rise = span * density(shape_, z);
      Vector4d d(rise, rise * point.variable, cumulative(shape_, -z), -cumulative(shape_, z));
      if (bias_) d(slope) -= rise * *bias_;  // the offset moves with the slope
      if (lapses_.kind == Lapses::Kind::equal) d(guess) += d(lapse);
      gradient += (point.chosen / p - (point.trials - point.chosen) / q) * d;
      information += point.trials / (p * q) * d * d.transpose();
    }
  }

  /// Are parameters `k` of w held where they are, given the gradient: fixed, or at a bound that they would leave?
  bool held(const Vector4d& w, const Vector4d& gradient, Index k) const {
    if (k == lapse && lapses_.kind != Lapses::Kind::free) return true;
    if (k == guess && lapses_.kind == Lapses::Kind::fixed) return true;
    if ((k == offset && bias_) || (k == slope && slope_)) return true;
    return (w(k) <= low(k) && gradient(k) < 0.0) || (w(k) >= high(k) && gradient(k) > 0.0);
  }

  Vector4d within(Vector4d w) const {
    for (Index k = 0; k < 4; ++k) w(k) = std::clamp(w(k), low(k), high(k));
    if (lapses_.kind == Lapses::Kind::equal) w(lapse) = w(guess);
    if (slope_) w(slope) = *slope_;
    if (bias_) w(offset) = -*bias_ * w(slope);
    return w;
  }

  Curve curve(const Vector4d& w) const {
    const bool at_limit = std::abs(w(offset)) >= limit_ || std::abs(w(slope)) >= limit_;
    return {shape_, w(offset) - w(slope) * middle_ / half_, w(slope) / half_, w(guess), w(lapse), at_limit};
  }
  Vector4d parameters(const Curve& curve) const {
    return within({curve.offset + curve.slope * middle_, curve.slope * half_, curve.guess, curve.lapse});
  }

  /// The same problem with the slope, or the bias, fixed; in scaled x.
  Problem with_slope(double value) const {
    Problem made = *this;
    made.slope_ = value;
    return made;
  }
  Problem with_bias(double value) const {
    Problem made = *this;
    made.bias_ = value;
    return made;
  }
  double steepest() const noexcept { return limit_; }
  double unscaled_slope(double value) const noexcept { return value / half_; }
  double unscaled_bias(double value) const noexcept { return middle_ + half_ * value; }

  /// Transitions here and there, gentle and steep, rising and falling, with and without lapses.
  std::vector<Vector4d> starts() const {
    std::vector<Vector4d> all;
    for (const double centre : {-0.75, -0.35, 0.0, 0.35, 0.75}) {
      for (const double steep : {1.5, 5.0, 15.0}) {
        for (const double sign : {1.0, -1.0}) {
          for (const double lapses : {0.01, 0.1}) {
            all.push_back(within({-sign * steep * centre, sign * steep, lapses, lapses}));
          }
        }
      }
    }
    return all;
  }

 private:
  double low(Index k) const noexcept {
    if (k < guess) return -limit_;
    return lapses_.kind == Lapses::Kind::fixed ? (k == guess ? lapses_.guess : lapses_.lapse) : 0.0;
  }
  double high(Index k) const noexcept {
    if (k < guess) return limit_;
    return lapses_.kind == Lapses::Kind::fixed ? low(k) : lapses_.most;
  }

  /// P and 1 - P, each without cancellation.
  std::pair<double, double> probabilities(const Vector4d& w, double x) const {
    const double z = w(offset) + w(slope) * x, span = 1.0 - w(guess) - w(lapse);
    return {std::max(least_probability, w(guess) + span * cumulative(shape_, z)),
            std::max(least_probability, w(lapse) + span * cumulative(shape_, -z))};
  }

  Shape shape_;
  Lapses lapses_;
  Points points_;  ///< variable scaled to [-1, 1]
  double middle_ = 0.0, half_ = 1.0, limit_ = 0.0;
  std::optional<double> slope_, bias_;  ///< where they are fixed
};

/// (information + damping diag) step = gradient over the parameters that are not held.
Vector4d step_of(const Problem& problem, const Vector4d& w, const Vector4d& gradient,
                 const Eigen::Matrix4d& information, double damping) {
  std::vector<Index> moving;
  for (Index k = 0; k < 4; ++k) {
    if (!problem.held(w, gradient, k)) moving.push_back(k);
  }
  Vector4d step = Vector4d::Zero();
  const auto count = std::ssize(moving);
  if (count == 0) return step;
  MatrixXd a(count, count), b(count, 1);
  for (Index i = 0; i < count; ++i) {
    for (Index j = 0; j < count; ++j) a(i, j) = information(moving[std::size_t(i)], moving[std::size_t(j)]);
    a(i, i) += damping * a(i, i) + std::numeric_limits<double>::min();
    b(i, 0) = gradient(moving[std::size_t(i)]);
  }
  const MatrixXd solution = mrnn::least_squares(a, b);
  for (Index i = 0; i < count; ++i) step(moving[std::size_t(i)]) = solution(i, 0);
  return step;
}

/// Fisher scoring with steps damped until the likelihood rises, kept within the bounds.
Vector4d climb(const Problem& problem, Vector4d w) {
  constexpr int most_rounds = 200;
  constexpr double smallest_step = 1e-11, most_damping = 1e12;
  double value = problem.value(w), damping = 1e-3;
  for (int round = 0; round < most_rounds; ++round) {
    Vector4d gradient;
    Eigen::Matrix4d information;
    problem.slopes(w, gradient, information);
    bool moved = false;
    double length = 0.0;
    while (!moved && damping < most_damping) {
      const Vector4d next = problem.within(w + step_of(problem, w, gradient, information, damping));
      const double next_value = problem.value(next);
      moved = next_value > value;
      damping = moved ? std::max(1e-12, 0.1 * damping) : 10.0 * damping;
      if (!moved) continue;
      length = (next - w).cwiseAbs().maxCoeff();
      w = next;
      value = next_value;
    }
    if (!moved || length < smallest_step) break;
  }
  return w;
}

/// Likelihoods of curves of which one number is fixed, as great as the other parameters can make them. Values of that
/// number are tried one after the other, each fit from where the last ended.
class Profile {
 public:
  Profile(const Problem& problem, const Curve& fitted) : problem_(problem), top_(problem.parameters(fitted)) {
    // Half the 95 % point of chi^2 with one degree of freedom.
    constexpr double rejected_below = 1.9207294103470622;
    least_ = problem.value(top_) - rejected_below;
    sign_ = top_(slope) < 0.0 ? -1.0 : 1.0;
  }

  /// Is no slope from the fitted one to the steepest rejected?
  bool steepest_accepted() const {
    constexpr double stride = 1.25, first = 1e-3;
    Vector4d w = top_;
    double steep = std::max(std::abs(top_(slope)), first);
    while (steep < problem_.steepest()) {
      steep = std::min(stride * steep, problem_.steepest());
      if (!accepts_slope(sign_ * steep, w)) return false;
    }
    return true;
  }

  /// The slope nearest 0 that is not rejected.
  double gentlest() const {
    const auto accepts = [&](double value, Vector4d& w) { return accepts_slope(value, w); };
    Vector4d w = top_;
    return accepts(0.0, w) ? 0.0 : border(top_(slope), 0.0, top_, accepts);
  }

  /// The bias that is not rejected furthest to one side; infinite where it is beyond all points by what they span.
  double furthest_bias(double direction) const {
    constexpr double beyond = 3.0;
    const auto accepts = [&](double value, Vector4d& w) { return accepts_bias(value, w); };
    Vector4d w = top_;
    double last = top_(slope) == 0.0 ? 0.0 : std::clamp(-top_(offset) / top_(slope), -beyond, beyond);
    for (double stride = 0.01; direction * last < beyond; stride *= 1.5) {
      const double next = std::clamp(last + direction * stride, -beyond, beyond);
      Vector4d refitted = w;
      if (!accepts(next, refitted)) return problem_.unscaled_bias(border(last, next, w, accepts));
      w = refitted;
      last = next;
    }
    return direction * std::numeric_limits<double>::infinity();
  }

 private:
  /// Starts from the offset that was, and from the bias that was.
  bool accepts_slope(double value, Vector4d& w) const {
    Vector4d same_bias = w;
    if (w(slope) != 0.0) same_bias(offset) *= value / w(slope);
    return accepts(problem_.with_slope(value), same_bias, w);
  }
  /// Starts from the slope that was, and from a gentle one: those of steep curves say little of where to go.
  bool accepts_bias(double value, Vector4d& w) const {
    constexpr double gentle = 3.0;
    Vector4d gentler = w;
    gentler(slope) = sign_ * gentle;
    return accepts(problem_.with_bias(value), gentler, w);
  }
  bool accepts(const Problem& fixed, const Vector4d& other, Vector4d& w) const {
    const Vector4d first = climb(fixed, fixed.within(w)), second = climb(fixed, fixed.within(other));
    w = fixed.value(first) >= fixed.value(second) ? first : second;
    return fixed.value(w) >= least_;
  }

  /// The value nearest `outside`, which is rejected, that is not; `inside`, with parameters w, is not.
  template <class Accepts>
  static double border(double inside, double outside, Vector4d w, Accepts&& accepts) {
    for (int halving = 0; halving < 40; ++halving) {
      const double middle = 0.5 * (inside + outside);
      Vector4d refitted = w;
      if (accepts(middle, refitted)) {
        inside = middle;
        w = refitted;
      } else {
        outside = middle;
      }
    }
    return inside;
  }

  const Problem& problem_;
  Vector4d top_;
  double least_ = 0.0, sign_ = 1.0;
};

double binomial(double trials, double probability, mrnn::RandomStream& random) {
  double chosen = 0.0;
  for (double k = 0.0; k < trials; ++k) {
    if (random.uniform() < probability) ++chosen;
  }
  return chosen;
}

}  // namespace

double cumulative(Shape shape, double z) noexcept {
  if (shape == Shape::normal) return 0.5 * std::erfc(-z / std::numbers::sqrt2);
  return z >= 0.0 ? 1.0 / (1.0 + std::exp(-z)) : std::exp(z) / (1.0 + std::exp(z));
}

double density(Shape shape, double z) noexcept {
  if (shape == Shape::normal) return std::exp(-0.5 * z * z) / std::sqrt(2.0 * std::numbers::pi);
  return cumulative(shape, z) * cumulative(shape, -z);
}

double quartile(Shape shape) noexcept {
  return shape == Shape::normal ? 0.674489750196081743 : std::log(3.0);
}

double Curve::operator()(double x) const noexcept {
  return guess + (1.0 - guess - lapse) * cumulative(shape, offset + slope * x);
}

double Curve::complement(double x) const noexcept {
  return lapse + (1.0 - guess - lapse) * cumulative(shape, -(offset + slope * x));
}

double Curve::bias() const noexcept {
  return slope == 0.0 ? std::numeric_limits<double>::quiet_NaN() : -offset / slope;
}

double Curve::threshold() const noexcept {
  return quartile(shape) / std::abs(slope);
}

double log_likelihood(const Curve& curve, const Points& points) noexcept {
  double sum = 0.0;
  for (const mrnn::Choices& point : points) {
    if (point.chosen > 0.0) sum += point.chosen * std::log(curve(point.variable));
    if (point.chosen < point.trials) {
      sum += (point.trials - point.chosen) * std::log(curve.complement(point.variable));
    }
  }
  return sum;
}

double deviance(const Curve& curve, const Points& points) noexcept {
  double through_all = 0.0;
  for (const mrnn::Choices& point : points) {
    const double p = point.share();
    if (p > 0.0) through_all += point.chosen * std::log(p);
    if (p < 1.0) through_all += (point.trials - point.chosen) * std::log(1.0 - p);
  }
  return 2.0 * (through_all - log_likelihood(curve, points));
}

Index free_parameters(const Lapses& lapses) noexcept {
  return lapses.kind == Lapses::Kind::free ? 4 : lapses.kind == Lapses::Kind::equal ? 3 : 2;
}

Curve fit(const Points& points, Shape shape, const Lapses& lapses) {
  constexpr std::size_t climbed = 6;
  const Problem problem(points, shape, lapses);
  std::vector<std::pair<double, Vector4d>> starts;
  for (const Vector4d& start : problem.starts()) starts.emplace_back(problem.value(start), start);
  std::ranges::stable_sort(starts, std::greater<>(), &std::pair<double, Vector4d>::first);
  Vector4d best = starts.front().second;
  double most = -std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < std::min(climbed, starts.size()); ++k) {
    const Vector4d top = climb(problem, starts[k].second);
    const double value = problem.value(top);
    if (value > most + 1e-12 * std::abs(value)) {
      most = value;
      best = top;
    }
  }
  return problem.curve(best);
}

std::optional<OpenSlope> open_slope(const Curve& fitted, const Points& points, const Lapses& lapses) {
  const Problem problem(points, fitted.shape, lapses);
  const Profile profile(problem, fitted);
  if (!profile.steepest_accepted()) return std::nullopt;
  return OpenSlope{problem.unscaled_slope(profile.gentlest()), profile.furthest_bias(-1.0), profile.furthest_bias(1.0)};
}

Bootstrap bootstrap(const Curve& curve, const Points& points, const Lapses& lapses, Index count,
                    mrnn::RandomStream& random) {
  Bootstrap found;
  const double observed = deviance(curve, points);
  for (Index number = 0; number < count; ++number) {
    Points drawn = points;
    for (mrnn::Choices& point : drawn) point.chosen = binomial(point.trials, curve(point.variable), random);
    const Problem problem(drawn, curve.shape, lapses);
    // The true curve is near enough to need no other start.
    found.curves.push_back(problem.curve(climb(problem, problem.parameters(curve))));
    if (deviance(found.curves.back(), drawn) >= observed) found.worse += 1.0 / static_cast<double>(count);
  }
  return found;
}

}  // namespace psychometric
