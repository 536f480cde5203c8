#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "mrnn/analysis.hpp"
#include "mrnn/linearisation.hpp"

namespace eigen_spectrum {

/// What was found at one state.
struct StateSpectrum {
  std::string simulation;
  mrnn::Index trial = 0, step = 0;
  mrnn::Spectrum spectrum;
  Eigen::MatrixXd from_excluded;  ///< [selected x excluded], or empty
};

/// The arrays of all states, stacked.
void add_arrays(const std::vector<StateSpectrum>& states, mrnn::LinearForm form, double dt,
                mrnn::AnalysisResults& results);
/// A line of words per state, up to a few.
void add_summary(const std::vector<StateSpectrum>& states, mrnn::LinearForm form, double dt,
                 mrnn::AnalysisResults& results);
/// Eigenvalues in the plane: per simulation a panel, and where they crowd together a second one nearer by.
mrnn::Figure draw(const std::vector<StateSpectrum>& states, mrnn::LinearForm form, double dt);

}  // namespace eigen_spectrum
