# pintle_add_plugin for a plugin outside Pintle's tree. Needs PINTLE_SOURCE, the tree whose sdk the
# plugin is built against, and the packages libboost-json1.81-dev and libyaml-cpp-dev.

set(PINTLE_SOURCE "" CACHE PATH "Pintle's source tree")
if(NOT EXISTS ${PINTLE_SOURCE}/core/sdk/pintle_plugin.h)
  message(FATAL_ERROR "say where Pintle's sources are: cmake -D PINTLE_SOURCE=/path/to/pintle")
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(yaml-cpp REQUIRED)
find_package(Threads REQUIRED)

file(GLOB sdk_sources ${PINTLE_SOURCE}/core/base/*.cpp ${PINTLE_SOURCE}/core/object/*.cpp
  ${PINTLE_SOURCE}/core/sdk/*.cpp)
add_library(pintle_sdk STATIC ${sdk_sources})
target_include_directories(pintle_sdk PUBLIC ${PINTLE_SOURCE})
target_link_libraries(pintle_sdk PUBLIC Boost::json yaml-cpp Threads::Threads)

# The same words as in the tree. TESTS are built there; here they are left alone.
function(pintle_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES;TESTS")
  # "plugins/<name>/x.hpp" is found wherever this folder lies.
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include/plugins)
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_BINARY_DIR}/include/plugins/${name} SYMBOLIC)
  add_library(${name} MODULE ${arg_SOURCES})
  target_include_directories(${name} BEFORE PRIVATE ${CMAKE_BINARY_DIR}/include)
  target_link_libraries(${name} PRIVATE pintle_sdk ${arg_LIBRARIES})
  target_link_options(${name} PRIVATE -Wl,--exclude-libs,ALL)
  set_target_properties(${name} PROPERTIES PREFIX "")
endfunction()
