# Finds what mrnn is built from, in the system or in CMAKE_PREFIX_PATH (conda, spack, vcpkg).
# A package that is missing is named as Debian and Ubuntu call it.

function(mrnn_missing package debian_package)
  message(FATAL_ERROR
    "mrnn needs ${package}, which was not found. On Debian and Ubuntu: apt-get install ${debian_package} "
    "(or `make deps` for everything at once). Elsewhere: add its prefix to CMAKE_PREFIX_PATH.")
endfunction()

# Finds a package that comes with its own CMake files and must define `target`.
macro(mrnn_find package target debian_package)
  find_package(${package} ${ARGN} QUIET)
  if(NOT TARGET ${target})
    mrnn_missing(${package} ${debian_package})
  endif()
endmacro()

# Finds a header-only package that has no CMake files of its own and defines mrnn_dependency::<name>.
function(mrnn_find_headers name header debian_package)
  find_path(MRNN_${name}_INCLUDE_DIR ${header})
  mark_as_advanced(MRNN_${name}_INCLUDE_DIR)
  if(NOT MRNN_${name}_INCLUDE_DIR)
    mrnn_missing("${name} (${header})" ${debian_package})
  endif()
  add_library(mrnn_dependency::${name} INTERFACE IMPORTED)
  target_include_directories(mrnn_dependency::${name} SYSTEM INTERFACE "${MRNN_${name}_INCLUDE_DIR}")
endfunction()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
mrnn_find(Eigen3 Eigen3::Eigen libeigen3-dev CONFIG)
mrnn_find(Spectra Spectra::Spectra libspectra-dev CONFIG)
mrnn_find(Boost Boost::headers libboost-dev CONFIG)
mrnn_find(fmt fmt::fmt libfmt-dev CONFIG)
mrnn_find(nlohmann_json nlohmann_json::nlohmann_json nlohmann-json3-dev CONFIG)
mrnn_find(CLI11 CLI11::CLI11 libcli11-dev CONFIG)
mrnn_find(HDF5 hdf5::hdf5 libhdf5-dev COMPONENTS C)
mrnn_find_headers(Random123 Random123/philox.h librandom123-dev)
mrnn_find_headers(mustache kainjow/mustache.hpp libkainjow-mustache-dev)

# toml++ is a compiled library on Debian and header-only elsewhere.
find_package(tomlplusplus CONFIG QUIET)
if(TARGET tomlplusplus::tomlplusplus)
  add_library(mrnn_dependency::toml ALIAS tomlplusplus::tomlplusplus)
else()
  mrnn_find_headers(toml toml++/toml.h libtomlplusplus-dev)
endif()

# oneDNN is optional. Its own CMake files ask for an OpenCL loader, so they are not used.
find_path(MRNN_DNNL_INCLUDE_DIR dnnl.h)
find_library(MRNN_DNNL_LIBRARY dnnl)
mark_as_advanced(MRNN_DNNL_INCLUDE_DIR MRNN_DNNL_LIBRARY)
find_package(OpenMP QUIET COMPONENTS CXX)
if(MRNN_DNNL_INCLUDE_DIR AND MRNN_DNNL_LIBRARY AND TARGET OpenMP::OpenMP_CXX)
  add_library(mrnn_dependency::dnnl INTERFACE IMPORTED)
  target_include_directories(mrnn_dependency::dnnl SYSTEM INTERFACE "${MRNN_DNNL_INCLUDE_DIR}")
  # OpenMP, because each worker thread tells oneDNN's runtime not to start a team of its own.
  target_link_libraries(mrnn_dependency::dnnl INTERFACE "${MRNN_DNNL_LIBRARY}" OpenMP::OpenMP_CXX)
  message(STATUS "mrnn: large matrices multiplied by oneDNN (${MRNN_DNNL_LIBRARY})")
else()
  message(STATUS "mrnn: without oneDNN (libdnnl-dev) or OpenMP; large networks in single precision run slower")
endif()
