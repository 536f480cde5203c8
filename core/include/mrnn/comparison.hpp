#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mrnn/alignment.hpp"
#include "mrnn/conditions.hpp"
#include "mrnn/stored_run.hpp"

namespace mrnn {

/// Must the samples of activities that are compared belong to the same trials (conditions) and times?
enum class Correspondence : std::uint8_t { none, samples };

/// One activity among those compared: of a region (or output) in a simulation of a run.
struct ComparedItem {
  std::string label;             ///< what tells it from the others: `trained: striatum`
  std::string run;               ///< as its folder is called; `this run`
  std::string simulation, part;  ///< names; the region's or output's
  std::size_t source = 0;        ///< counts simulations of runs
  std::size_t number = 0;        ///< of its region or output
};

/// The keys of Comparison, for what a plugin says of its options.
inline constexpr const char* comparison_options =
    "runs                  folders of finished runs to compare with; default: none\n"
    "this_run = true       is this run compared too?\n"
    "quantity = \"h\"        h | x | y\n"
    "regions               selectors; default: every region\n"
    "outputs               names of outputs, for y; default: all\n"
    "pairs = \"all\"         all | matching: only regions of the same name\n"
    "level = \"trials\"      trials | conditions: averages over trials\n"
    "by = \"condition\"      per-trial metadata that groups trials\n"
    "align                 epoch whose first step is time zero\n"
    "align_at = 0          instead: ms from the start of the run\n"
    "window                [from, to] in ms around time zero; default: all that was recorded\n";

class Comparison;

/// The activities that are compared, of this run and read from others. They are made when asked for, one at a time, so
/// that only what was recorded is held. The comparison must outlive them.
class MRNN_EXPORT ComparedActivities {
 public:
  const std::vector<ComparedItem>& items() const noexcept { return items_; }
  /// Which are compared with which: indices of items, the smaller first.
  const std::vector<std::pair<std::size_t, std::size_t>>& pairs() const noexcept { return pairs_; }
  /// Takes items out of the pairs, and says so in remarks(). With Correspondence::samples those whose activity is
  /// constant have been, already. @param what  they are: `constant`  @throws RunError where no pair is left.
  void leave_out(const std::vector<std::size_t>& items, std::string_view what);
  bool is_left_out(std::size_t item) const { return left_out_[item]; }
  const std::vector<std::string>& remarks() const noexcept { return remarks_; }

  /// [units x trials (or conditions)] per step of the common window; NaN where there is none.
  Sequence activity(std::size_t item) const;
  /// What the network was given at those steps: [input channels x trials (or conditions)].
  Sequence inputs(std::size_t item) const;
  /// The samples (steps of trials or conditions) that all items have, as a single step: at(0) is [units x samples].
  /// Only with Correspondence::samples.
  Sequence samples(std::size_t item) const;
  Index sample_count() const noexcept { return sample_count_; }
  /// Of all samples of all items together.
  std::size_t bytes() const;

 private:
  friend class Comparison;
  /// A simulation of a run.
  struct Source {
    const Simulation* simulation = nullptr;
    std::size_t run = 0;
    Conditions conditions = {};
    std::vector<Index> order = {};  ///< of its conditions, to have them as the first source has them
  };

  explicit ComparedActivities(const Comparison& comparison) : comparison_(comparison) {}
  Sequence aligned(const Source& source, const Simulation& simulation, Quantity what, const Selection& units) const;
  void find_samples();
  void leave_out_constant();

  const Comparison& comparison_;
  std::vector<std::unique_ptr<Simulation>> read_;  ///< of other runs
  std::vector<Source> sources_;
  Window window_;
  std::vector<ComparedItem> items_;
  std::vector<std::pair<std::size_t, std::size_t>> pairs_;
  std::vector<bool> left_out_;  ///< per item
  std::vector<std::string> remarks_;
  std::vector<bool> shared_;  ///< sample k of a trial and step: do all sources have it? Trials run fastest.
  Index sample_count_ = 0;
};

/// What an analysis compares. Reads the keys
///   runs        folders of finished runs, relative to the configuration file, else to the working directory
///   this_run    is this run compared too? (true)
///   quantity    h | x | y
///   regions     selectors (outputs, for y); default: every region (output)
///   pairs       all | matching: only regions of the same name
///   level       trials | conditions: averages over the trials of each
///   by, align, align_at, window   as Conditions and Alignment
/// and the runner's `simulation`, which names simulations of every run. Whatever can be wrong with them is found here
/// or by check(), before anything runs; but for the inputs of this run. @throws ConfigError, FileError.
class MRNN_EXPORT Comparison {
 public:
  Comparison(const ConfigNode& config, const Network& network, Correspondence correspondence);

