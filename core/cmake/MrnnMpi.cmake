# MPI is optional: with it `mrnn run --mpi` trains one network in several processes. MRNN_MPI = AUTO takes what is
# there, ON insists.
if(NOT MRNN_MPI MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "MRNN_MPI is \"${MRNN_MPI}\"; it must be AUTO, ON or OFF.")
endif()

set(MRNN_WITH_MPI OFF)
if(NOT MRNN_MPI STREQUAL "OFF")
  find_package(MPI QUIET COMPONENTS CXX)
  if(MPI_CXX_FOUND)
    set(MRNN_WITH_MPI ON)
    message(STATUS "mrnn: training in several processes by MPI ${MPI_CXX_VERSION}")
  elseif(MRNN_MPI STREQUAL "AUTO")
    message(STATUS "mrnn: without MPI (libopenmpi-dev), training stays within one process")
  else()
    message(FATAL_ERROR "mrnn: MRNN_MPI is ${MRNN_MPI}, but no MPI for C++ was found. On Debian and Ubuntu: apt-get "
      "install libopenmpi-dev openmpi-bin. Elsewhere: add its prefix to CMAKE_PREFIX_PATH.")
  endif()
endif()
