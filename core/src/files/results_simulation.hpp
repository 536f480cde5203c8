#pragma once

#include "files/hdf5_file.hpp"
#include "mrnn/simulation.hpp"

namespace mrnn {

/// Writes /simulations/<name>: activity as recorded, what the network was given, who the trials were. Arrays are
/// (trial, time, unit). `stimulus` is the whole unweighted drive, manipulations included.
/// @param units  of the network
void write_simulation_group(Hdf5Writer& writer, const Simulation& simulation, Index units);

}  // namespace mrnn
