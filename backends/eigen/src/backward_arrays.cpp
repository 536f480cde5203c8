#include <algorithm>

#include "slice_backward.hpp"

namespace mrnn::eigen {

template <class Scalar>
void GradientSums<Scalar>::reset(const Model<Scalar>& model, std::size_t scalings) {
  drive.resize(scalings);
  vanishing.resize(scalings);
  for (auto* sums : {&drive, &vanishing}) {
    for (WeightSums<Scalar>& one : *sums) std::ranges::fill(one, Scalar(0));
  }
  readout.assign(static_cast<std::size_t>(elements_of(model.readout_bands, {})), Scalar(0));
  for (Eigen::VectorXd* sums : {&bias, &alpha, &initial_state}) sums->setZero(model.network.units());
  readout_bias.setZero(model.network.outputs());
  losses.assign(model.network.output_layouts().size(), 0.0);
  absolute_rates = squared_rates = vanishing_sum = vanishing_count = 0.0;
}

template <class Scalar>
Index BackwardWorkspace<Scalar>::chunk_lanes(const Model<Scalar>& model) {
  // Multiples of what the kernels sum at a time, as long as both factors stay in the second cache of a core.
  constexpr Index unit = 256, longest = 1024, most_numbers = Index{3} << 17;
  return std::clamp(most_numbers / (model.rows() + model.adjoint_rows()) / unit * unit, unit, longest);
}

template <class Scalar>
BackwardWorkspace<Scalar>::BackwardWorkspace(const Model<Scalar>& model, Index width_, Index members_)
    : width(width_), members(members_) {
  const Index units = model.network.units() * width, outputs = model.network.outputs() * width;
  left.setZero(chunk_lanes(model) * model.adjoint_rows());
  right.setZero(chunk_lanes(model) * model.rows());
  for (Array* array : {&back, &carried, &next, &bias_sum, &alpha_sum}) array->setZero(units);
  readout_sum.setZero(outputs);
  scratch.setZero(outputs);
  lanes.setZero(3 * width);
  rate_sums.setZero(2, std::ssize(model.adjoint_bands));
  gathered.setZero(members * width * PackedWeights<Scalar>::gathered_rows(model.adjoint_bands));
}

template <class Scalar>
std::size_t BackwardWorkspace<Scalar>::bytes(const Model<Scalar>& model, Index width) {
  const Index rows = 5 * model.network.units() + 2 * model.network.outputs() +
                     PackedWeights<Scalar>::gathered_rows(model.adjoint_bands);
  const Index numbers = chunk_lanes(model) * (model.adjoint_rows() + model.rows()) + rows * width;
  return static_cast<std::size_t>(numbers) * sizeof(Scalar);
}

template struct GradientSums<float>;
template struct GradientSums<double>;
template struct BackwardWorkspace<float>;
template struct BackwardWorkspace<double>;

}  // namespace mrnn::eigen
