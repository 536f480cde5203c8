#include "measures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "mrnn/error.hpp"
#include "mrnn/linear_algebra.hpp"
#include "sums.hpp"

namespace gramians {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using mrnn::Index;

/// Share of the work of one state that is done when its leading modes are known, and before its decompositions.
constexpr double modes_done = 0.1, sums_done = 0.8;

/// The iterative method where that pays; where it does not converge, the dense one.
mrnn::Spectrum leading_modes(const mrnn::Linearisation& jacobian, Index modes) {
  mrnn::SpectrumOptions options;
  options.count = std::min(std::max<Index>(modes, 1), jacobian.size());
  options.vectors = std::min(modes, jacobian.size());
  try {
    return mrnn::spectrum(jacobian, options);
  } catch (const mrnn::RunError&) {
    options.method = mrnn::EigenMethod::dense;
    return mrnn::spectrum(jacobian, options);
  }
}

void require_stable(double radius, const Request& request) {
  if (request.terms > 0 || radius < 1.0) return;
  std::ostringstream text;
  text.precision(6);
  text << "the linearised network is not stable (spectral radius " << radius
       << "), so its gramians over infinite time do not exist; set the key horizon (ms) for those of a finite time";
  throw mrnn::RunError(text.str());
}

/// A symmetric matrix with eigenvalues that may not be negative, split into V sqrt(values), directions lost in the
/// rounding left out.
struct Root {
  explicit Root(const MatrixXd& gramian) : eigen(mrnn::symmetric_eigen(gramian)) {
    const double floor =
        static_cast<double>(gramian.rows()) * std::numeric_limits<double>::epsilon() * std::max(eigen.values(0), 0.0);
    rank = (eigen.values.array() > floor).count();
    eigen.values = eigen.values.cwiseMax(0.0);
  }
  MatrixXd factor() const { return eigen.vectors.leftCols(rank) * eigen.values.head(rank).cwiseSqrt().asDiagonal(); }
  mrnn::SymmetricEigen eigen;
  Index rank = 0;
};

/// sqrt of the eigenvalues of W_c W_o, as singular values of a product of their roots, which keeps the small ones.
VectorXd hankel_values(const Root& reach, const Root& see, Index size) {
  VectorXd values = VectorXd::Zero(size);
  if (reach.rank == 0 || see.rank == 0) return values;
  const VectorXd found = mrnn::svd(see.factor().transpose() * reach.factor()).values;
  values.head(found.size()) = found;
  return values;
}

/// The largest entry of each is positive.
MatrixXd leading_axes(const Root& gramian, Index count) {
  MatrixXd axes = gramian.eigen.vectors.leftCols(std::min(count, gramian.eigen.vectors.cols()));
  for (Index k = 0; k < axes.cols(); ++k) {
    Index largest = 0;
    axes.col(k).cwiseAbs().maxCoeff(&largest);
    if (axes(largest, k) < 0.0) axes.col(k) *= -1.0;
  }
  return axes;
}

/// d^T W^+ d over the directions that can be reached, and the share of |d|^2 along the others.
void add_energies(const Root& reach, const MatrixXd& displacements, StateGramians& state) {
  state.energy.resize(displacements.cols());
  state.unreachable.resize(displacements.cols());
  for (Index k = 0; k < displacements.cols(); ++k) {
    const VectorXd along = reach.eigen.vectors.transpose() * displacements.col(k);
    state.energy(k) = (along.head(reach.rank).array().square() / reach.eigen.values.head(reach.rank).array()).sum();
    const double total = along.squaredNorm();
    state.unreachable(k) = total > 0.0 ? along.tail(along.size() - reach.rank).squaredNorm() / total : 0.0;
  }
}

/// Sums of the rows or columns that belong to each group.
VectorXd by_group(const VectorXd& channels, const std::vector<Group>& groups) {
  VectorXd sums(std::ssize(groups));
  Index first = 0;
  for (Index g = 0; g < sums.size(); ++g) {
    const Index size = groups[static_cast<std::size_t>(g)].members.size();
    sums(g) = channels.segment(first, size).sum();
    first += size;
  }
  return sums;
}

/// b^T M b of every column.
VectorXd quadratic(const MatrixXd& m, const MatrixXd& b) {
  return b.cwiseProduct(m * b).colwise().sum().transpose();
}

/// M_r = sum_k (A^k)^T P_r A^k tells what a column b leaves in region r, summed over time: b^T M_r b.
void add_regions(const LinearSystem& system, const std::vector<Group>& sources, const std::vector<Part>& parts,
                 const std::vector<MatrixXd>& seen_by_region, const MatrixXd& see, StateGramians& state) {
  const Index regions = std::ssize(parts);
  state.column_average = VectorXd::Zero(system.b.cols());
  state.to_regions.resize(regions, std::ssize(sources));
  state.between_regions.resize(regions, regions);
  state.seen_regions.resize(regions);
  for (Index r = 0; r < regions; ++r) {
    const MatrixXd& m = seen_by_region[static_cast<std::size_t>(r)];
    const VectorXd of_columns = quadratic(m, system.b);
    state.column_average += of_columns;
    state.to_regions.row(r) = by_group(of_columns, sources).transpose();
    state.seen_regions(r) = see.diagonal()(parts[static_cast<std::size_t>(r)].places).sum();
    const VectorXd of_units = m.diagonal().cwiseProduct(system.post.cwiseAbs2());
    for (Index from = 0; from < regions; ++from) {
      const std::vector<Index>& places = parts[static_cast<std::size_t>(from)].places;
      state.between_regions(r, from) = of_units(places).mean();
    }
  }
}

void add_modes(const LinearSystem& system, const mrnn::Spectrum& spectrum, const std::vector<Group>& sources,
               const std::vector<Group>& targets, StateGramians& state) {
  const Index modes = spectrum.right.cols();
  state.modes = spectrum.values.head(modes);
  state.mode_reach.resize(modes, std::ssize(sources));
  state.mode_seen.resize(modes, std::ssize(targets));
  for (Index k = 0; k < modes; ++k) {
    const Eigen::VectorXcd left = spectrum.left.col(k).normalized();
    const VectorXd driven = (left.transpose() * system.b).cwiseAbs2().transpose();
    state.mode_reach.row(k) = by_group(driven, sources).cwiseSqrt().transpose();
    const VectorXd shown = (system.c * spectrum.right.col(k)).cwiseAbs2();
    state.mode_seen.row(k) = by_group(shown, targets).cwiseSqrt().transpose();
  }
}

/// The terms k = 0: B B^T; C^T C, then the projection on each region.
Sums first_terms(const LinearSystem& system, const std::vector<Part>& parts) {
  Sums first{{system.b * system.b.transpose()}, {system.c.transpose() * system.c}};
  for (const Part& part : parts) {
    MatrixXd projection = MatrixXd::Zero(system.a.rows(), system.a.cols());
    for (const Index place : part.places) projection(place, place) = 1.0;
    first.seen.push_back(std::move(projection));
  }
  return first;
}

}  // namespace

