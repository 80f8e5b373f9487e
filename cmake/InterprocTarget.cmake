# What every target of ours is compiled and linked with.
include(CheckIPOSupported)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# Before glibc 2.34 shm_open and sem_open were in librt; later it is an empty stub.
find_library(INTERPROC_RT rt)
if(NOT INTERPROC_RT)
  set(INTERPROC_RT "")
endif()

if(INTERPROC_SANITIZE)
  set(ipo_supported OFF)
else()
  check_ipo_supported(RESULT ipo_supported LANGUAGES CXX)
endif()

function(interproc_target target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES
    CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON
    INTERPROCEDURAL_OPTIMIZATION_RELEASE ${ipo_supported})
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
  if(INTERPROC_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(INTERPROC_SANITIZE)
    target_compile_options(${target} PRIVATE
      -fsanitize=${INTERPROC_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
    target_link_options(${target} PRIVATE -fsanitize=${INTERPROC_SANITIZE})
  endif()
endfunction()

# For builds with a sanitizer, which are compiled once and thrown away: the headers that most files include, read once. The others do
# without, so that a file that lacks an #include is found; and so do those with a compiler cache, which does this better.
function(interproc_precompile target)
  if(INTERPROC_SANITIZE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()
