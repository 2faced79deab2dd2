# Compiler and linker flags of everything we build. One INTERFACE target carries them.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)

add_library(imc_flags INTERFACE)
target_compile_options(imc_flags INTERFACE
    -Wall -Wextra -Wpedantic $<$<NOT:$<BOOL:${IMC_UNITY}>>:-Wshadow> -Wconversion -Werror
    -fstack-protector-strong -fPIE)
# Asio's recycling gives a small frame the block of a large one, and an idle session keeps it.
target_compile_definitions(imc_flags INTERFACE
    _GLIBCXX_ASSERTIONS BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
    BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING
    BOOST_BEAST_SEPARATE_COMPILATION IMC_VERSION="${PROJECT_VERSION}")
target_link_options(imc_flags INTERFACE -pie -Wl,-z,relro,-z,now)
target_include_directories(imc_flags INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/gen)
target_link_libraries(imc_flags INTERFACE Threads::Threads)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Without the time in a precompiled header ccache knows it again.
    target_compile_options(imc_flags INTERFACE -fno-omit-frame-pointer
        "SHELL:-Xclang -fno-pch-timestamp")
    target_link_options(imc_flags INTERFACE -fuse-ld=lld)
else()
    # At -O1 and below g++ 12 warns, wrongly, about Asio's own operator new.
    target_compile_options(imc_flags INTERFACE -Wno-mismatched-new-delete -Wno-maybe-uninitialized
        -Wno-dangling-reference)
    # In a group of files (Unity.cmake) it takes each of them for a header.
    target_compile_options(imc_flags INTERFACE $<$<BOOL:${IMC_UNITY}>:-Wno-subobject-linkage>)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(imc_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
        -ffunction-sections)
    target_link_options(imc_flags INTERFACE -Wl,--gc-sections)
endif()
if(IMC_SANITIZE)
    target_compile_options(imc_flags INTERFACE -fsanitize=${IMC_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(imc_flags INTERFACE -fsanitize=${IMC_SANITIZE})
    if(IMC_NOT_SANITIZED)
        target_compile_options(imc_flags INTERFACE -fno-sanitize=${IMC_NOT_SANITIZED})
    endif()
endif()
