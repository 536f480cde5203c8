// Centred kernel alignment: how alike the activities of two regions are, sample by sample.

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels.hpp"
#include "mrnn/comparison.hpp"
#include "mrnn/comparison_report.hpp"
#include "mrnn/error.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/samples.hpp"

namespace {

using mrnn::Index;

enum class KernelKind { linear, rbf };

/// Activities of all items are held together up to this many bytes.
constexpr std::size_t most_kept = std::size_t{1} << 29;
/// Kernels over samples have n^2 entries.
constexpr Index default_rbf_samples = 1000;
constexpr Index most_rbf_samples = 10'000;

/// So many of the samples, the same ones of every activity; all where there are no more.
mrnn::Sequence thinned(mrnn::Sequence samples, Index count) {
  if (count >= samples.trials) return samples;
  mrnn::Sequence chosen(samples.units, count, 1);
  chosen.at(0) = samples.at(0)(Eigen::all, mrnn::spread_samples(samples.trials, count));
  return chosen;
}

/// CKA = HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L)).
class Cka final : public mrnn::Analysis {
 public:
  Cka(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : comparison_(config, network, mrnn::Correspondence::samples) {
    const std::string kernel = config.choice("kernel", std::vector<std::string>{"linear", "rbf"}, "linear");
    kernel_ = kernel == "linear" ? KernelKind::linear : KernelKind::rbf;
    if (kernel_ == KernelKind::linear && config.has("bandwidth")) {
      config.fail("bandwidth", "has no effect with kernel = \"linear\"; it belongs to rbf");
    }
    bandwidth_ = config.positive("bandwidth", 1.0);
    estimate_ = config.flag("debiased", false) ? cka::Estimate::debiased : cka::Estimate::biased;
    if (config.has("samples")) samples_ = config.count("samples", 4);
    if (kernel_ == KernelKind::rbf && samples_ > most_rbf_samples) {
      config.fail("samples", "is " + std::to_string(samples_) + "; kernel = \"rbf\" takes at most " +
                                 std::to_string(most_rbf_samples) + ", since its memory grows with the square");
    }
  }

  mrnn::Record needs() const override { return comparison_.needs(); }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override { comparison_.check(planned); }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    mrnn::ComparedActivities activities = comparison_.read(context);
    const Index fewest = estimate_ == cka::Estimate::debiased ? 4 : 2;
    if (activities.sample_count() < fewest) {
      throw mrnn::RunError("there are " + std::to_string(activities.sample_count()) + " samples; " +
                           std::to_string(fewest) + " are needed");
    }
    mrnn::ComparisonMatrix similarity{mrnn::no_comparisons(activities, 1.0), "CKA", "rad"};
    Index used = std::min(samples_, activities.sample_count());
    if (samples_ == 0) used = activities.sample_count();
    if (kernel_ == KernelKind::rbf) {
      if (samples_ == 0) used = std::min(used, default_rbf_samples);
      compare_rbf(activities, context, used, similarity.values);
    } else {
      compare_linear(activities, context, used, similarity.values);
    }
    leave_out_unstructured(activities, similarity.values);
    report(activities, context, used, std::move(similarity), results);
  }

 private:
  void compare_linear(const mrnn::ComparedActivities& activities, const mrnn::AnalysisContext& context, Index used,
                      Eigen::MatrixXd& similarity) const {
    const auto prepare = [&](std::size_t item) {
      return cka::prepare_linear(samples_of(activities, item, used), estimate_);
    };
    mrnn::for_each_pair(activities, context, activities.bytes() <= most_kept, prepare,
                        [&](std::size_t i, const cka::LinearSamples& x, std::size_t j, const cka::LinearSamples& y) {
                          mark_unstructured(i, x.self, similarity);
                          mark_unstructured(j, y.self, similarity);
                          set(similarity, i, j, cka::hsic(x, y, estimate_) / std::sqrt(x.self * y.self));
                        });
  }