  /// Of this run.
  Record needs() const;
  /// Do the simulations of this run have the epochs and conditions that are named, and do their trials match those of
  /// the others as far as their metadata tell? @throws ConfigError.
  void check(const std::vector<const Simulation*>& planned) const;
  double dt() const noexcept { return dt_; }
  /// Names of the input channels' regions, one list per run; this run's is the last.
  const std::vector<std::vector<NamedRange>>& inputs() const noexcept { return inputs_; }
  /// @throws ConfigError where trials without metadata have other inputs in this run than in the others.
  ComparedActivities read(const AnalysisContext& context) const;

 private:
  friend class ComparedActivities;
  enum class Level : std::uint8_t { trials, conditions };
  enum class Pairs : std::uint8_t { all, matching };
  struct Stored {
    StoredRun run;
    std::vector<Simulation> simulations;  ///< without activity
  };

  void open_runs();
  void read_parts(const Network& network);
  void read_simulations();
  void check_dt();
  void check_count() const;
  std::string name_of(std::size_t run) const;
  Conditions conditions_of(const Simulation& simulation) const;
  static std::vector<const Simulation*> simulations_of(const std::vector<ComparedActivities::Source>& sources);
  void match(std::vector<ComparedActivities::Source>& sources) const;
  void check_times(const std::vector<ComparedActivities::Source>& sources) const;
  void match_trials(const ComparedActivities::Source& first, const ComparedActivities::Source& other) const;
  Sequence inputs_of(const ComparedActivities::Source& source) const;
  std::optional<std::string> different_inputs(const ComparedActivities::Source& first,
                                              const ComparedActivities::Source& other) const;
  void match_conditions(const ComparedActivities::Source& first, ComparedActivities::Source& other) const;
  void list_items(ComparedActivities& activities) const;

  ConfigNode config_;  ///< for the position in messages
  Correspondence correspondence_;
  double dt_;  ///< ms
  Quantity quantity_ = Quantity::h;
  bool this_run_ = true;
  Level level_ = Level::trials;
  Pairs pairs_ = Pairs::all;
  std::vector<Stored> stored_;
  std::vector<std::string> run_names_;
  std::vector<std::string> parts_;
  std::vector<std::vector<Selection>> units_;  ///< per run (this one last) and part
  std::vector<std::vector<NamedRange>> inputs_;
  std::optional<Alignment> alignment_;
};

/// Is the activity the same in all trials at all steps, but for rounding? Where it is NaN does not count.
MRNN_EXPORT bool is_constant(const Sequence& activity);

/// Calls compare(i, prepared_i, j, prepared_j) for each pair, with what prepare(item) makes of each item. What is made
/// is kept for later pairs, or else made again for each, two items at a time. Shows progress.
template <class Prepare, class Compare>
void for_each_pair(const ComparedActivities& activities, const AnalysisContext& context, bool keep, Prepare&& prepare,
                   Compare&& compare) {
  std::vector<std::optional<decltype(prepare(std::size_t{0}))>> prepared(activities.items().size());
  const auto get = [&](std::size_t item) -> auto& {
    if (!prepared[item]) prepared[item] = prepare(item);
    return *prepared[item];
  };
  context.expect(static_cast<long>(activities.pairs().size()));
  long done = 0;
  std::size_t last = 0;
  for (const auto& [i, j] : activities.pairs()) {
    if (!keep && i != last) prepared[last].reset();
    last = i;
    const auto &first = get(i), &second = get(j);
    compare(i, first, j, second);
    if (!keep) prepared[j].reset();
    context.advance(++done);
  }
}

}  // namespace mrnn
