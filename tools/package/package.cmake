# What is installed where, and the Debian package (cpack in the build folder).
include(GNUInstallDirs)
# The programs are built by name before: packing does not build the tests too.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

set(OCS_PROGRAMS)
foreach(program IN ITEMS ocsd ocsctl ocs-inspect ocs-load ocs-replay ocs-sim)
  if(TARGET ${program})
    list(APPEND OCS_PROGRAMS ${program})
  endif()
endforeach()
install(TARGETS ${OCS_PROGRAMS} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${CMAKE_CURRENT_LIST_DIR}/ocsd.service DESTINATION /lib/systemd/system)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/ocsd.yaml DESTINATION /etc/ocs)
install(DIRECTORY proto/ DESTINATION share/ocs/proto FILES_MATCHING PATTERN "*.proto")
install(DIRECTORY rating/catalogues/ DESTINATION share/doc/ocs/examples/catalogues
  FILES_MATCHING PATTERN "*.yaml")
install(DIRECTORY docs/ DESTINATION share/doc/ocs PATTERN "decisions" EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ocs)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_VENDOR "OCS")
set(CPACK_PACKAGE_CONTACT "Operations <root@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Online charging server for AI tokens")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
# Which libraries, and from which version on, dpkg-shlibdeps finds in the programs themselves.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "passwd, tzdata")
file(WRITE ${CMAKE_BINARY_DIR}/package/conffiles "/etc/ocs/ocsd.yaml\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${CMAKE_BINARY_DIR}/package/conffiles
  ${CMAKE_CURRENT_LIST_DIR}/postinst
  ${CMAKE_CURRENT_LIST_DIR}/prerm
  ${CMAKE_CURRENT_LIST_DIR}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
