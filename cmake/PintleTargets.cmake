# pintle_add_room(<name> LIBRARIES <target>... [PRIVATE_LIBRARIES <target>...] [SOURCES <made>...])
#
# A room of core: the static library pintle::<name> of every .cpp in the folder (and in strategies/,
# and the SOURCES a generator made), linking only the rooms below that it names.
function(pintle_add_room name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES;PRIVATE_LIBRARIES")
  file(GLOB sources CONFIGURE_DEPENDS *.cpp strategies/*.cpp)
  if(NOT sources)
    add_library(pintle_${name} INTERFACE)
    add_library(pintle::${name} ALIAS pintle_${name})
    target_include_directories(pintle_${name} INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
    target_link_libraries(pintle_${name} INTERFACE ${arg_LIBRARIES})
    return()
  endif()
  add_library(pintle_${name} STATIC ${sources} ${arg_SOURCES})
  add_library(pintle::${name} ALIAS pintle_${name})
  set_target_properties(pintle_${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_include_directories(pintle_${name} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  target_link_libraries(pintle_${name} PUBLIC ${arg_LIBRARIES} PRIVATE ${arg_PRIVATE_LIBRARIES})
  if(NOT name STREQUAL "base")
    target_precompile_headers(pintle_${name} REUSE_FROM pintle_pch)
  endif()
endfunction()

# pintle_add_test(<name> SOURCES <file>... LIBRARIES <target>... [LABELS <label>...])
#
# A Boost.Test program tests/<name>_test in CTest. `tests/support` gives main, builders, clocks.
function(pintle_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES;LABELS")
  add_executable(${name}_test ${arg_SOURCES})
  target_link_libraries(${name}_test PRIVATE ${arg_LIBRARIES} pintle::test_support)
  target_precompile_headers(${name}_test REUSE_FROM pintle_test_support)
  add_test(NAME ${name} COMMAND ${name}_test --catch_system_errors=no --log_level=test_suite)
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 300)
endfunction()

# pintle_add_plugin(<name> SOURCES <file>... [LIBRARIES <target>...] [TESTS <file>...])
#
# Builds <name>.so from SOURCES against the sdk (and LIBRARIES of its own), and a test program from
# SOURCES + TESTS. Hidden visibility: `pintle_plugin_v1` is the only symbol a plugin shows.
function(pintle_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES;TESTS")
  add_library(${name} MODULE ${arg_SOURCES})
  if(TARGET plugins)
    add_dependencies(plugins ${name})
  endif()
  target_link_libraries(${name} PRIVATE pintle::sdk ${arg_LIBRARIES})
  target_precompile_headers(${name} REUSE_FROM pintle_pch)
  target_link_options(${name} PRIVATE -Wl,--exclude-libs,ALL
    -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/plugin.map)
  set_target_properties(${name} PROPERTIES
    PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/plugins)
  install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/pintle/plugins)
  if(arg_TESTS AND BUILD_TESTING)
    pintle_add_test(${name} SOURCES ${arg_TESTS} ${arg_SOURCES}
      LIBRARIES pintle::sdk ${arg_LIBRARIES} LABELS plugin)
  endif()
endfunction()
