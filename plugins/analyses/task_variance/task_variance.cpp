// Task variance: in which tasks the activity of a unit depends on what is shown, and which units are alike in this
// (Yang et al. 2019).

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "clusters.hpp"
#include "mrnn/error.hpp"
#include "mrnn/names.hpp"
#include "mrnn/plugin.hpp"
#include "mrnn/selectors.hpp"
#include "table.hpp"
#include "task_variance_figure.hpp"
#include "variances.hpp"

namespace {

using task_variance::Index;
using task_variance::Table;

class TaskVariance final : public mrnn::Analysis {
 public:
  TaskVariance(const mrnn::ConfigNode& config, const mrnn::Network& network) : config_(config) {
    if (config.has("by")) config.text("by");  // what the trials offer is known only when they are there
    if (config.has("conditions")) config.text("conditions");
    if (config.has("epochs") && config.has("skip")) config.fail("skip", "cannot be given together with epochs");
    if (config.has("epochs")) config.texts("epochs");
    if (config.has("skip")) config.texts("skip");
    per_epoch_ = config.flag("per_epoch", false);
    const std::vector<std::string> quantities{"h", "x"};
    quantity_ = config.choice("quantity", quantities, "h") == "h" ? mrnn::Quantity::h : mrnn::Quantity::x;
    threshold_ = config.at_least_zero("threshold", 1e-3);
    if (config.kind("clusters") == mrnn::ConfigKind::number) {
      clusters_ = config.count("clusters", 2);
      if (config.has("most_clusters")) config.fail("most_clusters", "has no meaning where clusters is a number");
    } else if (config.text("clusters", "auto") != "auto") {
      config.fail("clusters", "is \"" + config.text("clusters") + "\"; \"auto\" or a number of 2 or more is accepted");
    }
    most_clusters_ = config.count_or("most_clusters", 29, 2);
    restarts_ = config.count_or("restarts", 20);
    units_ = mrnn::read_selection(config, "regions", network);  // a unit may be there only once
    std::vector<std::string> selectors = mrnn::read_selectors(config, "regions", network);
    if (selectors.empty()) {
      for (const mrnn::RegionLayout& region : network.regions()) selectors.push_back(region.name);
    }
    for (const std::string& selector : selectors) {
      populations_.push_back({selector == "*" ? "all" : selector, network.select(selector)});
    }
  }

  mrnn::Record needs() const override {
    mrnn::Record record;
    record.x = quantity_ == mrnn::Quantity::x;
    record.h = quantity_ == mrnn::Quantity::h;
    return record;
  }

  void check(const std::vector<const mrnn::Simulation*>& planned) const override {
    read_tasks(planned);
    task_variance::read_stretches(config_, planned);
    if (config_.has("conditions")) mrnn::read_levels(config_, "conditions", config_.text("conditions"), planned);
  }

  void run(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) const override {
    const auto& simulations = context.simulations();
    const mrnn::Levels tasks = read_tasks(simulations);
    const auto stretches = task_variance::read_stretches(config_, simulations);
    const auto columns = task_variance::make_columns(tasks, stretches, per_epoch_);
    require_columns(columns);
    task_variance::Stimuli stimuli;
    if (config_.has("conditions")) {
      stimuli = mrnn::read_levels(config_, "conditions", config_.text("conditions"), simulations).of_trial;
    }
    Table table;
    table.populations = populations_;
    for (std::size_t p = 0; p < populations_.size(); ++p) {
      table.population.insert(table.population.end(), static_cast<std::size_t>(populations_[p].units.size()), p);
    }
    for (const task_variance::Column& column : columns) table.columns.push_back(column.name);
    table.variance = task_variance::variances(simulations, quantity_, units_, tasks, stimuli, stretches, columns);
    require_variances(table);
    task_variance::normalise(threshold_, table);
    cluster(context, table);
    task_variance::add_arrays(table, results);
    task_variance::add_summary(table, results);
    mention_absent(tasks, columns, results);
    warn_of_noise(context, results);
    results.figures.push_back(task_variance::draw_table(table));
    if (!table.labels.empty()) results.figures.push_back(task_variance::draw_clusters(table, context.network()));
  }

 private:
  /// By the key `by`, else `task` (of mixed tasks), else `rule`.
  mrnn::Levels read_tasks(const std::vector<const mrnn::Simulation*>& simulations) const {
    const auto everywhere = [&](const std::string& name) {
      return std::ranges::all_of(simulations, [&](const mrnn::Simulation* simulation) {
        return simulation->trials.texts.contains(name) || simulation->trials.numbers.contains(name);
      });
    };
    std::string name = "task";
    if (config_.has("by")) {
      name = config_.text("by");
    } else if (!everywhere("task")) {
      name = "rule";
      if (!everywhere("rule")) {
        config_.fail(
            "", "needs to know the tasks: the trials have neither metadata \"task\" nor \"rule\"; name others with by");
      }
    }
    return mrnn::read_levels(config_, "by", name, simulations);
  }

