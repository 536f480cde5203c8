#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "mrnn/network.hpp"
#include "mrnn/parameters.hpp"

namespace mrnn {

/// A network with stored weights in it.
struct LoadedWeights {
  Network network;  ///< with the stored masks in place of the drawn ones
  Parameters parameters;
  bool has_input = false;             ///< were W_inp in the file too? Else they are the fresh ones
  std::vector<std::string> warnings;  ///< for instance zeros that can never recover under Dale's law
};

/// Reads `/network` of a result, checkpoint or weight file (.h5), or a .safetensors file, into a network
/// built from its description. Missing arrays keep their freshly drawn values, except W_rec, which
/// must be there. @throws FileError for wrong shapes, signs against Dale's law, values outside the
/// bounds, weights where there is no connection, NaN; it names file, array and first place.
MRNN_EXPORT LoadedWeights load_weights(const std::filesystem::path& file, const Network& network,
                                       const Parameters& fresh);

/// Writes a weight file (.h5), which load_weights() reads back to the same parameters.
/// @throws FileError where it cannot be written.
MRNN_EXPORT void save_weights(const std::filesystem::path& file, const Network& network, const Parameters& parameters);

}  // namespace mrnn
