#include <dlfcn.h>
#include <fmt/format.h>

#include <boost/dll/shared_library.hpp>
#include <exception>

#include "commands.hpp"
#include "mrnn/error.hpp"
#include "plugins/plugin_host.hpp"

std::unique_ptr<mrnn::Ranks> open_mpi() {
  namespace dll = boost::dll;
  using Mode = dll::load_mode::type;
  // By its name, from the folders of the program's run path; global, since MPI opens libraries that need its own; for
  // good, since MPI cannot be started twice.
  const Mode mode = dll::load_mode::rtld_now | dll::load_mode::rtld_global | dll::load_mode::search_system_folders |
                    static_cast<Mode>(RTLD_NODELETE);
  try {
    const dll::shared_library library(MRNN_MPI_LIBRARY, mode);
    return std::unique_ptr<mrnn::Ranks>(library.get<mrnn::Ranks*()>("mrnn_mpi_open")());
  } catch (const std::exception& error) {
    throw mrnn::RunError(
        fmt::format("--mpi: {} cannot be loaded: {}; mrnn has it where it was built with MPI (on Debian and Ubuntu: "
                    "apt-get install libopenmpi-dev openmpi-bin, and build again)",
                    MRNN_MPI_LIBRARY, mrnn::loader_words(error.what(), MRNN_MPI_LIBRARY)));
  }
}
