#pragma once

#include "files/hdf5_file.hpp"
#include "mrnn/export.hpp"
#include "mrnn/hdf5.hpp"
#include "mrnn/network.hpp"
#include "mrnn/parameters.hpp"

namespace mrnn {

/// The version of the layout of every file we write; files up to it are read.
inline constexpr std::int64_t file_format_version = 1;

/// @throws FileError where the file states a version that is newer than ours.
void check_format_version(const Hdf5Reader& reader);

/// Writes the group /network: effective weights, the free parameters behind them, structure. Matrices are
/// chunked so that absent connections take no room, and never held whole.
MRNN_EXPORT void write_network_group(Hdf5Writer& writer, const Network& network, const Parameters& parameters);

}  // namespace mrnn
