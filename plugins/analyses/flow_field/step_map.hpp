#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "mrnn/analysis.hpp"
#include "mrnn/linearisation.hpp"

namespace flow_field {

enum class Others : std::uint8_t { as_in_trial, zero };  ///< the units not selected
enum class Map : std::uint8_t { full, linearised };      ///< F, or its tangent at the state of the trial

/// Of what the flow is looked at.
struct FieldRequest {
  mrnn::Selection units;
  mrnn::Index trial = 0;
  Others others = Others::as_in_trial;
  Map map = Map::full;
};

/// One step of the selected units, F, under the inputs and interventions of a step of the trial and with the other
/// units where they are in the trial, or at 0.
class StepMap {
 public:
  /// All must outlive this.
  StepMap(const mrnn::AnalysisContext& context, const FieldRequest& request);

  /// Units selected.
  mrnn::Index size() const noexcept { return static_cast<mrnn::Index>(units_.size()); }
  /// States that go through the backend at once, within 16 MB.
  mrnn::Index batch() const noexcept;

  /// The state of the trial before a step [n].
  Eigen::VectorXd current(mrnn::Index step);
  /// F of every column of `states` [n x K].
  Eigen::MatrixXd next(const Eigen::MatrixXd& states, mrnn::Index step);
  /// Its derivative at a state. Valid until the next call of any of these.
  mrnn::Linearisation derivative(const Eigen::VectorXd& state, mrnn::Index step);

 private:
  /// What stays the same for all states of one step.
  struct Moment {
    mrnn::Index step = -1;
    Eigen::VectorXd base;                        ///< of the whole network before it
    std::optional<mrnn::Linearisation> tangent;  ///< of a linearised map
    Eigen::VectorXd next;                        ///< F at the state of the trial
  };
  void move_to(mrnn::Index step);
  mrnn::StatePoints points_at(const Eigen::MatrixXd& states) const;
  mrnn::Linearisation derivative_at(const mrnn::StatePoints& point);

  const mrnn::AnalysisContext& context_;
  const FieldRequest& request_;
  std::vector<mrnn::Index> units_;
  std::unique_ptr<mrnn::Session> session_;
  mrnn::WeightsInForce weights_;
  Moment moment_;
};

}  // namespace flow_field
