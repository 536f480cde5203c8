# Installs a build, moves what was installed, and builds and runs the project of this folder against it.
# cmake -D BUILD_DIR=... -D SCRATCH_DIR=... -D GENERATOR=... -D CXX_COMPILER=... [-D PREFIX_PATH=...] -P test.cmake

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${status}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${SCRATCH_DIR}")
set(prefix "${SCRATCH_DIR}/moved")
run("${CMAKE_COMMAND}" --install "${BUILD_DIR}" --prefix "${SCRATCH_DIR}/installed")
file(RENAME "${SCRATCH_DIR}/installed" "${prefix}")

list(JOIN PREFIX_PATH ":" prefix_path)
set(ENV{CMAKE_PREFIX_PATH} "${prefix}:${prefix_path}:$ENV{CMAKE_PREFIX_PATH}")
run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${SCRATCH_DIR}/build" -G "${GENERATOR}"
  "-DCMAKE_CXX_COMPILER=${CXX_COMPILER}" -DCMAKE_BUILD_TYPE=Release)
run("${CMAKE_COMMAND}" --build "${SCRATCH_DIR}/build")
run("${SCRATCH_DIR}/build/downstream" "${SCRATCH_DIR}/build/plugins/effective_dimensions.so")
message("${output}")
if(EXISTS "${SCRATCH_DIR}/build/ranks")
  run("${SCRATCH_DIR}/build/ranks")
  message("${output}")
endif()

# Components: those there are, and one that is not.
run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/components" -B "${SCRATCH_DIR}/components" -G "${GENERATOR}"
  "-DCMAKE_CXX_COMPILER=${CXX_COMPILER}")

# The program finds the plugins that were installed with it, and one in a folder it is told of.
run("${prefix}/bin/mrnn" list --plugin-path "${SCRATCH_DIR}/build/plugins")
message("${output}")
foreach(name IN ITEMS eigen psth eigen_spectrum flow_field stimulus silence lesion scale_connection noise dataset pulses
    effective_dimensions)
  if(NOT output MATCHES "(^|[^a-z_])${name}([^a-z_]|$)")
    message(FATAL_ERROR "`mrnn list` does not name ${name}")
  endif()
endforeach()

# Nothing that was installed knows where it was built.
file(GLOB_RECURSE package_files "${prefix}/*.cmake")
foreach(file IN LISTS package_files)
  file(READ "${file}" text)
  string(FIND "${text}" "${BUILD_DIR}" found)
  if(NOT found EQUAL -1)
    message(FATAL_ERROR "${file} names the folder it was built in")
  endif()
endforeach()
