# libinterproc.so: the core behind native/include/interproc.h, for every language that calls C.
include(GNUInstallDirs)

file(GLOB abi_sources CONFIGURE_DEPENDS native/abi/*.cc)
add_library(interproc_abi SHARED ${abi_sources})
interproc_target(interproc_abi)
target_compile_options(interproc_abi PRIVATE -fno-exceptions -fno-rtti)
target_compile_definitions(interproc_abi PRIVATE INTERPROC_BUILD)
target_include_directories(interproc_abi INTERFACE native/include)
target_link_libraries(interproc_abi PRIVATE interproc_core)
# The SONAME's number is IP_ABI_MAJOR.
set_target_properties(interproc_abi PROPERTIES
  OUTPUT_NAME interproc
  VERSION 1.0.0
  SOVERSION 1
  LINK_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/native/abi/libinterproc.map")
# Threads of callers may end after dlclose(): the code has to stay.
target_link_options(interproc_abi PRIVATE
  "-Wl,--version-script,${CMAKE_CURRENT_SOURCE_DIR}/native/abi/libinterproc.map"
  -Wl,-z,nodelete -Wl,-z,relro,-z,now -Wl,--exclude-libs,ALL -Wl,--as-needed)
if(NOT INTERPROC_SANITIZE)
  target_link_options(interproc_abi PRIVATE -Wl,-z,defs)
endif()

# Relative to where the file lies, so that `cmake --install --prefix` may put everything elsewhere.
file(RELATIVE_PATH INTERPROC_PC_TO_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(cmake/interproc.pc.in interproc.pc @ONLY)
install(TARGETS interproc_abi LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(FILES native/include/interproc.h native/include/interproc.hpp
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/interproc.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
