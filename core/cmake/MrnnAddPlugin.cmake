# mrnn_add_plugin(<name> <source>...) builds a plugin library <name>.so for `mrnn` in the folder `plugins`
# of the build. It is the same function inside mrnn and after find_package(mrnn).
function(mrnn_add_plugin name)
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
