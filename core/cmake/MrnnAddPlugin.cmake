# mrnn_add_plugin(<name> <source>...) builds a plugin library <name>.so for `mrnn` in the folder `plugins`
# of the build. It is the same function inside mrnn and after find_package(mrnn).
function(mrnn_add_plugin name)
  if(NOT ARGN)
    message(FATAL_ERROR "mrnn_add_plugin(${name}) names no source; mrnn_add_plugin(NAME SOURCE...) is accepted")
  endif()
  if(DEFINED mrnn_COMPILER AND NOT mrnn_COMPILER STREQUAL "${CMAKE_CXX_COMPILER_ID}")
    message(WARNING "mrnn was built with ${mrnn_COMPILER} and refuses plugins built with ${CMAKE_CXX_COMPILER_ID}; "
      "configure with -DCMAKE_CXX_COMPILER=... of the same compiler")
  endif()
  get_property(several GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(NOT CMAKE_BUILD_TYPE AND NOT several)
    message(WARNING "plugins built without optimisation are several times slower; "
      "configure with -DCMAKE_BUILD_TYPE=Release")
  endif()
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE mrnn::core)
  # An unresolved symbol is an error now, not when the plugin is first called; loaded code stays loaded.
  target_link_options(${name} PRIVATE LINKER:-z,defs LINKER:-z,nodelete)
  set_target_properties(${name} PROPERTIES
    PREFIX ""
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/plugins")
  if(COMMAND mrnn_build_rules)
    mrnn_build_rules(${name})
    if(TARGET "${MRNN_PLUGIN_HEADERS}")
      target_precompile_headers(${name} REUSE_FROM "${MRNN_PLUGIN_HEADERS}")
    endif()
    set_target_properties(${name} PROPERTIES INSTALL_RPATH "$ORIGIN/../..")
    install(TARGETS ${name} LIBRARY DESTINATION "${MRNN_PLUGIN_DIR}")
    set_property(GLOBAL APPEND PROPERTY MRNN_PLUGINS ${name})
  endif()
endfunction()
