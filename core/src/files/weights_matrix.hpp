#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <vector>

#include "files/stored_method.hpp"
#include "files/weight_source.hpp"
#include "mrnn/network.hpp"

namespace mrnn {

/// Relative: values may have been stored in single precision.
inline constexpr double stored_rounding = 1e-6;

/// Names for messages: `gpe 3`, `striatum.d2 17` (counted from 0 within the cell type or region), `cue 0`, `choice 1`.
std::string unit_name(const Network& network, Index unit);
std::string input_name(const Network& network, Index channel);
std::string output_name(const Network& network, Index channel);

/// What was loaded of the recurrent or of the input weights, per block of the network.
struct LoadedMatrix {
  std::vector<PatternMatrix> patterns;
  std::vector<Eigen::MatrixXd> free;
};

/// Loads the recurrent weights or those from inputs, with their masks, and checks them against the network.
class MatrixLoader {
 public:
  enum class Kind : std::uint8_t { recurrent, input };
  MatrixLoader(const WeightSource& source, const Network& network, Kind kind);

  /// Does the file have these weights at all?
  bool present() const;
  /// @throws FileError naming array and first place of what does not fit.
  LoadedMatrix load(std::vector<std::string>& warnings);

 private:
  using Values = std::vector<Eigen::MatrixXd>;

  template <class Inside, class Outside>
  void visit(const std::string& name, const Inside& inside, const Outside& outside) const;
  void check_shapes() const;
  /// The stored mask with our signs, or the drawn one.
  void read_patterns();
  /// Without a stored mask: the weights of sparse connections that exist are those that are not zero.
  void sparse_patterns_from(const Values& values);
  void check_stored_signs() const;
  Values read_values(const std::string& name, bool outside_matters) const;
  /// Presence, sign and bounds of effective weights.
  void check_effective(const Values& weights) const;
  void check_effective(std::size_t block, Index row, Index column, double weight) const;
  Values free_of(const Values& weights) const;
  void check_free(const Values& free, const Values* weights) const;
  /// Were the stored free parameters made for our method and bounds?
  bool is_ours(const StoredMethod& method) const;
  /// What stored free parameters weigh under the method they were made for.
  Values weights_of(const Values& free, const StoredMethod& method) const;
  /// The free parameters of a file that holds weights too, or weights alone.
  Values free_beside_weights(const std::optional<StoredMethod>& method, std::vector<std::string>& warnings);
  /// Of a file that holds nothing else.
  Values free_alone(const std::optional<StoredMethod>& method, std::vector<std::string>& warnings);
  void warn_of_stuck(const Values& free, std::vector<std::string>& warnings) const;
  void warn_of_empty(std::vector<std::string>& warnings) const;
  bool bounded() const { return dale_ == Dale::clamp || dale_ == Dale::project; }

  [[noreturn]] void fail(const std::string& array, Index row, Index column, double value,
                         const std::string& problem) const;
  [[noreturn]] void fail(const std::string& array, std::size_t block, Index row, Index column, double value,
                         const std::string& problem) const;

  const WeightSource& source_;
  const Network& network_;
  const std::vector<Block>& blocks_;
  Kind kind_;
  Dale dale_;
  Index rows_, columns_;
  std::string weights_, free_, mask_, sign_;  ///< names of the arrays
  std::vector<std::int8_t> source_signs_;     ///< per column
  std::vector<PatternMatrix> patterns_;
};

}  // namespace mrnn
