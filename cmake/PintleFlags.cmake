# Compiler and linker flags of every target, and the sanitizer presets.
# Source of the hardening set: OpenSSF compiler options guide; promises.md M-01.

set(PINTLE_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=: address,undefined or thread")

add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 -Wimplicit-fallthrough -Werror
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
  -Wno-missing-field-initializers  # Designated initialisers leave out what has its default.
  -fno-omit-frame-pointer)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 warns of its own std::string and std::variant under -O2; the code is theirs, not ours.
  add_compile_options(-Wno-restrict -Wno-maybe-uninitialized -Wno-dangling-pointer
    -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-free-nonheap-object)
endif()

if(PINTLE_SANITIZE)
  add_compile_options(-fsanitize=${PINTLE_SANITIZE} -fno-sanitize-recover=all -O1 -g1)
  add_link_options(-fsanitize=${PINTLE_SANITIZE})
  if(PINTLE_SANITIZE MATCHES "thread")
    add_compile_options(-Wno-tsan)
  endif()
else()
  add_compile_options(
    -fstack-clash-protection -fstack-protector-strong -fcf-protection=full
    -fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing
    $<$<CONFIG:Release>:-U_FORTIFY_SOURCE> $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>
    -D_GLIBCXX_ASSERTIONS
    # Each plugin carries its own copy of the sdk: what it does not call need not be in memory.
    $<$<CONFIG:Release>:-ffunction-sections> $<$<CONFIG:Release>:-fdata-sections>)
  add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed
    $<$<CONFIG:Release>:-Wl,--gc-sections>)
endif()

find_program(PINTLE_CCACHE ccache)
if(PINTLE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Without these words ccache lets alone whatever is built with a precompiled header. The base folder
  # makes a second clone find what the first one compiled.
  set(PINTLE_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${PINTLE_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PINTLE_LAUNCHER})
  set(CMAKE_C_COMPILER_LAUNCHER ${PINTLE_LAUNCHER})
endif()