  void require_columns(const std::vector<task_variance::Column>& columns) const {
    if (columns.size() > 1) return;
    config_.fail(config_.has("by") ? "by" : "", "finds one task only" +
                                                    (columns.empty() ? "" : ", \"" + columns.front().name + "\"") +
                                                    "; variances are compared between two or more");
  }

  static void require_variances(const Table& table) {
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      if (!std::isnan(table.variance(0, static_cast<Index>(column)))) continue;
      throw mrnn::RunError("\"" + table.columns[column] +
                           "\" has no moment with two stimuli or more, so its activity has no variance; ask for more "
                           "trials");
    }
  }

  void cluster(const mrnn::AnalysisContext& context, Table& table) const {
    const auto units = static_cast<Index>(table.active.size());
    const Index first = clusters_ > 0 ? clusters_ : 2;
    const Index last = clusters_ > 0 ? clusters_ : most_clusters_;
    for (Index count = first; count <= std::min(last, units - 1); ++count) table.counts.push_back(count);
    if (table.counts.empty()) return;
    context.expect(static_cast<long>(table.counts.size()));
    const task_variance::MatrixXd distances = task_variance::distances(table.normalised);
    table.silhouettes.resize(std::ssize(table.counts));
    table.inertias.resize(std::ssize(table.counts));
    std::vector<int> best;
    for (std::size_t k = 0; k < table.counts.size(); ++k) {
      mrnn::RandomStream random(context.seed(), mrnn::Stream::analyses,
                                "task_variance " + std::to_string(table.counts[k]));
      task_variance::Clustering found = task_variance::k_means(table.normalised, table.counts[k], restarts_, random);
      const auto row = static_cast<Index>(k);
      table.silhouettes(row) = task_variance::silhouette(distances, found.labels);
      table.inertias(row) = found.inertia;
      if (k == 0 || table.silhouettes(row) > table.silhouettes(static_cast<Index>(table.chosen))) {
        table.chosen = k;
        best = std::move(found.labels);
      }
      context.advance(static_cast<long>(k) + 1);
    }
    task_variance::order_clusters(best, table);
  }

  /// Catch trials, for instance, have no epoch that counts.
  static void mention_absent(const mrnn::Levels& tasks, const std::vector<task_variance::Column>& columns,
                             mrnn::AnalysisResults& results) {
    for (int task = 0; task < static_cast<int>(tasks.values.size()); ++task) {
      if (std::ranges::find(columns, task, &task_variance::Column::task) != columns.end()) continue;
      results.summary.push_back("left out: \"" + tasks.values[static_cast<std::size_t>(task)] +
                                "\", whose trials have none of the epochs that count");
    }
  }

  static void warn_of_noise(const mrnn::AnalysisContext& context, mrnn::AnalysisResults& results) {
    const mrnn::Network& network = context.network();
    const bool noisy = network.spec().noise_input > 0.0 || (network.noise().array() > 0.0).any();
    for (const mrnn::Simulation* simulation : context.simulations()) {
      if (!noisy || simulation->noise == mrnn::Noise::off) continue;
      results.summary.push_back("simulation \"" + simulation->name +
                                "\" ran with noise, which adds to the variances of all tasks; noise = false in its "
                                "table leaves it out");
    }
  }

  mrnn::ConfigNode config_;  ///< for the position in messages
  bool per_epoch_ = false;
  mrnn::Quantity quantity_ = mrnn::Quantity::h;
  double threshold_ = 1e-3;  ///< of the total variance
  Index clusters_ = 0;       ///< 0: by the silhouette
  Index most_clusters_ = 29, restarts_ = 20;
  mrnn::Selection units_;
  std::vector<task_variance::Population> populations_;
};

void attach(mrnn::PluginContext& context) {
  context.add_analysis(
      "task_variance",
      [](const mrnn::ConfigNode& config, const mrnn::Network& network) {
        return std::make_unique<TaskVariance>(config, network);
      },
      "variance of units over stimuli in each task, and clusters of units alike in this",
      "by                   metadata that tells tasks apart; default: task, else rule\n"
      "conditions           metadata: trials with the same value are averaged first\n"
      "epochs               names of those that count; or\n"
      "skip = [\"fixation\", \"catch\"]  those that do not\n"
      "per_epoch = false    a column for each epoch of each task\n"
      "regions              selectors without a unit in common; default: every region\n"
      "quantity = \"h\"       h | x\n"
      "threshold = 1e-3     of the variance summed over tasks, above which a unit is active\n"
      "clusters = \"auto\"    by the silhouette, or a number\n"
      "most_clusters = 29   tried by \"auto\"\n"
      "restarts = 20        of K-means");
}

}  // namespace

MRNN_PLUGIN("task_variance", "1.0", attach)
