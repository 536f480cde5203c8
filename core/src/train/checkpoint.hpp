#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "mrnn/export.hpp"
#include "mrnn/trainer.hpp"

namespace mrnn {

/// What a checkpoint is of.
struct CheckpointOrigin {
  using Values = std::vector<std::pair<std::string, std::string>>;  ///< texts by key

  Values config;                                      ///< ConfigNode::flatten() of the configuration
  std::string backend, precision, products = "ieee";  ///< that the run is on
  Values network = {};          ///< flatten() of to_toml() of the network as built; empty in files of earlier versions
  Values files = {};            ///< contents_of() the files that the trials come from, by the key that names them
  int ranks = 1;                ///< Ranks::count()
  std::int64_t iteration = 0;   ///< that the checkpoint is of,
  std::string stopped_by = {};  ///< and why the training ended there, if it did and knew
};

/// Writes `checkpoint.h5`: /network with the current weights, so that it is a weight file, and /checkpoint with the
/// state to the last bit. The old file stays until the new one is whole. @throws FileError.
MRNN_EXPORT void write_checkpoint(const std::filesystem::path& file, const Network& network, const TrainingState& state,
                                  const CheckpointOrigin& origin);

/// @throws FileError where it is missing, damaged or no checkpoint.
MRNN_EXPORT CheckpointOrigin read_checkpoint_origin(const std::filesystem::path& file);
/// @throws FileError also where it is of another network.
MRNN_EXPORT TrainingState read_checkpoint_state(const std::filesystem::path& file, const Network& network);

}  // namespace mrnn
