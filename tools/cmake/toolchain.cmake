# Language, warnings, sanitizers. Our code links ocs::strict privately; generated code never does.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(OCS_SANITIZE "" CACHE STRING "Comma separated sanitizers, e.g. address,undefined or thread")
option(OCS_VERIFY "Recompute what was decided after each step (slow; dev, sanitizers)" OFF)
option(OCS_FUZZ "Build the libFuzzer targets (clang only)" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

find_program(LLD ld.lld)
if(LLD)
  add_link_options(-fuse-ld=lld)
endif()

add_library(ocs_strict INTERFACE)
add_library(ocs::strict ALIAS ocs_strict)
target_compile_options(ocs_strict INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(ocs_strict INTERFACE -Wthread-safety)
else()
  # g++ 12 sees overlapping copies in std::string's operator+ that are not there (its bug 105651).
  target_compile_options(ocs_strict INTERFACE -Wno-restrict)
endif()
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # In a batch g++ takes each .cc for a header, whose types may not have members that only one file
  # knows. Here they may (docs/decisions/0009-batches-of-sources.md).
  target_compile_options(ocs_strict INTERFACE -Wno-subobject-linkage)
endif()
if(OCS_VERIFY)
  add_compile_definitions(OCS_VERIFY=1)
endif()

if(OCS_SANITIZE)
  add_compile_options(-fsanitize=${OCS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${OCS_SANITIZE})
endif()

if(OCS_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "OCS_FUZZ needs clang")
  endif()
  # Our code counts its branches; only the programs of tests/fuzz are driven by libFuzzer.
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()
