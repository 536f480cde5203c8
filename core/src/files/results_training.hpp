#pragma once

#include <string>

#include "files/hdf5_file.hpp"
#include "mrnn/export.hpp"
#include "mrnn/hdf5.hpp"
#include "mrnn/training.hpp"

namespace mrnn {

/// Writes what is known of a training into a group: an array for each column of the history, one for each part of the
/// loss by its name, and the names of those in order, `terms`.
MRNN_EXPORT void write_history(Hdf5Writer& writer, const std::string& group, const TrainingHistory& history);

/// @throws FileError where the group is not what write_history() writes.
MRNN_EXPORT TrainingHistory read_history(const Hdf5Reader& reader, const std::string& group);

}  // namespace mrnn
