# The foreign libraries, each as one imported target. Their homes are listed in ARCHITECTURE.md.

find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Poco 1.11 REQUIRED COMPONENTS Foundation Net NetSSL Crypto Util)
find_package(yaml-cpp REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json unit_test_framework)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(absl REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)

# Poco's targets define _DEBUG and friends for whoever links them, which would keep those rooms from
# sharing the precompiled header. Debian's Poco is built without them.
foreach(library Foundation Net NetSSL Crypto Util)
  set_target_properties(Poco::${library} PROPERTIES INTERFACE_COMPILE_DEFINITIONS "")
endforeach()

# libdl, by name: CMAKE_LINK_LIBRARIES_ONLY_TARGETS wants a target for every library.
add_library(pintle_libdl INTERFACE IMPORTED GLOBAL)
add_library(pintle::libdl ALIAS pintle_libdl)
set_target_properties(pintle_libdl PROPERTIES IMPORTED_LIBNAME "${CMAKE_DL_LIBS}")

add_library(pintle_libcrypt INTERFACE IMPORTED GLOBAL)
add_library(pintle::libcrypt ALIAS pintle_libcrypt)
set_target_properties(pintle_libcrypt PROPERTIES IMPORTED_LIBNAME crypt)

if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()
