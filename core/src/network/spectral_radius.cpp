#include <Spectra/GenEigsSolver.h>

#include <algorithm>

#include "mrnn/error.hpp"
#include "mrnn/linear_algebra.hpp"
#include "mrnn/parameters.hpp"
#include "network/blocks.hpp"

namespace mrnn {
namespace {

constexpr Index largest_dense = 500;

/// y = W x over the blocks, in the form Spectra asks for.
class BlockProduct {
 public:
  using Scalar = double;

  BlockProduct(const std::vector<Block>& blocks, const std::vector<Eigen::MatrixXd>& values, Index units)
      : blocks_(blocks), values_(values), units_(units) {}

  Index rows() const { return units_; }
  Index cols() const { return units_; }
  void perform_op(const double* x, double* y) const {
    Eigen::Map<Eigen::MatrixXd> out(y, units_, 1);
    out.setZero();
    multiply(blocks_, values_, Eigen::Map<const Eigen::MatrixXd>(x, units_, 1), out);
  }

 private:
  const std::vector<Block>& blocks_;
  const std::vector<Eigen::MatrixXd>& values_;
  Index units_;
};

double dense_radius(const std::vector<Block>& blocks, const std::vector<Eigen::MatrixXd>& values, Index units) {
  return general_eigen(dense(blocks, values, units, units)).values.cwiseAbs().maxCoeff();
}

}  // namespace

double spectral_radius(const std::vector<Block>& blocks, const std::vector<Eigen::MatrixXd>& values, Index units) {
  check_blocks(blocks, values, units, units);
  if (blocks.empty()) return 0.0;
  if (units <= largest_dense) return dense_radius(blocks, values, units);
  BlockProduct product(blocks, values, units);
  for (const Index basis : {Index{40}, Index{120}, Index{360}}) {
    Spectra::GenEigsSolver<BlockProduct> solver(product, 2, std::min(basis, units));
    solver.init();
    solver.compute(Spectra::SortRule::LargestMagn);
    if (solver.info() == Spectra::CompInfo::Successful) return solver.eigenvalues().cwiseAbs().maxCoeff();
  }
  constexpr Index affordable = 5000;
  if (units <= affordable) return dense_radius(blocks, values, units);
  throw RunError("the spectral radius of W_rec could not be computed: the iteration did not converge");
}

}  // namespace mrnn
