# ocs_room(NAME rating HEADERS ... SOURCES ... USES base ... THIRD absl::strings ...)
#
# Makes the static library ocs::NAME. USES names other rooms; each must be allowed by
# tools/layers.txt, or the configure step fails. HEADERS are the public headers: each is compiled
# alone by the target all_verify_interface_header_sets. THIRD_PRIVATE is for libraries that only the
# room's internal/ sees.

file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/../layers.txt OCS_LAYER_LINES REGEX "^room ")
set_property(DIRECTORY APPEND PROPERTY
  CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/../layers.txt)

function(ocs_check_arrows name)
  foreach(line IN LISTS OCS_LAYER_LINES)
    if(line MATCHES "^room ${name} .*uses=([^ ]*)")
      string(REPLACE "," ";" allowed "${CMAKE_MATCH_1}")
      set(found TRUE)
    endif()
  endforeach()
  if(NOT found)
    message(FATAL_ERROR "tools/layers.txt has no line for the room '${name}'")
  endif()
  foreach(used IN LISTS ARGN)
    if(NOT used IN_LIST allowed)
      message(FATAL_ERROR
        "forbidden arrow: ${name} -> ${used} (tools/layers.txt allows: ${allowed})")
    endif()
  endforeach()
endfunction()

function(ocs_room)
  cmake_parse_arguments(R "" "NAME" "HEADERS;SOURCES;USES;THIRD;THIRD_PRIVATE" ${ARGN})
  ocs_check_arrows(${R_NAME} ${R_USES})
  add_library(ocs_${R_NAME} STATIC ${R_SOURCES})
  add_library(ocs::${R_NAME} ALIAS ocs_${R_NAME})
  target_sources(ocs_${R_NAME} PUBLIC
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${R_HEADERS})
  set_target_properties(ocs_${R_NAME} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  target_include_directories(ocs_${R_NAME} PUBLIC ${PROJECT_SOURCE_DIR})
  list(TRANSFORM R_USES PREPEND ocs::)
  target_link_libraries(ocs_${R_NAME}
    PUBLIC ${R_USES} ${R_THIRD}
    PRIVATE ${R_THIRD_PRIVATE} $<BUILD_INTERFACE:ocs::strict>)
endfunction()

# Generated messages have static names that are the same in each file: they stay out of the batches.
function(ocs_messages_alone target)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.pb\\.cc$")
  list(FILTER sources EXCLUDE REGEX "\\.grpc\\.pb\\.cc$")
  set_source_files_properties(${sources} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
