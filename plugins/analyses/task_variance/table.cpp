#include "table.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <numeric>
#include <utility>

#include "mrnn/error.hpp"
#include "mrnn/names.hpp"

namespace task_variance {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

VectorXd to_vector(const std::vector<Index>& values) {
  VectorXd vector(std::ssize(values));
  for (Index k = 0; k < vector.size(); ++k) vector(k) = static_cast<double>(values[static_cast<std::size_t>(k)]);
  return vector;
}

void add_units(const Table& table, mrnn::AnalysisResults& results) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Index units = table.variance.rows();
  MatrixXd normalised = MatrixXd::Constant(units, table.variance.cols(), nan);
  VectorXd active = VectorXd::Zero(units), cluster = VectorXd::Constant(units, -1.0);
  for (std::size_t k = 0; k < table.active.size(); ++k) {
    normalised.row(table.active[k]) = table.normalised.row(static_cast<Index>(k));
    active(table.active[k]) = 1.0;
    if (!table.labels.empty()) cluster(table.active[k]) = table.labels[k];
  }
  results.add("variance", table.variance, {"unit", "task"}, "a.u.^2", "variance over stimuli, averaged over time");
  results.add("normalised", normalised, {"unit", "task"}, "1", "by the largest of each unit; NaN: not active");
  results.add("total", table.variance.rowwise().sum(), {"unit"}, "a.u.^2", "sum over tasks");
  results.add("active", active, {"unit"}, "1", "1: the total is above the threshold");
  results.add("cluster", cluster, {"unit"}, "1", "from 0; -1: not active, or not clustered");
  std::vector<Index> numbers, order;
  mrnn::NamedTexts regions{"unit_region", {}, "region of each unit", "unit"};
  for (const Population& population : table.populations) {
    for (const Index unit : population.units.indices()) {
      numbers.push_back(unit);
      regions.values.push_back(population.name);
    }
  }
  for (const Index position : table.order) order.push_back(table.active[static_cast<std::size_t>(position)]);
  results.add("units", to_vector(numbers), {"unit"}, "1", "numbers of the units in the network");
  results.add("order", to_vector(order), {"active"}, "1", "active units (rows of the other arrays) by cluster");
  results.texts.push_back(std::move(regions));
}

void add_clusters(const Table& table, mrnn::AnalysisResults& results) {
  results.add("cluster_counts", to_vector(table.counts), {"count"}, "1", "numbers of clusters tried");
  results.add("silhouette", table.silhouettes, {"count"}, "1", "mean silhouette of each");
  results.add("inertia", table.inertias, {"count"}, "1", "sum of squared distances from the centres");
  const Index clusters = table.clusters();
  MatrixXd means = MatrixXd::Zero(clusters, table.variance.cols());
  MatrixXd shares(clusters, std::ssize(table.populations));
  VectorXd sizes(clusters);
  for (std::size_t k = 0; k < table.labels.size(); ++k) {
    means.row(table.labels[k]) += table.normalised.row(static_cast<Index>(k));
  }
  for (Index cluster = 0; cluster < clusters; ++cluster) {
    sizes(cluster) = static_cast<double>(table.size(cluster));
    means.row(cluster) /= sizes(cluster);
    for (std::size_t p = 0; p < table.populations.size(); ++p) {
      shares(cluster, static_cast<Index>(p)) = table.share(cluster, p);
    }
  }
  results.add("cluster_preferred", to_vector(table.preferred), {"cluster"}, "1", "task with the largest variance");
  results.add("cluster_size", sizes, {"cluster"}, "1", "units");
  results.add("cluster_mean", means, {"cluster", "task"}, "1", "mean normalised variance");
  results.add("cluster_region_share", shares, {"cluster", "region"}, "1", "share of each region's active units");
}

}  // namespace

Index Table::size(Index cluster) const noexcept {
  return std::ranges::count(labels, static_cast<int>(cluster));
}

