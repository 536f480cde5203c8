# Installs the package files that find_package(mrnn) reads, and the configurations.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/mrnn")
configure_package_config_file("${CMAKE_CURRENT_SOURCE_DIR}/core/cmake/mrnnConfig.cmake.in"
  "${CMAKE_CURRENT_BINARY_DIR}/mrnnConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/mrnnConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)

install(EXPORT mrnnTargets NAMESPACE mrnn:: DESTINATION "${package_dir}")
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/mrnnConfig.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/mrnnConfigVersion.cmake"
  "${CMAKE_CURRENT_SOURCE_DIR}/core/cmake/MrnnAddPlugin.cmake"
  DESTINATION "${package_dir}")
install(DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/configs" DESTINATION "${CMAKE_INSTALL_DATADIR}/mrnn")
install(FILES "${CMAKE_CURRENT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
