#pragma once

#include "analysis_run.hpp"

/// Networks with known Lyapunov exponents.
namespace test::lyapunov {

inline constexpr double tolerance = 1e-10;
inline constexpr double alpha = 0.2;  // dt / tau
inline constexpr double dt = 10.0;    // ms
inline constexpr double second = 1000.0;

struct Sizes {
  mrnn::Index a = 2, b = 1, inputs = 0;
};

/// Regions a and b, connected all to all, and an input to both, so that any weights can be put in.
Subject subject(const Sizes& sizes, mrnn::Activation activation, mrnn::Dynamics dynamics = mrnn::Dynamics::leaky);

void set_weights(Subject& subject, const Eigen::MatrixXd& weights);

void run(Subject& subject, mrnn::Index trials, mrnn::Index steps);

/// W that makes the Jacobian of a linear leaky network this one.
Eigen::MatrixXd weights_for(const Eigen::MatrixXd& jacobian);

/// A linear network at rest whose Jacobian is upper triangular: its eigenvalues stand on the diagonal.
Subject triangular(double first, double second, double third);

double exponent(double eigenvalue);

double determinant(const Eigen::Matrix3d& m);

/// Three driven tanh units.
Subject driven();

/// One region of tanh units with normal weights of standard deviation g / sqrt(N) (Sompolinsky et al. 1988).
Subject random_network(double g);

}  // namespace test::lyapunov