StateGramians measure(const LinearSystem& system, const mrnn::Linearisation& jacobian,
                      const std::vector<Group>& sources, const std::vector<Group>& targets,
                      const std::vector<Part>& parts, const MatrixXd& displacements, const Request& request,
                      const std::function<void(double)>& progress) {
  StateGramians state;
  const mrnn::Spectrum spectrum = leading_modes(jacobian, request.modes);
  state.spectral_radius = spectrum.values.cwiseAbs().maxCoeff();
  require_stable(state.spectral_radius, request);
  if (request.modes > 0) add_modes(system, spectrum, sources, targets, state);
  progress(modes_done);

  const auto expected = static_cast<double>(doublings(state.spectral_radius, request.terms));
  double done = 0.0;
  Sums sums = sum_powers(system.a, first_terms(system, parts), request.terms, [&] {
    done = std::min(done + 1.0, expected);
    progress(modes_done + (sums_done - modes_done) * done / expected);
  });
  const std::vector<MatrixXd> by_region(sums.seen.begin() + 1, sums.seen.end());
  add_regions(system, sources, parts, by_region, sums.seen.front(), state);
  const VectorXd before = system.b.colwise().squaredNorm(), after = (system.a * system.b).colwise().squaredNorm();
  state.column_modal = 1.0 - after.array() / before.array();  // NaN where a column is zero
  const MatrixXd& w = sums.reached.front();
  state.row_energy = quadratic(w, system.c.transpose()).cwiseInverse();

  const Root reach(w), see(sums.seen.front());
  state.reach_values = reach.eigen.values;
  state.see_values = see.eigen.values;
  state.reach_axes = leading_axes(reach, request.modes);
  state.see_axes = leading_axes(see, request.modes);
  state.hankel = hankel_values(reach, see, w.rows());
  add_energies(reach, displacements, state);
  if (request.keep_matrices) {
    state.reach = w;
    state.see = sums.seen.front();
  }
  progress(1.0);
  return state;
}

}  // namespace gramians
