# What holds for every target of this project: language, warnings, processor. Nothing is set globally.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()

if(NOT MRNN_CUDA MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "MRNN_CUDA is \"${MRNN_CUDA}\"; it must be AUTO, ON or OFF.")
elseif(MRNN_CUDA STREQUAL "ON")
  message(FATAL_ERROR "MRNN_CUDA is ON, but this version of mrnn has no CUDA backend yet. Use AUTO or OFF.")
elseif(MRNN_CUDA STREQUAL "AUTO")
  message(STATUS "mrnn: this version has no CUDA backend; networks run on the CPU")
endif()

if(NOT MRNN_NATIVE)
  message(STATUS "mrnn: portable build; the inner loops choose AVX2 or AVX-512 when the program starts, "
    "-DMRNN_NATIVE=ON compiles all else for this processor too")
endif()

# Plugins, the program and libraries are relocatable; folders of packages from a prefix path are kept.
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)

set(MRNN_PLUGIN_DIR "${CMAKE_INSTALL_LIBDIR}/mrnn/plugins")

# Applies the house rules to a target.
function(mrnn_build_rules target)
  target_compile_features(${target} PRIVATE cxx_std_20)
  set_target_properties(${target} PROPERTIES
    CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # False alarms at -O3: Eigen's vectorised code; std::string's operator+ in version 12.
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized -Wno-uninitialized -Wno-restrict)
  endif()
  if(MRNN_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "SHARED_LIBRARY")
    # A symbol nobody defines is an error here, not in the program that links the library.
    target_link_options(${target} PRIVATE LINKER:-z,defs)
  endif()
  if(MRNN_NATIVE)
    target_compile_options(${target} PRIVATE -march=native)
  endif()
endfunction()
