#include "item_fits.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>

#include "mrnn/error.hpp"
#include "mrnn/linear_algebra.hpp"

namespace dsa {
namespace {

/// Prepared activities are held up to this many bytes, else made again when they are needed.
constexpr std::size_t most_kept = std::size_t{1} << 28;

class Fitter {
 public:
  Fitter(const Options& options, const mrnn::ComparedActivities& activities, const mrnn::AnalysisContext& context)
      : options_(options), activities_(activities), context_(context), prepared_(activities.items().size()) {}

  Fits fit() {
    Fits fits;
    fits.delays = {options_.sweep.delays.front(), options_.sweep.interval};
    RankChoice rank = options_.rank;
    if (options_.is_sweep()) choose(fits, rank);
    fits.items.resize(prepared_.size());
    for (std::size_t item = 0; item < prepared_.size(); ++item) {
      if (!activities_.is_left_out(item)) find_basis(item, fits.delays, fits.items[item]);
      context_.advance(++done_);
    }
    find_rank(rank, fits);
    for (std::size_t item = 0; item < prepared_.size(); ++item) {
      if (!activities_.is_left_out(item)) fit_dynamics(item, fits.delays, fits.rank, fits.items[item]);
      context_.advance(++done_);
    }
    return fits;
  }

 private:
  const std::string& label(std::size_t item) const { return activities_.items()[item].label; }

  const Courses& courses(std::size_t item) {
    if (prepared_[item]) return *prepared_[item];
    Courses made = prepare(activities_.activity(item), options_.preparation);
    const std::size_t bytes = made.values.data.size() * sizeof(double);
    if (kept_ + bytes > most_kept) return latest_ = std::move(made);
    kept_ += bytes;
    return prepared_[item].emplace(std::move(made));
  }

  mrnn::Sequence inputs(std::size_t item) const {
    return options_.inputs ? activities_.inputs(item) : mrnn::Sequence();
  }

  /// The number of delays and the rank by which trials held out are predicted best, on average over items.
  void choose(Fits& fits, RankChoice& rank) {
    Scores mean;
    double count = 0.0;
    for (std::size_t item = 0; item < prepared_.size(); ++item) {
      if (!activities_.is_left_out(item)) {
        const Scores scores = judge(courses(item), inputs(item), options_.sweep, options_.fit);
        if (count++ == 0.0) {
          mean = scores;
        } else {
          mean.aic += scores.aic;
          mean.mase += scores.mase;
        }
      }
      context_.advance(++done_);
    }
    mean.aic /= count;
    mean.mase /= count;
    const Eigen::MatrixXd& scores = options_.criterion == Criterion::aic ? mean.aic : mean.mase;
    Index row = -1, column = -1;
    for (Index d = 0; d < scores.rows(); ++d) {
      for (Index r = 0; r < scores.cols(); ++r) {
        if (!std::isfinite(scores(d, r)) || (row >= 0 && scores(d, r) >= scores(row, column))) continue;
        row = d;
        column = r;
      }
    }
    if (row < 0) {
      throw mrnn::RunError(
          "none of the numbers of delays and ranks can be judged: trials are too short, or the "
          "activity has fewer directions than the lowest rank");
    }
    fits.delays.count = options_.sweep.delays[static_cast<std::size_t>(row)];
    rank.given = {options_.sweep.ranks[static_cast<std::size_t>(column)]};
    fits.remarks.push_back("chosen by " + std::string(options_.criterion == Criterion::aic ? "AIC" : "MASE") +
                           ": delays = " + std::to_string(fits.delays.count) +
                           ", rank = " + std::to_string(rank.given.front()));
    fits.scores = std::move(mean);
  }

  void find_basis(std::size_t item, const Delays& delays, ItemFit& fit) {
    const Courses& course = courses(item);
    Index longest = 0;
    for (const Stretch& stretch : course.stretches) longest = std::max(longest, stretch.last - stretch.first);
    const Index needed = delays.lead() + 1 + options_.fit.steps_ahead;
    if (longest < needed) {
      throw mrnn::RunError("the trials of " + label(item) + " have " + std::to_string(longest) +
                           " steps within the window; delays = " + std::to_string(delays.count) +
                           " with delay_interval = " + std::to_string(delays.interval) + " need " +
                           std::to_string(needed) + ". Use fewer delays or a longer window");
    }
    fit.kept = course.kept;
    fit.basis = dsa::find_basis(course, course.stretches, delays);
  }

  /// The largest rank that any item asks for, as far as all items have it.
  void find_rank(const RankChoice& choice, Fits& fits) const {
    Index wanted = 0, most = std::numeric_limits<Index>::max();
    std::size_t least = 0;
    for (std::size_t item = 0; item < fits.items.size(); ++item) {
      if (activities_.is_left_out(item)) continue;
      wanted = std::max(wanted, choice.of(fits.items[item].basis));
      if (fits.items[item].basis.rank() >= most) continue;
      most = fits.items[item].basis.rank();
      least = item;
    }
    if (wanted < 1) throw mrnn::RunError("threshold is above all singular values, so that no rank is left");
    fits.rank = std::min(wanted, most);
    if (wanted <= most) return;
    fits.remarks.push_back("rank " + std::to_string(most) + " instead of " + std::to_string(wanted) + ": " +
                           label(least) + " has no more directions");
  }

  void fit_dynamics(std::size_t item, const Delays& delays, Index rank, ItemFit& fit) {
    const Courses& course = courses(item);
    const Moments moments = collect(course, course.stretches, inputs(item), fit.basis, delays, options_.fit, rank);
    fit.dynamics = dsa::fit(moments, options_.fit, rank);
    fit.eigenvalues = mrnn::general_eigen(fit.dynamics.a, mrnn::EigenVectors::none).values;
    std::ranges::sort(fit.eigenvalues, [](const auto& a, const auto& b) {
      return std::abs(a) != std::abs(b) ? std::abs(a) > std::abs(b) : a.imag() > b.imag();
    });
  }

  const Options& options_;
  const mrnn::ComparedActivities& activities_;
  const mrnn::AnalysisContext& context_;
  std::vector<std::optional<Courses>> prepared_;
  Courses latest_;  ///< one that is not kept
  std::size_t kept_ = 0;
  long done_ = 0;
};

}  // namespace

std::vector<std::size_t> still_items(const mrnn::ComparedActivities& activities) {
  std::vector<std::size_t> still;
  for (std::size_t item = 0; item < activities.items().size(); ++item) {
    if (mrnn::is_constant(activities.activity(item))) still.push_back(item);
  }
  return still;
}

long parts_of_fitting(const Options& options, const mrnn::ComparedActivities& activities) {
  return std::ssize(activities.items()) * (options.is_sweep() ? 3 : 2);
}

Fits fit_all(const Options& options, const mrnn::ComparedActivities& activities, const mrnn::AnalysisContext& context) {
  return Fitter(options, activities, context).fit();
}

}  // namespace dsa