  void compare_rbf(const mrnn::ComparedActivities& activities, const mrnn::AnalysisContext& context, Index used,
                   Eigen::MatrixXd& similarity) const {
    const auto prepare = [&](std::size_t item) {
      return cka::prepare_rbf(samples_of(activities, item, used).at(0), bandwidth_, estimate_);
    };
    const auto bytes = activities.items().size() * static_cast<std::size_t>(used * used) * sizeof(double);
    mrnn::for_each_pair(activities, context, bytes <= most_kept, prepare,
                        [&](std::size_t i, const cka::Kernel& x, std::size_t j, const cka::Kernel& y) {
                          mark_unstructured(i, x.self, similarity);
                          mark_unstructured(j, y.self, similarity);
                          set(similarity, i, j, cka::hsic(x, y) / std::sqrt(x.self * y.self));
                        });
  }

  static void set(Eigen::MatrixXd& similarity, std::size_t i, std::size_t j, double value) {
    similarity(static_cast<Index>(i), static_cast<Index>(j)) = value;
    similarity(static_cast<Index>(j), static_cast<Index>(i)) = value;
  }

  static mrnn::Sequence samples_of(const mrnn::ComparedActivities& activities, std::size_t item, Index used) {
    return thinned(activities.samples(item), used);
  }

  /// Nothing is like an activity whose HSIC with itself is not above 0.
  static void mark_unstructured(std::size_t item, double self, Eigen::MatrixXd& similarity) {
    if (!(self > 0.0)) set(similarity, item, item, std::nan(""));
  }

  void leave_out_unstructured(mrnn::ComparedActivities& activities, Eigen::MatrixXd& similarity) const {
    std::vector<std::size_t> found;
    for (std::size_t item = 0; item < activities.items().size(); ++item) {
      const auto row = static_cast<Index>(item);
      if (activities.is_left_out(item) || !std::isnan(similarity(row, row))) continue;
      found.push_back(item);
      similarity.row(row).setConstant(std::nan(""));
      similarity.col(row).setConstant(std::nan(""));
    }
    activities.leave_out(found, estimate_ == cka::Estimate::debiased
                                    ? "without structure beyond that of independent samples (debiased = false compares "
                                      "it as it is)"
                                    : "the same at all samples that are drawn");
  }

  void report(const mrnn::ComparedActivities& activities, const mrnn::AnalysisContext& context, Index used,
              mrnn::ComparisonMatrix similarity, mrnn::AnalysisResults& results) const {
    // 1 and -1 are passed by rounding.
    similarity.distances =
        similarity.values.unaryExpr([](double value) { return std::acos(std::clamp(value, -1.0, 1.0)); });
    mrnn::add_items(activities, results);
    results.add("cka", similarity.values, {"item", "item"}, "1",
                "similarity; NaN where two are not compared, and of an activity that is constant");
    results.add("distance", *similarity.distances, {"item", "item"}, "rad", "arc cosine of the similarity");
    results.scalar("samples", static_cast<double>(used), "1", "that are compared");
    results.summary.push_back(std::to_string(used) + " samples of " + std::to_string(activities.items().size()) +
                              " activities");
    mrnn::Figure figure;
    figure.name = "similarity";
    figure.title = "Centred kernel alignment";
    figure.caption = "1: the same up to rotation and scale; 0: unrelated.";
    mrnn::add_comparison(activities, context.network(), similarity, std::move(figure), results);
  }

  mrnn::Comparison comparison_;
  KernelKind kernel_ = KernelKind::linear;
  cka::Estimate estimate_ = cka::Estimate::biased;
  double bandwidth_ = 1.0;
  Index samples_ = 0;  ///< 0: as many as there are, for rbf up to a default
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "cka",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<Cka>(config, network);
      },
      "centred kernel alignment: similarity of the activities of regions, simulations and runs",
      std::string(mrnn::comparison_options) +
          "kernel = \"linear\"     linear | rbf\n"
          "bandwidth = 1         rbf: times the median distance\n"
          "debiased = false      estimate without the bias of few samples\n"
          "samples               at most, drawn from all times; default: all, 1000 for rbf");
}

}  // namespace

MRNN_PLUGIN("cka", "1.0", attach)
