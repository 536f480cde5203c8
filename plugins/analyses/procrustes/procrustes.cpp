// Procrustes distances: how far apart two activities are at the best rotation of one onto the other.

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mrnn/comparison.hpp"
#include "mrnn/comparison_report.hpp"
#include "mrnn/plugin.hpp"
#include "shapes.hpp"

namespace {

using mrnn::Index;
using procrustes::Match;
using procrustes::Shape;
using procrustes::Transform;

/// Activities of all items are held together up to this many bytes.
constexpr std::size_t most_kept = std::size_t{1} << 29;

enum class Measure { angular, schoenemann, cca };

/// d(X, Y) = min over Q of |X - Q Y|, or the angle between X and Q Y.
class Procrustes final : public mrnn::Analysis {
 public:
  Procrustes(const mrnn::ConfigNode& config, const mrnn::Network& network)
      : comparison_(config, network, mrnn::Correspondence::samples) {
    const std::vector<std::string> measures{"angular", "schoenemann", "cca"};
    const std::string measure = config.choice("measure", measures, "angular");
    measure_ = static_cast<Measure>(std::ranges::find(measures, measure) - measures.begin());
    const std::vector<std::string> transforms{"orthogonal", "permutation"};
    const std::string transform = config.choice("transform", transforms, "orthogonal");
    transform_ = transform == "orthogonal" ? Transform::orthogonal : Transform::permutation;
    if (measure_ == Measure::cca && transform_ == Transform::permutation) {
      config.fail("transform",
                  "is \"permutation\", but canonical correlations (measure = \"cca\") have directions of "
                  "their own; it belongs to angular and schoenemann");
    }
    if (config.has("scaling") && measure_ != Measure::schoenemann) {
      config.fail("scaling", "has no effect with measure = \"" + measure +
                                 "\", which does not depend on the size of the "
                                 "activity; it belongs to schoenemann");
    }
    scaling_ = config.flag("scaling", false) || measure_ != Measure::schoenemann;
    if (config.has("ridge") && measure_ != Measure::cca) {
      config.fail("ridge", "has no effect with measure = \"" + measure + "\"; it belongs to cca");
    }
    ridge_ = config.at_least_zero("ridge", 1e-3);
  }

  mrnn::Record needs() const override { return comparison_.needs(); }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override { comparison_.check(planned); }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    const mrnn::ComparedActivities activities = comparison_.read(context);
    const auto count = std::ssize(activities.items());
    mrnn::ComparisonMatrix distances{mrnn::no_comparisons(activities, 0.0), axis_words(), unit()};
    std::vector<Match> matches;
    mrnn::for_each_pair(
        activities, context, activities.bytes() <= most_kept,
        [&](std::size_t item) { return prepare(activities, item); },
        [&](std::size_t i, const Shape& x, std::size_t j, const Shape& y) {
          matches.push_back(procrustes::match(x, y, transform_));
          matches.back().correlations *= x.norm * y.norm;
          const double value = distance(matches.back(), activities.sample_count());
          distances.values(static_cast<Index>(i), static_cast<Index>(j)) = value;
          distances.values(static_cast<Index>(j), static_cast<Index>(i)) = value;
        });
    mrnn::add_items(activities, results);
    results.add("distance", distances.values, {"item", "item"},
                is_angle() ? "rad"
                : scaling_ ? "1"
                           : "a.u.",
                words() + "; NaN where two are not compared, and of an activity that is constant");
    add_matches(activities, matches, results);
    results.scalar("samples", static_cast<double>(activities.sample_count()), "1", "that are compared");
    results.summary.push_back(std::to_string(activities.sample_count()) + " samples of " + std::to_string(count) +
                              " activities");
    mrnn::add_comparison(activities, context.network(), distances, empty_figure(), results);
  }

 private:
  bool is_angle() const { return measure_ != Measure::schoenemann; }

  Shape prepare(const mrnn::ComparedActivities& activities, std::size_t item) const {
    mrnn::Sequence samples = activities.samples(item);
    if (measure_ == Measure::cca) return procrustes::make_white_shape(std::move(samples), ridge_);
    return procrustes::make_shape(std::move(samples), scaling_);
  }