double Table::share(Index cluster, std::size_t which) const noexcept {
  double members = 0.0, all = 0.0;
  for (std::size_t k = 0; k < labels.size(); ++k) {
    if (population[static_cast<std::size_t>(active[k])] != which) continue;
    ++all;
    if (labels[k] == cluster) ++members;
  }
  return all > 0.0 ? members / all : 0.0;
}

void normalise(double threshold, Table& table) {
  for (Index unit = 0; unit < table.variance.rows(); ++unit) {
    if (table.variance.row(unit).sum() > threshold) table.active.push_back(unit);
  }
  if (table.active.empty()) {
    throw mrnn::RunError("no unit is active: the total variance of none is above " + number(threshold) +
                         ", the largest is " + number(table.variance.rowwise().sum().maxCoeff()) +
                         "; lower threshold to see it");
  }
  table.normalised.resize(std::ssize(table.active), table.variance.cols());
  for (std::size_t k = 0; k < table.active.size(); ++k) {
    const auto row = table.variance.row(table.active[k]);
    table.normalised.row(static_cast<Index>(k)) = row / row.maxCoeff();
  }
  table.order.resize(table.active.size());
  std::iota(table.order.begin(), table.order.end(), Index{0});
}

void order_clusters(const std::vector<int>& labels, Table& table) {
  const int count = 1 + *std::ranges::max_element(labels);
  MatrixXd sums = MatrixXd::Zero(count, table.normalised.cols());
  for (std::size_t k = 0; k < labels.size(); ++k) sums.row(labels[k]) += table.normalised.row(static_cast<Index>(k));
  std::vector<Index> preferred(static_cast<std::size_t>(count), 0);
  std::vector<int> by_preference;  // clusters that have units
  for (int cluster = 0; cluster < count; ++cluster) {
    sums.row(cluster).maxCoeff(&preferred[static_cast<std::size_t>(cluster)]);
    if (std::ranges::find(labels, cluster) != labels.end()) by_preference.push_back(cluster);
  }
  std::ranges::stable_sort(by_preference, {},
                           [&](int cluster) { return preferred[static_cast<std::size_t>(cluster)]; });
  table.labels.assign(labels.size(), 0);
  for (std::size_t place = 0; place < by_preference.size(); ++place) {
    table.preferred.push_back(preferred[static_cast<std::size_t>(by_preference[place])]);
    for (std::size_t k = 0; k < labels.size(); ++k) {
      if (labels[k] == by_preference[place]) table.labels[k] = static_cast<int>(place);
    }
  }
  std::ranges::stable_sort(table.order, {}, [&](Index k) { return table.labels[static_cast<std::size_t>(k)]; });
}

void add_arrays(const Table& table, mrnn::AnalysisResults& results) {
  add_units(table, results);
  if (!table.labels.empty()) add_clusters(table, results);
  results.texts.push_back({"tasks", table.columns, "names of the tasks", "task"});
  mrnn::NamedTexts names{"regions", {}, "names of the regions", "region"};
  for (const Population& population : table.populations) names.values.push_back(population.name);
  results.texts.push_back(std::move(names));
}

void add_summary(const Table& table, mrnn::AnalysisResults& results) {
  std::string line = std::to_string(table.active.size()) + " of " + std::to_string(table.variance.rows()) +
                     " units are active in " + std::to_string(table.columns.size()) + " columns";
  if (table.labels.empty()) {
    results.summary.push_back(line + ", too few to be clustered");
    return;
  }
  std::vector<std::string> clusters;
  for (Index cluster = 0; cluster < table.clusters(); ++cluster) {
    clusters.push_back(std::to_string(table.size(cluster)) + " (" +
                       table.columns[static_cast<std::size_t>(table.preferred[static_cast<std::size_t>(cluster)])] +
                       ")");
  }
  results.summary.push_back(line + "; " + std::to_string(table.clusters()) + " clusters, silhouette " +
                            number(table.silhouettes(static_cast<Index>(table.chosen))));
  results.summary.push_back("units of each cluster, and where they vary most: " + mrnn::join(clusters));
}

}  // namespace task_variance
