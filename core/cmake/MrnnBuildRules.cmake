# What holds for every target of this project: language, warnings, processor. A project that this one is a part of keeps
# its own settings.

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()

if(NOT MRNN_NATIVE)
  message(STATUS "mrnn: portable build; the inner loops choose AVX2 or AVX-512 when the program starts, "
    "-DMRNN_NATIVE=ON compiles all else for this processor too")
endif()

# Most of the time to compile goes into headers and templates that many files share, so those of a plugin, or of a
# folder of core, are compiled together. Each alone is quicker after a change of one, and shows that it includes what it
# needs: that is what CMAKE_DISABLE_PRECOMPILE_HEADERS=ON does (CMAKE_UNITY_BUILD=OFF keeps precompiled headers).
if(NOT DEFINED CMAKE_UNITY_BUILD AND NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
  set(MRNN_UNITY_BUILD ON)
endif()

# Plugins, the program and libraries are relocatable; folders of packages from a prefix path are kept. For the folders of
# this project.
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)

set(MRNN_PLUGIN_DIR "${CMAKE_INSTALL_LIBDIR}/mrnn/plugins")

# Applies the house rules to a target.
function(mrnn_build_rules target)
  target_compile_features(${target} PRIVATE cxx_std_20)
  set_target_properties(${target} PROPERTIES
    CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:C,CXX>:-Wall;-Wextra;-Wpedantic>
    $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # False alarms at -O3: Eigen's vectorised code; std::string's operator+ in version 12.
    target_compile_options(${target} PRIVATE
      $<$<COMPILE_LANGUAGE:C,CXX>:-Wno-maybe-uninitialized;-Wno-uninitialized;-Wno-restrict>)
    if(NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
      # The same operator once more, where std::string comes from a precompiled header.
      target_compile_options(${target} PRIVATE
        $<$<COMPILE_LANGUAGE:C,CXX>:-Wno-array-bounds;-Wno-stringop-overflow>)
    endif()
  endif()
  if(MRNN_WERROR)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:C,CXX>:-Werror>
      $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Werror;--Werror=all-warnings>)
  endif()
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "SHARED_LIBRARY")
    # A symbol nobody defines is an error here, not in the program that links the library.
    target_link_options(${target} PRIVATE LINKER:-z,defs)
  endif()
  if(MRNN_NATIVE)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:C,CXX>:-march=native>)
  endif()
endfunction()