  double distance(const Match& match, Index samples) const {
    // Of unit vectors, the gap is the chord of the angle; that is exact for small angles too.
    if (is_angle()) return 2.0 * std::asin(std::min(1.0, 0.5 * match.gap));
    return scaling_ ? match.gap : match.gap / std::sqrt(static_cast<double>(samples));
  }

  /// What the best match of each pair is like: canonical correlations, or the partners of units.
  void add_matches(const mrnn::ComparedActivities& activities, const std::vector<Match>& matches,
                   mrnn::AnalysisResults& results) const {
    Index longest = 0;
    const bool exchanged = transform_ == Transform::permutation;
    if (!exchanged && measure_ != Measure::cca) return;
    for (const Match& match : matches) {
      longest = std::max<Index>(longest, exchanged ? std::ssize(match.partners) : match.correlations.size());
    }
    const auto count = std::ssize(matches);
    Eigen::MatrixXd pairs(count, 2), values = Eigen::MatrixXd::Constant(count, longest, std::nan(""));
    for (Index k = 0; k < count; ++k) {
      const auto& [i, j] = activities.pairs()[static_cast<std::size_t>(k)];
      pairs.row(k) << static_cast<double>(i), static_cast<double>(j);
      const Match& match = matches[static_cast<std::size_t>(k)];
      for (std::size_t unit = 0; unit < match.partners.size(); ++unit) {
        values(k, static_cast<Index>(unit)) = static_cast<double>(match.partners[unit]);
      }
      if (!exchanged) values.row(k).head(match.correlations.size()) = match.correlations.transpose();
    }
    results.add("pairs", pairs, {"pair", "item"}, "1", "items of each pair");
    if (exchanged) {
      results.add("partners", values, {"pair", "unit"}, "1",
                  "unit of the second item for each unit of the first, counted within them; -1 none, NaN no such unit");
    } else {
      results.add("correlations", values, {"pair", "component"}, "1", "canonical correlations, falling; NaN no more");
    }
  }

  mrnn::Figure empty_figure() const {
    mrnn::Figure figure;
    figure.name = "distances";
    figure.title = measure_ == Measure::cca ? "Distances by canonical correlations" : "Procrustes distances";
    figure.caption = "0: the same activity after " + transform_words() + ".";
    return figure;
  }

  std::string transform_words() const {
    if (measure_ == Measure::cca) return "linear maps of both";
    const std::string map = transform_ == Transform::orthogonal ? "a rotation or reflection" : "an exchange of units";
    return scaling_ ? map + " and scaling" : map;
  }

  std::string unit() const { return is_angle() ? "rad" : scaling_ ? "" : "a.u."; }

  std::string axis_words() const {
    if (is_angle()) return measure_ == Measure::cca ? "CCA distance (rad)" : "angular distance (rad)";
    return scaling_ ? "Procrustes distance" : "Procrustes distance (a.u.)";
  }

  std::string words() const {
    if (measure_ == Measure::cca) return "angle between whitened activities at the best rotation";
    if (is_angle()) return "angle between X and Q Y at the best Q";
    return scaling_ ? "|X - Q Y| at the best Q, X and Y of norm 1"
                    : "root mean square over samples of |x - Q y| at the "
                      "best Q";
  }

  mrnn::Comparison comparison_;
  Measure measure_ = Measure::angular;
  Transform transform_ = Transform::orthogonal;
  bool scaling_ = true;
  double ridge_ = 1e-3;
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "procrustes",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<Procrustes>(config, network);
      },
      "Procrustes distances between the activities of regions, simulations and runs; canonical correlations",
      std::string(mrnn::comparison_options) +
          "measure = \"angular\"   angular | schoenemann | cca\n"
          "transform = \"orthogonal\"  orthogonal | permutation\n"
          "scaling = false       schoenemann: scale each activity to norm 1\n"
          "ridge = 1e-3          cca: of the covariance, times the mean variance");
}

}  // namespace

MRNN_PLUGIN("procrustes", "1.0", attach)
